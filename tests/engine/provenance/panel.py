"""A small panel whose answers share some sentences, and texts in any script."""

from hypothesis import strategies as st

LAUNCH = "The Falcon rocket was launched from Cape Canaveral in heavy rain."
CREW = "Its crew of four astronauts trained for two years in Houston and Moscow."
COST = "The mission cost about 2.6 billion dollars, much more than its planners had hoped."
RETURN = "Parachutes slowed the capsule before it splashed down near Florida on 5 March 2024."
SCIENCE = "Seventeen experiments on protein crystals were carried out in weightlessness."
FIRST = f"# The flight\n\n{LAUNCH} {COST}\n\n- {SCIENCE}\n"
SECOND = f"{LAUNCH} {CREW}\n\n```py\nprint(99)\n```\n"
THIRD = f"{RETURN} See https://agency.example/splashdown?utm_source=x for the footage of the landing."
PANEL = ((0, FIRST), (1, SECOND), (4, THIRD))
UNRELATED = "Butter should be whisked slowly into warm lemon juice until sauces thicken."

MARKS = (
    "\n",
    "\n\n",
    " ",
    ". ",
    "# ",
    "- ",
    "| ",
    " |\n",
    "|--|\n",
    "```\n",
    "~~~",
    "**",
    "> ",
    "1. ",
    "…",
    "`",
    "。",
    "<b>",
)
WORDS = (
    "1,234",
    "5 %",
    "3/4/24",
    "https://a.example/b",
    "[x](https://a.example)",
    "東京",
    "Март",
    "Nine words",
    "[1]",
    "k",
)
MARKUP = st.sampled_from((*MARKS, *WORDS))
TEXTS = st.lists(st.one_of(MARKUP, st.text(max_size=12)), max_size=40).map("".join)
"""Mark-up of every kind in any order, with any signs between."""
