"""`python -m bench`: fusions and chunks per CPU-second against the bare fan-out, added latency, peak memory."""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass

import uvloop

from bench.load import Seen, fusion, load, post
from bench.servers import Server, bare, gateway, upstream

DELAY_S = 0.1
STREAMS, PIECES = 64, 200
WARM_CLIENTS, WARM_FUSIONS = 8, 40
SAY_WORDS = [{"role": "user", "content": "Say words."}]
PANEL = [{"id": "fusion", "preset": "streaming"}]
STREAMED = {
    "streaming": post("/v1/chat/completions", {"model": "bench/tokens", "stream": True, "messages": SAY_WORDS}),
    "responses": post(
        "/v1/responses", {"model": "openrouter/fusion", "stream": True, "input": "Say words.", "plugins": PANEL}
    ),
}
"""A plain reply on chat, and a whole fusion on Responses, where every piece of the panel's is relayed, too."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement of one server."""

    rate: float
    """Fusions, or chunks, for each second of CPU."""
    latency_ms: float
    """The median over the critical path, in milliseconds."""
    peak_mib: float
    """The most memory that the server has held until then."""


def main() -> None:
    """Measure, and print what was found and which goals were met."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each kind; medians are printed")
    parser.add_argument("--fusions", type=int, default=400, help="fusions in each measurement, fewer at concurrency 1")
    parser.add_argument("--clients", type=int, nargs="*", default=[1, 16, 64, 256], help="concurrencies to measure")
    parser.add_argument("--no-streaming", action="store_true", help="leave the streaming measurement out")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    rows: dict[int, dict[str, float]] = {}
    results: dict[str, object] = {"load_average_before": os.getloadavg()[0], "concurrency": rows}
    with upstream(DELAY_S) as base_url:
        for clients in options.clients:
            rows[clients] = row(base_url, clients, options)
            say(options, f"concurrency {clients:4}: {rows[clients]}")
        if not options.no_streaming:
            for name, request in STREAMED.items():
                results[name] = streaming(base_url, options.rounds, request)
                say(options, f"{name}: {results[name]}")
    results["goals"] = goals(rows)
    if options.json:
        print(json.dumps(results))
    for goal, met in goals(rows).items():
        say(options, f"{'met   ' if met else 'missed'} {goal}")


def goals(rows: dict[int, dict[str, float]]) -> dict[str, bool]:
    """Which of the goals were met, as far as they were measured."""
    met = {
        f"at least 0.5 of the bare fan-out's fusions per CPU-second at concurrency {clients}": row["ratio"] >= 0.5
        for clients, row in rows.items()
    }
    if 1 in rows:
        met["at most 10 ms added at concurrency 1"] = rows[1]["added_ms"] <= 10
    return met


def critical_path(base_url: str) -> float:
    """Seconds that panel, analyst and writer take one after another, as a client of the upstream alone sees them.

    The upstream waits a fixed time before it answers; what it is late by, with the network, is not the gateway's doing.
    """
    direct = post("/v1/chat/completions", {"model": "answer", "messages": [{"role": "user", "content": "Why?"}]})
    port = int(base_url.rpartition(":")[2].partition("/")[0])
    return 3 * statistics.median(uvloop.run(load(port, direct, 1, 30)).latencies)


def say(options: argparse.Namespace, line: str) -> None:
    """Tell what has been measured so far."""
    print(line, file=sys.stderr if options.json else sys.stdout, flush=True)


def row(base_url: str, clients: int, options: argparse.Namespace) -> dict[str, float]:
    """Both servers at one concurrency: medians over several starts."""
    path_s = critical_path(base_url)
    pairs = [side_by_side(base_url, clients, options.fusions, path_s) for _ in range(options.rounds)]
    return {
        "ratio": middle([mine.rate / bare_.rate for mine, bare_ in pairs]),
        "fusions_per_cpu_s": middle([mine.rate for mine, _ in pairs]),
        "bare_per_cpu_s": middle([bare_.rate for _, bare_ in pairs]),
        "added_ms": middle([mine.latency_ms for mine, _ in pairs]),
        "bare_added_ms": middle([bare_.latency_ms for _, bare_ in pairs]),
        "over_300_ms": middle([mine.latency_ms + path_s * 1000 - 3000 * DELAY_S for mine, _ in pairs]),
        "peak_mib": max(mine.peak_mib for mine, _ in pairs),
        "bare_peak_mib": max(bare_.peak_mib for _, bare_ in pairs),
    }


def side_by_side(base_url: str, clients: int, fusions: int, path_s: float) -> tuple[Measured, Measured]:
    """The gateway and the bare fan-out, each in a new process: at concurrency 1 one start differs from another by 4 %.

    They are measured when they have made their connections and Python knows their code.
    """
    total = max(20, min(fusions, clients * 20))
    with gateway(base_url) as ours, bare(base_url) as theirs:
        for server in (ours, theirs):
            measure(server, fusion(), max(clients, WARM_CLIENTS), max(clients, WARM_FUSIONS), path_s, count)
        mine = measure(ours, fusion(), clients, total, path_s, count)
        return mine, measure(theirs, fusion(), clients, total, path_s, count)


def streaming(base_url: str, rounds: int, mine: bytes) -> dict[str, float]:
    """Streams through the gateway, and streams of a plain model through a relay that does not read them."""
    relayed = post("/v1/relay", {"model": f"tokens-{PIECES}", "stream": True, "messages": SAY_WORDS})
    with gateway(base_url, PIECES) as ours, bare(base_url) as theirs:
        pairs = [
            (
                measure(ours, mine, STREAMS, STREAMS, 0, chunks),
                measure(theirs, relayed, STREAMS, STREAMS, 0, chunks),
            )
            for _ in range(rounds + 1)
        ][1:]
        return {
            "ratio": middle([one.rate / other.rate for one, other in pairs]),
            "chunks_per_cpu_s": middle([one.rate for one, _ in pairs]),
            "bare_chunks_per_cpu_s": middle([other.rate for _, other in pairs]),
        }


def measure(
    server: Server, request: bytes, clients: int, total: int, path_s: float, what: Callable[[Seen], int]
) -> Measured:
    """Load one server and read what that cost it."""
    before = server.cpu_s()
    seen = uvloop.run(load(server.port, request, clients, total))
    used = max(server.cpu_s() - before, 0.01)
    if seen.failures:
        raise RuntimeError(f"{seen.failures} of {total} replies were not answers; the measurement is void")
    latency_ms = (statistics.median(seen.latencies) - path_s) * 1000
    return Measured(what(seen) / used, latency_ms, round(server.peak_mib(), 1))


def count(seen: Seen) -> int:
    """How many replies there were."""
    return len(seen.latencies)


def chunks(seen: Seen) -> int:
    """How many streamed pieces there were."""
    return seen.chunks


def middle(values: list[float]) -> float:
    """The median, to three digits."""
    return round(statistics.median(values), 3)


if __name__ == "__main__":
    main()
