"""`python -m clients [name ...]`: installs each client, has it do every case, and prints who could do what."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from clients.cases import CASES, play, run_page
from clients.environments import CannotInstall, install
from clients.roster import Client, roster
from clients.stage import Stage, stage

OK, CANNOT, FAILED = "ok", "cannot", "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """How one case went with one client on one wire."""

    client: str
    version: str
    wire: str
    case: str
    outcome: str
    reason: str = ""
    seconds: float = 0.0


def main() -> int:
    """Run the clients that are named, or all; 1 where anything failed."""
    known = roster()
    parser = argparse.ArgumentParser(prog="make clients ARGS=...", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"clients to run (default: all): {', '.join(known)}")
    parser.add_argument("--case", action="append", help="only this case; may be repeated")
    parser.add_argument("--json", action="store_true", help="print a JSON object for each result")
    options = parser.parse_args()
    if strangers := set(options.names) - set(known):
        parser.error(f"there is no client {', '.join(sorted(strangers))}")
    wanted = [known[name] for name in options.names or known]
    results: list[Result] = []
    with stage() as opened:
        for client in wanted:
            for result in run(client, opened, options.case):
                results.append(result)
                tell(result, options.json)
    if not options.json:
        print("\n".join(table(results)))
    return int(any(result.outcome == FAILED for result in results))


def run(client: Client, opened: Stage, names: list[str] | None) -> Iterator[Result]:
    """Every case with one client, on each of its wires; then the example of its page."""
    try:
        install(client)
    except CannotInstall as error:
        yield Result(client.title, client.version, "", "install", FAILED, str(error))
        return
    for wire, cannot in client.wires.items():
        for case in CASES:
            if names and case.name not in names:
                continue
            if reason := cannot.get(case.name):
                yield Result(client.title, client.version, wire, case.name, CANNOT, reason)
                continue
            began = time.monotonic()
            complaint = play(case, client, wire, opened)
            yield judged(client, wire, case.name, complaint, began)
    if not names or "page" in names:
        began = time.monotonic()
        yield judged(client, next(iter(client.wires)), "page", run_page(client, opened), began)


def judged(client: Client, wire: str, case: str, complaint: str, began: float) -> Result:
    """A result from what there was to complain of."""
    seconds = round(time.monotonic() - began, 1)
    return Result(client.title, client.version, wire, case, FAILED if complaint else OK, complaint, seconds)


def tell(result: Result, as_json: bool) -> None:
    """Say how a case went, as soon as it is known."""
    if as_json:
        print(json.dumps({name: getattr(result, name) for name in Result.__slots__}), flush=True)
        return
    line = f"{result.client:26} {result.wire:9} {result.case:15} {result.outcome:6} {result.seconds:5.1f} s"
    print(f"{line}  {result.reason}".rstrip(), file=sys.stderr, flush=True)


def table(results: list[Result]) -> Iterator[str]:
    """A row for each client and wire, a column for each case."""
    cases = list(dict.fromkeys(result.case for result in results))
    rows = list(dict.fromkeys((result.client, result.version, result.wire) for result in results))
    found = {(result.client, result.wire, result.case): result.outcome for result in results}
    yield "| client | version | wire | " + " | ".join(cases) + " |"
    yield "|---" * (len(cases) + 3) + "|"
    for client, version, wire in rows:
        cells = [found.get((client, wire, case), "") for case in cases]
        yield f"| {client} | {version} | {wire} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
