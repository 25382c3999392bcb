"""From a request to a plan: who answers, whether a panel is convened, and on what terms."""
