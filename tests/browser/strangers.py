"""Kept runs whose every text was written by somebody hostile, and votes and costs under hostile names."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Literal

from fuseline.storage.base import Side, Vote
from fuseline.types.deliberation import Analysis, Claim, Contradiction, PanelAnswer, Source, Stance
from fuseline.types.json import JsonObject
from fuseline.types.provenance import Dropped, Flag, Provenance, Sentence, Support
from fuseline.types.replies import Citation
from fuseline.types.runs import Call, Lookup, Noted, Record, Role, Run, RunClosed, RunOpened, Speaker
from tests.browser.payloads import ALL, BRIEF, ELSEWHERE, END, PAYLOADS

EVERY_FIELD, EVERY_TEXT = "gen-1-fields", "gen-1-texts"
SEATS = 4
TITLE = " ".join(BRIEF)
"""A title holds one line."""
LUMPS = tuple("\n".join(BRIEF[at : at + 9]) for at in range(0, len(BRIEF), 9))
"""The same for lists of plain texts, whose browser would be busy for long with an item for each."""
URLS = tuple(url for text in BRIEF for url in (text, f"https://{ELSEWHERE}/{text}"))
"""Addresses that are texts, and addresses of the web that go on with one."""
TAIL = len(ALL) - len(END)


def every_field(at: float) -> list[Record]:
    """A run with all payloads in each of its fields, and each in a place of its own wherever there is a list."""
    slugs = ["__proto__", "lab/constructor", *BRIEF[: SEATS - 2]]
    events = [
        ("fusion.started", {"id": "f", "prompt": ALL, "panel": slugs}),
        *[answered(seat, slug) for seat, slug in enumerate(slugs)],
        ("analysis.completed", {"model": TITLE, "whole": asdict(analysis())}),
        *[looked_up("search", text, text) for text in LUMPS],
        *[looked_up("fetch", text, url) for text, url in zip(LUMPS * 99, URLS, strict=False)],
    ]
    result: JsonObject = {
        "answer": ALL,
        "citations": [asdict(one) for one in citations()],
        "provenance": asdict(provenance()),
        "warnings": [*LUMPS],
    }
    run = Run(
        EVERY_FIELD, TITLE, TITLE, TITLE, at, "completed", TITLE, True, error=ALL, error_kind=TITLE, degraded=TITLE
    )
    return kept(run, events, result, calls(EVERY_FIELD, at))


def every_text(at: float) -> list[Record]:
    """A run with a seat for each payload, which stands there alone, and names its model."""
    slugs = [text if text in BRIEF else "lab/long" for text in PAYLOADS]
    said = [PanelAnswer(seat, slugs[seat], text) for seat, text in enumerate(PAYLOADS)]
    events = [
        ("fusion.started", {"id": "f", "prompt": END, "panel": slugs}),
        *[("panel.completed", asdict(one)) for one in said],
    ]
    run = Run(EVERY_TEXT, "m", "m", "Lab", at, "completed", convened=True)
    return kept(run, events, {"answer": END}, ())


def kept(run: Run, events: Sequence[tuple[str, JsonObject]], result: JsonObject, made: Sequence[Call]) -> list[Record]:
    """All that a run leaves behind."""
    messages = [{"role": "system", "content": ALL}, {"role": "user", "content": ALL}]
    opened = RunOpened(replace(run, status="running"), {"messages": messages}, "p")
    noted = [Noted(run.id, number, run.created_at, kind, body) for number, (kind, body) in enumerate(events)]
    return [opened, *made, *noted, RunClosed(replace(run, calls=tuple(made), finished_at=run.created_at + 9), result)]


def answered(seat: int, slug: str) -> tuple[str, JsonObject]:
    """A seat that answered, refused or failed."""
    sources = tuple(Source(url, url) for url in URLS) if seat == 0 else ()
    answer = PanelAnswer(seat, slug, ALL, preamble=ALL, truncated=seat == 1, finish_reason=TITLE, sources=sources)
    if seat == 2:
        return "panel.failed", asdict(
            replace(answer, content="", refusal=ALL, error=ALL, reason=ALL, provider_code=ALL)
        )
    if seat == 3:
        return "panel.failed", asdict(replace(answer, error=ALL, reason="constructor"))
    return "panel.completed", asdict(answer)


def analysis() -> Analysis:
    """What an analyst may write, each payload in each place."""
    stances = [(Stance(0, text, text), Stance(1, f"not {text}", text)) for text in LUMPS]
    return Analysis(
        consensus=(
            Claim("C0", ALL, (0, 1, SEATS), ALL, URLS),
            *[claim("C", at, text) for at, text in enumerate(LUMPS, 1)],
        ),
        contradictions=tuple(
            Contradiction(f"X{at}", text, stances[at], better_supported=at % 2 or None) for at, text in enumerate(LUMPS)
        ),
        partial_coverage=tuple(claim("P", at, text) for at, text in enumerate(LUMPS)),
        unique_insights=tuple(claim("U", at, text) for at, text in enumerate(LUMPS)),
        blind_spots=LUMPS,
        warnings=LUMPS,
    )


def claim(kind: str, number: int, text: str) -> Claim:
    """A claim with a quotation and a page."""
    return Claim(f"{kind}{number}", text, (0, 1, SEATS), text, (URLS[2 * number + 1],))


def citations() -> list[Citation]:
    """Pages whose titles, addresses and excerpts are hostile, all where the answer ends."""
    return [Citation(url, URLS[at - 1], TAIL, len(ALL), URLS[at - 2]) for at, url in enumerate(URLS)]


def provenance() -> Provenance:
    """Marks for every sentence of the answer, and flags with hostile words."""
    supports = (Support(0, 0.9, 0, 99), Support(1, 0.8, 0, 99))
    sentences = [Sentence(at, at + 200, "shared", 1.0, supports) for at in range(0, len(ALL), 200)]
    flags = [Flag("new_number" if at % 2 else "unknown_url", text, TAIL, len(ALL)) for at, text in enumerate(LUMPS)]
    return Provenance(tuple(sentences), tuple(flags), tuple(Dropped(0, text, 0, 9, text) for text in LUMPS), 2)


def looked_up(kind: Literal["search", "fetch"], text: str, url: str) -> tuple[str, JsonObject]:
    """A search or a page, as its event is kept."""
    asked = text if kind == "search" else url
    one = Lookup(kind, Speaker("panel", text), asked, 1.0, 0.5, text, text, (Source(url, text),), warnings=(text,))
    body = asdict(one)
    speaker: dict[str, Any] = body.pop("speaker")
    return "research.completed", {**body, **speaker, "bytes": 1}


def calls(run_id: str, at: float) -> tuple[Call, ...]:
    """A call by each name, in each role."""
    roles: tuple[Role, ...] = ("outer", "panel", "analyst", "writer")
    return tuple(
        Call(
            f"{run_id}-{number}", run_id, Speaker(roles[number % 4], text, number % SEATS), text, text, at + 1,
            cost=1_000 + number, cost_source="reported", duration_s=1.0, finish_reason=text, error=text,
        )
        for number, text in enumerate(LUMPS)
    )  # fmt: skip


def votes(at: float) -> list[Vote]:
    """A vote under each name."""
    return [
        Vote(
            f"v{number}",
            at,
            "left",
            Side(EVERY_FIELD, None, "writer", text, text),
            Side(EVERY_FIELD, 0, "panel", text, text),
        )
        for number, text in enumerate(BRIEF)
    ]
