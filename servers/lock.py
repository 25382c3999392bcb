"""`python -m servers.lock [name ...]`: resolves them anew, with hashes and without index addresses."""

import sys
import tomllib
from collections.abc import Sequence

from scripts.lock import resolve
from servers.roster import ROOT, Server, roster


def main() -> None:
    """Write the lock files of all, or of those that are named."""
    known = roster()
    for name in sys.argv[1:] or known:
        resolve(needs(known[name]), known[name].folder / "requirements.txt")


def needs(server: Server) -> Sequence[str]:
    """What one needs; where our own code runs beside it, what that needs too, in the versions that we lock."""
    if not server.within:
        return server.needs
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [*server.needs, *project["dependencies"], f"-c {ROOT / 'requirements' / 'runtime.txt'}"]


if __name__ == "__main__":
    main()
