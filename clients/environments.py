"""Installs a client into an environment of its own, from its lock file, once for each version of that file."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol

STAMP = ".installed"
LIMIT_S = 900


class Kit(Protocol):
    """What can be installed: a lock file, and the place for what it names."""

    @property
    def folder(self) -> Path:
        """Where the lock file is."""
        ...

    @property
    def environment(self) -> Path:
        """Where it is installed."""
        ...

    @property
    def on_node(self) -> bool:
        """Whether npm installs it."""
        ...


class CannotInstall(Exception):
    """A client could not be installed; the message is the end of what the installer said."""


def install(client: Kit) -> None:
    """Make the environment as the lock file wants it, unless it is that already.

    :raises CannotInstall: when the installer fails.
    """
    lock = client.folder / ("package-lock.json" if client.on_node else "requirements.txt")
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = client.environment / STAMP
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(client.environment, ignore_errors=True)
    client.environment.mkdir(parents=True)
    (install_node if client.on_node else install_python)(client)
    stamp.write_text(wanted)


def install_python(client: Kit) -> None:
    """A virtual environment with exactly what the lock file names."""
    run([sys.executable, "-m", "venv", str(client.environment)], client.environment)
    pip = [str(client.environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "--no-deps", "-r", str(client.folder / "requirements.txt")], client.environment)


def install_node(client: Kit) -> None:
    """A folder of modules with exactly what the lock file names."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(client.folder / name, client.environment)
    run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], client.environment)


def run(command: list[str], folder: Path) -> None:
    """Run one step of an installation, at low priority."""
    done = subprocess.run(["nice", *command], cwd=folder, capture_output=True, text=True, timeout=LIMIT_S)
    if done.returncode:
        raise CannotInstall((done.stderr or done.stdout).strip()[-500:])
