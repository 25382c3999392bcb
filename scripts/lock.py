"""Writes the lock files in `requirements/` with hashes and without index addresses."""

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from hatch_build import NODE

ROOT = Path(__file__).parent.parent
TESTED = ("aws", "azure", "ddgs", "gcp", "keyring")
"""Extras that the tests use, and so the set of development holds."""


def main() -> None:
    """Resolve all that development needs, then what of it the runtime and a build need: so that every extra fits."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    extras = chain.from_iterable(project["project"]["optional-dependencies"][name] for name in TESTED)
    build = [*project["build-system"]["requires"], "editables"]  # which hatchling wants for an editable install
    write("dev", [*runtime, *build, *extras, *project["dependency-groups"]["dev"]], [])
    write("runtime", runtime, ["dev"])
    write("build", build, ["dev"])
    write("node", [NODE], [])


def write(name: str, requirements: list[str], bounds: list[str]) -> None:
    """Resolve one set of requirements into its lock file."""
    constraints = [f"-c {ROOT / 'requirements' / f'{bound}.txt'}" for bound in bounds]
    resolve([*requirements, *constraints], ROOT / "requirements" / f"{name}.txt")


def resolve(lines: Sequence[str], target: Path) -> None:
    """Resolve the lines of a requirements file into a lock file."""
    with tempfile.NamedTemporaryFile("w", suffix=".in") as source:
        source.write("\n".join(lines))
        source.flush()
        options = ["--generate-hashes", "--allow-unsafe", "--strip-extras", "--no-header", "--no-annotate", "--quiet"]
        hidden = ["--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links", "--no-emit-options"]
        command = [
            sys.executable,
            "-m",
            "piptools",
            "compile",
            *options,
            *hidden,
            "--output-file",
            str(target),
            source.name,
        ]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
