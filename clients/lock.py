"""`python -m clients.lock [name ...]`: resolves the clients anew, with hashes and without index addresses."""

import subprocess
import sys

from clients.roster import Client, roster
from scripts.lock import resolve


def main() -> None:
    """Write the lock files of all clients, or of those that are named."""
    known = roster()
    for name in sys.argv[1:] or known:
        write(known[name])


def write(client: Client) -> None:
    """Resolve what one client needs."""
    if client.on_node:
        subprocess.run(["npm", "install", "--package-lock-only", "--no-audit"], cwd=client.folder, check=True)
    else:
        resolve(client.needs, client.folder / "requirements.txt")


if __name__ == "__main__":
    main()
