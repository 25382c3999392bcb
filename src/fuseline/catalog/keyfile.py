"""The file that keys are kept in: for its owner's eyes only, read whole and replaced whole. It knows no endpoint."""

import os
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from fuseline.types.errors import BadConfiguration

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

OTHERS = 0o077
"""What the group and everybody else may do with a file."""


class StoredKey(BaseModel):
    """A key, and the only address that it may be sent to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(default="", repr=False)
    """Empty where the keyring holds it."""
    keyring: bool = False
    origin: str
    added: str
    """When it was stored, in UTC."""


Rows: TypeAlias = dict[str, tuple[StoredKey, ...]]
"""What is stored for each endpoint."""
ROWS = TypeAdapter(Rows)


def read_rows(path: Path) -> Rows:
    """What the file holds; nothing where there is none.

    :raises BadConfiguration: when others may read it, or it is not such a file. The message never quotes from it.
    """
    try:
        with path.open("rb") as file:
            guard(path, os.fstat(file.fileno()).st_mode)
            return ROWS.validate_json(file.read())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadConfiguration(f"the key file {path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        what = error.errors(include_input=False, include_url=False)[0]["msg"]
        raise BadConfiguration(f"the key file {path} is not as `fuseline keys set` writes it: {what}") from None


def guard(path: Path, mode: int) -> None:
    """Refuse a file that others may read or write."""
    if sys.platform != "win32" and mode & OTHERS:
        raise BadConfiguration(f"the key file {path} is open to others: chmod 600 {path}")


@contextmanager
def changing(path: Path) -> Generator[Rows]:
    """The rows, to be changed in place; they are written when the block ends well. One process at a time.

    :raises BadConfiguration: when the file cannot be read or written.
    """
    real = path.resolve()  # where it is a link, the file behind it is replaced and the link stays
    try:
        real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(real.with_name(f"{real.name}.lock")):
            rows = read_rows(real)
            yield rows
            replace_file(real, ROWS.dump_json({name: row for name, row in rows.items() if row}, indent=2))
    except OSError as error:
        raise BadConfiguration(f"the key file {path} cannot be written: {error.strerror}") from None


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the lock that this file stands for; the system lets go of it should this process die."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Put a new file in the place of the old one, so that a reader finds the one or the other and never a half."""
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # which makes it 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
