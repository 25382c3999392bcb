"""`python -m clients.index`: the table of the clients' index page, from what their folders say of them."""

from collections.abc import Iterable, Iterator

from clients.roster import Client, roster

SAID = ("alias", "plugin", "tool", "events")
"""Cases that say in which ways a client can speak of fusion, and whether it sees the panel at work."""


def main() -> None:
    """Print the table."""
    print("\n".join(table(roster().values())))


def table(clients: Iterable[Client]) -> Iterator[str]:
    """A row for each client and each of its protocols."""
    yield "| client | version | protocol | alias | plugin | tool | sees the panel |"
    yield "|---|---|---|---|---|---|---|"
    for client in sorted(clients, key=lambda one: one.title.lower()):
        for wire, cannot in client.wires.items():
            cells = ["no" if case in cannot else "yes" for case in SAID]
            yield f"| [{client.title}]({client.page}) | {client.version} | {wire} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
