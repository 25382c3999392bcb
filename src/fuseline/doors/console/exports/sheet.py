"""What an export tells of a run, in order, as blocks that any format can write. It knows no markup."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from fuseline.doors.console.views import Shown, usd
from fuseline.types.deliberation import Analysis, Claim, Contradiction, PanelAnswer, Source
from fuseline.types.replies import Citation
from fuseline.types.runs import Call, Lookup, Run, Speaker
from fuseline.wires.report import writer_of

TITLE = 80
"""Characters of a prompt that serve as a title."""
UNKEPT = "The texts of this run were not kept: store.content was off when it was made."
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Heading:
    """The beginning of a section; level 2 is the highest below the title."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence of ours, such as why something is missing."""

    text: str


@dataclass(frozen=True, slots=True)
class Prose:
    """A text of somebody else's, in Markdown, with footnotes where its citations end."""

    text: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """An item of a list: a plain text, a page where it leads to one, and what there is to add."""

    text: str
    url: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """A list."""

    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of plain texts. The first column names its row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Remark | Prose | Points | Grid


@dataclass(frozen=True, slots=True)
class Sheet:
    """A run as a document."""

    title: str
    blocks: tuple[Block, ...]


def sheet_of(shown: Shown, content: bool) -> Sheet:
    """Everything that a reader wants of a run; `content` says whether its texts were kept."""
    sections = (facts, question, answer, analysis, panel, research, costs)
    blocks = [block for section in sections for block in section(shown)]
    remarks = [] if content else [Remark(UNKEPT)]
    return Sheet(title_of(shown), (*remarks, *blocks))


def title_of(shown: Shown) -> str:
    """The title that somebody gave, or the first line of the prompt, or the run's id."""
    first = next((line.strip() for line in shown.prompt.splitlines() if line.strip()), "")
    return shown.marks.title or first[:TITLE] or shown.run.id


def facts(shown: Shown) -> Iterator[Block]:
    """What, when, by whom, and how it went."""
    run = shown.run
    told = {
        "Run": run.id,
        "Asked": moment(run.created_at),
        "Took": seconds(run.finished_at - run.created_at) if run.finished_at else "not ended",
        "Status": f"{run.status}, {run.degraded}" if run.degraded else run.status,
        "Error": run.error,
        "Preset": shown.marks.preset,
        "Panel": ", ".join(shown.panel),
        "Analyst": run.report.analyst if run.report else "",
        "Writer": writer_of(run.calls),
        "Cost": money(run),
        "Parent": shown.marks.parent,
    }
    yield Grid(("", ""), tuple((name, text) for name, text in told.items() if text))


def question(shown: Shown) -> Iterator[Block]:
    """What was asked."""
    if shown.prompt:
        yield Heading(2, "Question")
        yield Prose(shown.prompt)


def answer(shown: Shown) -> Iterator[Block]:
    """What was answered, with its sources as footnotes."""
    reply = shown.run.reply
    text = (reply.text or reply.refusal) if reply else ""
    if reply and text:
        yield Heading(2, "Answer")
        yield Prose(text, reply.citations)


def notes(citations: Sequence[Citation]) -> dict[str, Point]:
    """The pages of citations by their addresses, each once, in the order of their numbers."""
    pages: dict[str, Point] = {}
    for one in citations:
        pages.setdefault(one.url, Point(one.title or one.url, one.url, one.excerpt))
    return pages


def analysis(shown: Shown) -> Iterator[Block]:
    """How the answers of the panel compare."""
    report = shown.run.report
    if report is None or not (report.analysis or report.analysis_failure):
        return
    yield Heading(2, "Analysis")
    if report.analysis is None:
        yield Remark(f"There is no analysis: {report.analysis_failure}.")
        return
    yield from compared(report.analysis, shown.panel)


def compared(found: Analysis, seats: Sequence[str]) -> Iterator[Block]:
    """Claims by how many make them, contradictions, and what nobody speaks of."""
    kinds = {
        "Agreed": found.consensus,
        "Said by some": found.partial_coverage,
        "Said by one": found.unique_insights,
    }
    for name, claims in kinds.items():
        if claims:
            yield Heading(3, name)
            yield Points(tuple(point for claim in claims for point in told_claim(claim, seats)))
    for contradiction in found.contradictions:
        yield Heading(3, f"Contradiction: {contradiction.topic}")
        yield Points(tuple(told_stances(contradiction, seats)))
    for name, texts in (("Nobody speaks of", found.blind_spots), ("Warnings", found.warnings)):
        if texts:
            yield Heading(3, name)
            yield Points(tuple(map(Point, texts)))


def told_claim(claim: Claim, seats: Sequence[str]) -> Iterator[Point]:
    """A claim with who makes it, then the pages that it names."""
    quote = f" \N{LEFT DOUBLE QUOTATION MARK}{claim.quote}\N{RIGHT DOUBLE QUOTATION MARK}" if claim.quote else ""
    yield Point(f"{claim.text}{quote} ({', '.join(seat_name(seat, seats) for seat in claim.seats)})")
    yield from (Point(url, url) for url in claim.urls)


def told_stances(contradiction: Contradiction, seats: Sequence[str]) -> Iterator[Point]:
    """Each side with its evidence, then which has the better."""
    for side in contradiction.stances:
        evidence = f" (evidence: {side.evidence})" if side.evidence else ""
        yield Point(f"{seat_name(side.seat, seats)}: {side.text}{evidence}")
    if contradiction.better_supported is not None:
        yield Point(f"Better supported: {seat_name(contradiction.better_supported, seats)}")


def seat_name(seat: int, seats: Sequence[str]) -> str:
    """A seat as people count them, and who sits there."""
    return f"{seat + 1} {seats[seat]}" if seat < len(seats) else str(seat + 1)


def panel(shown: Shown) -> Iterator[Block]:
    """What each seat said, or why it said nothing."""
    answers = {one.seat: one for one in (shown.run.report.answers if shown.run.report else ())}
    if shown.panel:
        yield Heading(2, "Panel")
    for seat in range(len(shown.panel)):
        yield Heading(3, seat_name(seat, shown.panel))
        yield from said(answers.get(seat, PanelAnswer(seat, shown.panel[seat], error="it has not answered")))


def said(one: PanelAnswer) -> Iterator[Block]:
    """What one seat said."""
    if one.failed:
        yield Remark(f"It failed: {one.error}" + (f" ({one.reason})" if one.reason else ""))
    if one.content or one.refusal:
        yield Prose(one.content or one.refusal)
    if one.truncated:
        yield Remark("The answer stops short.")
    if one.sources:
        yield Points(tuple(map(page, one.sources)))


def page(source: Source) -> Point:
    """A page as an item."""
    return Point(source.title or source.url, source.url)


def research(shown: Shown) -> Iterator[Block]:
    """What was searched for and read, in order."""
    lookups, began = shown.run.lookups, shown.run.created_at
    if not lookups:
        return
    yield Heading(2, "Research")
    columns = ("At", "Who", "What", "Asked", "By", "Outcome", "Found", "Cost")
    yield Grid(columns, tuple(looked_up(one, began) for one in lookups))
    found = {source.url: source for one in lookups for source in one.sources}
    if found:
        yield Heading(3, "Pages found")
        yield Points(tuple(map(page, found.values())))


def looked_up(one: Lookup, began: float) -> tuple[str, ...]:
    """A row of the research."""
    pages = str(len(one.sources))
    at = seconds(one.started_at - began)
    return (at, speaker_name(one.speaker), one.kind, one.asked, one.engine, one.verdict, pages, dollar(one.cost))


def costs(shown: Shown) -> Iterator[Block]:
    """What each call took."""
    run = shown.run
    if not run.calls:
        return
    yield Heading(2, "Costs")
    columns = ("Call", "Model", "Tokens in", "Tokens out", "Seconds", "Cost", "Outcome")
    fees = (("Searches and pages", "", "", "", "", dollar(run.fees), ""),) if run.fees else ()
    total = ("Together", "", "", "", "", money(run), "")
    yield Grid(columns, (*map(called, run.calls), *fees, total))


def called(call: Call) -> tuple[str, ...]:
    """A row of the costs."""
    used = call.usage
    tokens = (str(used.input_tokens), str(used.output_tokens)) if used else (UNKNOWN, UNKNOWN)
    took = "" if call.duration_s is None else f"{call.duration_s:.1f}"
    cost = UNKNOWN if call.cost_source == "unknown" else dollar(call.cost)
    return (speaker_name(call.speaker), call.model, *tokens, took, cost, call.error or call.finish_reason)


def speaker_name(speaker: Speaker) -> str:
    """Who it was, in the words of the house."""
    return f"panel {speaker.seat + 1}" if speaker.role == "panel" else speaker.role


def money(run: Run) -> str:
    """What a run cost, as far as it is known."""
    return dollar(run.cost) if run.cost_known else f"at least {dollar(run.cost)}"


def dollar(amount: int) -> str:
    """Nano-dollars in dollars, exactly."""
    return f"${usd(amount)}"


def seconds(amount: float) -> str:
    """A span of time."""
    return f"{amount:.1f} s"


def moment(at: float) -> str:
    """A moment in this machine's time, with the zone."""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
