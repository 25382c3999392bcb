"""The page of a client, and the example in it: its first block of Python, JavaScript or shell, run as it stands."""

import re

from clients.roster import PAGES, Client
from clients.speaking import node, python

BLOCK = re.compile(r"^```(python|js|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SUFFIX = {"python": ".py", "js": ".mjs", "sh": ".sh"}


def example(client: Client) -> tuple[str, str]:
    """The language and the text of the example.

    :raises LookupError: when the page has none.
    """
    found = BLOCK.search((PAGES / client.page).read_text("utf-8"))
    if not found:
        raise LookupError(f"{client.page} has no example")
    return found[1], found[2]


def running(client: Client) -> list[str]:
    """How the example is run: from within the client's environment, where a module of Node finds its packages."""
    language, text = example(client)
    script = client.environment / f"example{SUFFIX[language]}"
    script.write_text(text, "utf-8")
    return [interpreter(client, language), str(script)]


def interpreter(client: Client, language: str) -> str:
    """What runs a language."""
    match language:
        case "python":
            return python(client)
        case "js":
            return node(client)
        case _:
            return "sh"
