"""How the citations of a panel's answers stay in the answer that is written from them."""
