"""`python -m servers [name ...]`: installs each and runs the tests that speak to it."""

import argparse
import os
import subprocess
import sys

from clients.environments import CannotInstall, install
from servers.roster import ROOT, Server, roster


def main() -> int:
    """Those that are named, or all; 1 where anything failed."""
    known = roster()
    parser = argparse.ArgumentParser(prog="make servers ARGS=...", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"which (default: all): {', '.join(known)}")
    names = parser.parse_args().names
    if strangers := set(names) - set(known):
        parser.error(f"there is no server {', '.join(sorted(strangers))}")
    return max([visit(known[name]) for name in names or known])


def visit(server: Server) -> int:
    """Install one, if it is not, and run its tests; 1 where either fails."""
    print(f"{server.name}: {server.test}", file=sys.stderr, flush=True)
    try:
        install(server)
    except CannotInstall as error:
        print(f"{server.name} cannot be installed: {error}", file=sys.stderr)
        return 1
    python = str(server.python) if server.within else sys.executable
    environ = {**os.environ, "FUSELINE_SERVERS": "1", "PYTHONPATH": str(ROOT / "src")}
    tests = [python, "-m", "pytest", "-q", "-o", "timeout=300", server.test]
    return int(subprocess.run(tests, cwd=ROOT, env=environ).returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
