"""`python -m bench.documents`: how long it takes to index a folder, to index it again, and to search it."""

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import anyio

from bench.papers import MAKERS, Author, write_papers
from fuseline.documents.extraction import CLOCK_S, WORK_S
from fuseline.documents.folders import add_folder
from fuseline.documents.index import Index
from fuseline.documents.opening import open_documents
from fuseline.documents.refresh import Refreshed, refresh
from fuseline.documents.survey import Choice
from fuseline.pages.workshop import open_workshop
from fuseline.search.base import Query

SEED = 7
COLLECTION = "papers"


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.documents", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000, help="documents in the folder")
    parser.add_argument("--queries", type=int, default=200, help="searches")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = anyio.run(measure, Path(folder), options.files, options.queries)
    figures |= {"peak_mib": peak_mib(resource.RUSAGE_SELF), "worker_peak_mib": peak_mib(resource.RUSAGE_CHILDREN)}
    if options.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:28} {figure:>12,}")


async def measure(folder: Path, files: int, queries: int) -> dict[str, float]:
    """Index so many files, then search them."""
    paths = write_papers(folder / COLLECTION, files, SEED)
    size = sum(path.stat().st_size for path in paths)
    for path in paths:
        os.utime(path, (0, 0))  # as old as most documents are
    index = folder / "documents.db"
    worked = sum(os.times()[:4])
    first, first_s = await timed(index, folder / COLLECTION)
    worked = sum(os.times()[:4]) - worked
    again, again_s = await timed(index, folder / COLLECTION)
    changed = max(1, files // 100)
    rewrite(paths[:: max(1, len(paths) // changed)][:changed])
    third, third_s = await timed(index, folder / COLLECTION)
    latencies, found = await searched(index, queries)
    return {
        "files": files,
        "source_mb": round(size / 1e6, 1),
        "passages": passages(index),
        "index_s": round(first_s, 2),
        "index_cpu_s": round(worked, 2),
        "indexed": first.new,
        "nothing_changed_s": round(again_s, 2),
        "unchanged": again.unchanged,
        "some_changed_s": round(third_s, 2),
        "changed": third.changed,
        "search_p50_ms": round(statistics.median(latencies) * 1000, 2),
        "search_p99_ms": round(statistics.quantiles(latencies, n=100)[98] * 1000, 2),
        "hits_mean": round(found / queries, 1),
        "index_mb": round(index.stat().st_size / 1e6, 1),
    }


async def timed(index: Path, folder: Path) -> tuple[Refreshed, float]:
    """Bring the index up to date, and how many seconds that took."""
    began = time.perf_counter()
    with closing(Index(index)) as opened:
        (remembered,) = add_folder(opened, folder, COLLECTION, Choice())
        async with open_workshop(WORK_S, CLOCK_S) as workshop:
            done = await refresh(opened, remembered, workshop, progress)
    return done, time.perf_counter() - began


def progress(done: int, total: int) -> None:
    """Say how far it is, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r{done:,} of {total:,}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def rewrite(paths: Sequence[Path]) -> None:
    """Give files other texts."""
    author = Author(SEED + 1)
    for path in paths:
        path.write_bytes(MAKERS[path.suffix[1:]](author.sections()))


async def searched(index: Path, queries: int) -> tuple[list[float], int]:
    """Seconds of each search, and how many documents were found in all."""
    author = Author(SEED)
    latencies: list[float] = []
    found = 0
    async with open_documents(index) as documents:
        assert documents is not None
        for _ in range(queries):
            query = Query(author.question(), collections=(COLLECTION,))
            began = time.perf_counter()
            found += len((await documents.engine.search(query)).hits)
            latencies.append(time.perf_counter() - began)
    return latencies, found


def passages(index: Path) -> int:
    """How many passages there are."""
    with closing(Index(index)) as opened:
        return sum(figures.passages for figures in opened.figures().values())


def peak_mib(who: int) -> float:
    """The most memory that was held at once; of children, by the largest of them."""
    return round(resource.getrusage(who).ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20), 1)


if __name__ == "__main__":
    main()
