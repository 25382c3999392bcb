"""What endpoints said of their own models when they were asked: lists kept in files. It asks nobody itself."""

import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from fuseline.catalog.prices import money
from fuseline.types.errors import StorageFailed
from fuseline.types.models import Endpoint, Modality

logger = logging.getLogger(__name__)

MOST = 5_000
"""Models in a list; one that is longer is a mistake."""
LARGEST_FILE = 16 << 20
DATE = r"^20\d\d-\d\d-\d\d$"


def checked(figure: str | None) -> str | None:
    """A price that can be one.

    :raises ValueError: when it cannot.
    """
    money("a price", figure)
    return figure


Figure = Annotated[str | None, AfterValidator(checked)]


class Listed(BaseModel):
    """A model as its endpoint tells of it. What it does not say is `None`; prices are US dollars per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    released: str = Field(default="", pattern=r"^(\d{4}-\d\d-\d\d)?$")
    context: int | None = Field(default=None, gt=0)
    max_output: int | None = Field(default=None, gt=0)
    price_in: Figure = None
    price_out: Figure = None
    price_cached: Figure = None
    price_written: Figure = None
    price_reasoning: Figure = None
    takes: tuple[Modality, ...] | None = None
    tools: bool | None = None
    reasons: bool | None = None
    schemas: bool | None = None


class FetchedList(BaseModel):
    """A list, with where and when it was fetched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    date: str = Field(pattern=DATE)
    models: tuple[Listed, ...] = Field(min_length=1, max_length=MOST)


def load(folder: Path, endpoint: Endpoint, shipped: str) -> FetchedList | None:
    """The list in force for an endpoint; `None` where there is none, or one that is older than the shipped file.

    One that was fetched at another address says nothing of this one.
    """
    path = path_of(folder, endpoint.name)
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_FILE:
            return None
        found = FetchedList.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as problem:
        logger.warning("%s is left out: it cannot be read as a list of models (%s)", path, type(problem).__name__)
        return None
    return found if found.source == address(endpoint) and found.date >= shipped else None


def save(folder: Path, endpoint: Endpoint, date: str, models: Sequence[Listed]) -> Path:
    """Put a list where `load` finds it. Whoever reads at this moment has the old one or the new one whole.

    :raises StorageFailed: when it cannot be written; then nothing has changed.
    """
    path = path_of(folder, endpoint.name)
    text = FetchedList(source=address(endpoint), date=date, models=tuple(models)).model_dump_json(exclude_none=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace(path, text.encode())
    except OSError as error:
        raise StorageFailed(f"{path} cannot be written: {error.strerror}") from None
    return path


def replace(path: Path, content: bytes) -> None:
    """Write a file beside its place, then move it there."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def path_of(folder: Path, endpoint: str) -> Path:
    """Where the list of an endpoint stands, whatever letters its name has."""
    return folder / f"{quote(endpoint, safe='').replace('.', '%2E')}.json"


def address(endpoint: Endpoint) -> str:
    """Where an endpoint is asked for its models."""
    return f"{endpoint.base_url}/models"
