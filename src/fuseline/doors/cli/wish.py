"""What `fuseline ask` was asked for, as it was typed. It knows no defaults: what was not typed is `None`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Wish:
    """The arguments and options of one question."""

    question: str | None = None
    files: tuple[Path, ...] = ()
    system: str | None = None
    panel: str | None = None
    """Slugs between commas."""
    self_fusion: str | None = None
    """`MODEL*N`: the same model on so many seats."""
    analyst: str | None = None
    writer: str | None = None
    preset: str | None = None
    min_panel: int | None = None
    deadline_s: float | None = None
    max_cost: float | None = None
    """US dollars."""
    seed: int | None = None
    tools: bool = True
    """Whether seats may look things up."""
    documents: tuple[str, ...] = ()
    """Collections of private documents that may be searched."""
    repair: bool = False
    """Whether the writer is asked once more about what it left out."""
    sources: bool = False
    """Whether to show where each sentence comes from."""
    stream: bool = True
    as_json: bool = False
    quiet: bool = False
    config: Path | None = None
