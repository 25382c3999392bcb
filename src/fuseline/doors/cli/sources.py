"""Where an answer comes from, as people read it: each sentence with its seats, what is doubtful, what was left out."""

from collections.abc import Iterator, Sequence

from fuseline.doors.cli.account import Account
from fuseline.doors.cli.research import shortened
from fuseline.doors.cli.words import count
from fuseline.types.provenance import Dropped, Flag, Provenance, Sentence
from fuseline.types.runs import Lookup, Speaker

LONGEST = 160
"""Characters of a sentence that are shown."""
MARGIN = 10
STRANGE = {"new_number": "a figure", "unknown_url": "an address"}


def source_lines(account: Account) -> Iterator[str]:
    """All that is known of where an answer comes from; nothing where nothing is."""
    if account.provenance is not None and account.answer:
        yield from traced(account.provenance, account.answer, [answer.model for answer in account.panel])
    if account.lookups:
        yield from ("", "--- pages ---", "")
        yield from page_lines(account.lookups)


def traced(provenance: Provenance, answer: str, models: Sequence[str]) -> Iterator[str]:
    """The sentences with who said them, then what stands out."""
    shares = provenance.shares(len(models))
    yield from ("", "--- where it comes from ---", "")
    for seat, (model, share) in enumerate(zip(models, shares, strict=True)):
        yield f"seat {seat + 1}: {model}, alone behind {share:.0%} of the sentences"
    yield from ("a number names a seat; - is nobody's, ? could be several", "")
    for sentence in provenance.sentences:
        yield f"{behind(sentence):<{MARGIN}}{told(answer[sentence.start : sentence.end])}"
    if provenance.carried:
        yield from ("", f"{count(provenance.carried, 'citation')} put back from the seats' answers")
    yield from flag_lines(provenance.flags)
    yield from dropped_lines(provenance.dropped)


def behind(sentence: Sentence) -> str:
    """The seats behind a sentence, the best first."""
    match sentence.standing:
        case "single":
            return f"{sentence.supports[0].seat + 1}"
        case "shared":
            return "+".join(str(one.seat + 1) for one in sentence.supports)
        case "unsure":
            return "?"
        case "none":
            return "-"


def flag_lines(flags: Sequence[Flag]) -> Iterator[str]:
    """What stands in no answer of a seat and on no page."""
    if flags:
        yield from ("", "in no seat's answer and on no page:")
    for flag in flags:
        yield f"  ! {STRANGE[flag.kind]}: {told(flag.text)}"


def dropped_lines(dropped: Sequence[Dropped]) -> Iterator[str]:
    """What one seat alone said and the answer does not."""
    if dropped:
        yield from ("", "said by one seat alone, and not in the answer:")
    for one in dropped:
        yield f"  seat {one.seat + 1}: {told(one.text)}"


def page_lines(lookups: Sequence[Lookup]) -> Iterator[str]:
    """Every search with who made it, then every page with who read it."""
    for one in lookups:
        if one.kind == "search":
            found = count(len(one.sources), "result") if one.verdict == "ok" else one.verdict
            yield f"  {name_of(one.speaker)} searched {shortened(one.asked)!r}: {found} ({one.engine})"
    readers: dict[str, list[str]] = {}
    titles: dict[str, str] = {}
    for one in lookups:
        if one.kind == "fetch":
            page = one.sources[0].url if one.sources else one.asked
            readers.setdefault(page, []).append(name_of(one.speaker))
            titles.setdefault(page, one.sources[0].title if one.verdict == "ok" and one.sources else one.verdict)
    for page, names in readers.items():
        yield f"  {page} - {shortened(titles[page])}: {', '.join(dict.fromkeys(names))}"


def name_of(speaker: Speaker) -> str:
    """Who somebody is."""
    return f"seat {speaker.seat + 1}" if speaker.role == "panel" else speaker.role


def told(text: str) -> str:
    """A text on one line, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
