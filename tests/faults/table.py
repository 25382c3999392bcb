"""The fault table's rows on a panel member, as data: what the upstream does, and what must come of that seat."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from fuseline.types.runs import Call
from tests.upstream import Reply, answers
from tests.upstream.broken import MULTIBYTE, SENTENCE, babble, events
from tests.upstream.faults import PREFIX
from tests.upstream.says import chunk, event, opening, pieces, streams
from tests.upstream.wire import Action, Ask, Hangup, Step, Wait

Money = Literal["free", "counted", "guessed", "prompt", "worst"]
"""A call's booking: nothing, the upstream's count, our count of what was heard, its prompt, or all it asked for."""
MOST_TOKENS = 1000
"""The output that every seat is asked for at most."""
CLOCKS = {"connect_s": 0.35, "first_byte_s": 0.4, "idle_s": 0.4, "call_s": 1.5, "run_s": 30.0, "reserve_s": 5.0}
PATIENT = {**CLOCKS, "first_byte_s": 10.0, "idle_s": 10.0}
NANO_IN, NANO_OUT = 1000, 2000
"""Nano-dollars a token, as the house's models are priced."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fault, and what must come of it beside two healthy seats."""

    id: str
    fault: str
    """The model at the upstream, without the prefix of the fault table."""
    reason: str = ""
    """Empty where the seat answers."""
    status_code: int | None = None
    money: Money = "counted"
    requests: int = 1
    truncated: bool = False
    """Where there is a reason too, the seat's partial text is kept."""
    text: str | None = None
    """The answer, to the letter, where the row is about it."""
    provider_code: str | None = None
    script: Reply | None = None
    """What the model does, where the upstream's own table has no such fault."""
    clocks: dict[str, float] | None = None

    @property
    def name(self) -> str:
        """The row and what was tried for it."""
        return f"{self.id}-{self.fault}"

    @property
    def model(self) -> str:
        """What the upstream knows it by."""
        return self.fault if self.script else f"{PREFIX}{self.fault}"

    @property
    def dropped(self) -> bool:
        """Whether the seat has nothing to give."""
        return bool(self.reason) and not self.truncated


def told(*texts: str, after: Iterable[Action] = ()) -> Step:
    """A stream that says these pieces, and then does something else than end well."""

    def play(ask: Ask) -> Iterator[Action]:
        yield from map(event, (opening(ask), *(chunk(ask, {"content": text}) for text in texts)))
        yield from after

    return streams(play)


def hung_up_when_finished() -> Step:
    """A whole answer with finish reason and usage, whose connection then breaks instead of ending."""
    return streams(lambda ask: [*events(ask, [SENTENCE]), Wait(0.05), Hangup()])


BROKEN = b'data: {"choices": [{"delta": {"content": "ba\n\n'
BILLED_ERROR = {
    "error": {"code": 502, "message": "the provider broke off"},
    "usage": {"prompt_tokens": 40, "completion_tokens": 9},
}

REFUSALS = (
    Row("F05", "400", "bad_request", 400, "free"),
    Row("F05", "400-context", "context_length", 400, "free", provider_code="context_length_exceeded"),
    Row("F06", "400-spend", "upstream_spend_limit", 400, "free"),
    Row("F07", "401", "upstream_auth", 401, "free"),
    Row("F08", "402", "upstream_credits", 402, "free"),
    Row("F09", "403", "forbidden", 403, "free", provider_code="403"),
    Row("F10", "404", "model_not_found", 404, "free", provider_code="model_not_found"),
    Row("F11", "408", "upstream_timeout", 408, "worst", requests=2),
    Row("F12", "413", "too_large", 413, "free"),
    Row("F13", "422", "unprocessable", 422, "free"),
    Row("F14", "429-ra@0.1", "rate_limited", 429, "free", requests=2),
    Row("F15", "429-ra@60", "rate_limited", 429, "free"),
    Row("F15", "429-date", "rate_limited", 429, "free"),
    Row("F15", "429-bad", "rate_limited", 429, "free"),
    Row("F15", "429-bad@-5", "rate_limited", 429, "free"),
    Row("F15", "429-huge", "rate_limited", 429, "free"),
    Row("F16", "429", "rate_limited", 429, "free", requests=2),
    Row("F16", "429-spend", "upstream_spend_limit", 429, "free"),
    Row("F17", "500", "upstream_error", 500, "free", requests=2),
    Row("F17", "502", "upstream_error", 502, "free", requests=2),
    Row("F17", "503", "upstream_error", 503, "free", requests=2),
    Row("F17", "503@0.1", "upstream_error", 503, "free", requests=2),
    Row("F17", "503@60", "upstream_error", 503, "free"),
    Row("F17", "504", "upstream_error", 504, "free", requests=2),
    Row("F18", "529", "overloaded", 529, "free", requests=2),
    Row("F19", "101", "unexpected_status", 101, "free"),
    Row("F19", "204", "unexpected_status", 204, "free"),
    Row("F19", "redirect", "unexpected_status", 302, "free"),
    Row("F19", "418", "unexpected_status", 418, "free"),
    Row("F19", "999", "unexpected_status", 999, "free"),
    Row("F19", "not-http", "unexpected_status", None, "free"),
    Row("F19", "bad-chunk", "unexpected_status", None, "free"),
    Row("F19", "103"),
    Row("F20", "200-error", "upstream_error", 502, "free", requests=2),
    Row("F20", "200-error@402", "upstream_credits", 402, "free"),
    Row("F20", "200-error@404", "model_not_found", 404, "free"),
    Row("F20", "200-sse-error", "upstream_error", 502, "free", requests=2),
    Row("F20", "200-sse-error@401", "upstream_auth", 401, "free"),
    Row("F20", "billed-error", "upstream_error", 502, requests=2, script=answers(200, BILLED_ERROR)),
    Row("F20", "error-mid", "upstream_error", None, "guessed", provider_code="server_error"),
    Row("F20", "error-mid@300", "upstream_error", None, "guessed", truncated=True, text=babble(300)),
)  # fmt: skip
STREAMS = (
    Row("F21", "hang-headers", "first_byte_timeout", None, "prompt"),
    Row("F22", "hang-body", "first_token_timeout", None, "prompt"),
    Row("F22", "comments-only", "first_token_timeout", None, "prompt"),
    Row("F22", "bad-chunk-late", "first_token_timeout", None, "prompt"),
    Row("F22", "comments", text=MULTIBYTE),
    Row("F23", "hang-mid", "idle_timeout", None, "guessed"),
    Row("F23", "hang-mid@300", "idle_timeout", None, "guessed", truncated=True, text=babble(300)),
    Row("F23", "199-visible", "upstream_truncated", None, "guessed", script=told("x" * 199 + " " * 50)),
    Row("F23", "200-visible", "upstream_truncated", None, "guessed", truncated=True, script=told("x" * 200)),
    Row("F24", "drip@0.002", "deadline_exceeded", None, "guessed", clocks=PATIENT),
    Row("F25", "reset-mid", "upstream_reset", None, "guessed"),
    Row("F25", "reset-mid@300", "upstream_reset", None, "guessed", truncated=True, text=babble(300)),
    Row("F25", "close-mid", "upstream_reset", None, "guessed"),
    Row("F25", "close-mid@300", "upstream_reset", None, "guessed", truncated=True, text=babble(300)),
    Row("F26", "eof-mid", "upstream_truncated", None, "guessed"),
    Row("F26", "eof-mid@300", "upstream_truncated", None, "guessed", truncated=True, text=babble(300)),
    Row("F27", "cut-json", "upstream_bad_json", None, "guessed"),
    Row("F27", "cut-json@300", "upstream_bad_json", None, "guessed", truncated=True, text=babble(300)),
    Row("F27", "cut-body", "upstream_bad_json", None, "worst"),
    Row("F27", "short-length", "upstream_bad_json", None, "worst"),
    Row("F27", "crlf", text=MULTIBYTE),
    Row("F27", "no-space", text=MULTIBYTE),
    Row("F27", "many-data-lines", text=SENTENCE),
    Row("F28", "bad-event@3", text="good good good in the end"),
    Row("F28", "bad-event@4", "upstream_bad_json", None, "guessed"),
    Row("F28", "full-of-holes", "upstream_bad_json", None, "guessed", script=told(babble(300), after=4 * [BROKEN])),
    Row("F29", "bad-utf8", text=babble(399) + "\ufffd"),
    Row("F29", "bad-utf8-many", "bad_encoding"),
    Row("F29", "split-utf8", text=MULTIBYTE),
    Row("F30", "surrogates", text="a lone \ufffd surrogate"),
    Row("F30", "nul", text="a nul  in the text"),
    Row("F31", "empty", "empty_completion", requests=2),
    Row("F31", "empty-null", "empty_completion", requests=2),
    Row("F31", "empty-billed", "empty_completion"),
    Row("F31", "no-choices", "empty_completion", None, "guessed", requests=2),
    Row("F32", "reasoning-only", "no_visible_output"),
    Row("F33", "refusal", "refusal"),
    Row("F34", "content-filter", "content_filter"),
    Row("F35", "length", truncated=True, text=babble(300)),
    Row("F36", "giant@1000000", money="guessed", truncated=True),
    Row("F36", "many-chunks@100000", money="guessed", truncated=True),
    Row("F36", "giant-body", "output_cap", None, "worst", script=answers(200, b'{"choices": "' + b"x" * 300_000)),
    Row("F37", "long-line@3000000", "line_too_long", None, "prompt"),
    Row("F38", "no-content-type", "bad_content_type", None, "free"),
    Row("F38", "json-body"),
    Row("F39", "html", "bad_content_type", None, "free"),
    Row("F40", "gzip@1000000", "decompression_limit", None, "prompt"),
    Row("F41", "duplicates", text="".join(piece * 2 for piece in pieces(SENTENCE, 4))),
    Row("F42", "choices-n", text=SENTENCE),
    Row("F43", "no-usage", money="guessed", text=SENTENCE),
    Row("F44", "usage-late@0.2", text=SENTENCE),
    Row("F44", "usage-in-finish", text=SENTENCE),
    Row("F44", "hang-after-finish", text=SENTENCE, clocks={**CLOCKS, "call_s": 0.8}),
    Row("F44", "hung-up-when-finished", text=SENTENCE, script=hung_up_when_finished()),
    Row("F45", "usage-every", text=SENTENCE),
    Row("F46", "usage-bad", money="guessed", text=SENTENCE),
    Row("F46", "usage-bad@strings", money="guessed", text=SENTENCE),
    Row("F46", "usage-bad@list", money="guessed", text=SENTENCE),
    Row("F46", "usage-bad@huge", money="guessed", text=SENTENCE),
    Row("F46", "usage-bad@zero", money="free", text=SENTENCE),
    Row("F46", "usage-bad@above", text=SENTENCE),
)  # fmt: skip


def money_of(call: Call) -> Money:
    """How a settled call was booked, its sum checked against its price."""
    usage = call.usage
    assert call.settled and usage is not None and call.cost_source == "computed"
    assert call.cost == usage.input_tokens * NANO_IN + usage.output_tokens * NANO_OUT
    match call.certainty:
        case "exact":
            return "counted" if call.cost else "free"
        case "estimate":
            return "guessed"
        case "maximum":
            assert usage.output_tokens in (0, MOST_TOKENS)
            return "worst" if usage.output_tokens else "prompt"
