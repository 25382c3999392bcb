"""The fault table: which model name makes the upstream misbehave in which way.

A request for `fault/<name>` or `fault/<name>@<argument>` gets that behaviour. Any name may end in `-once`: then only
the first request for that very model name does, and later ones are answered. A behaviour that takes no argument
ignores it, so that a test may use one to have the first request to itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.upstream import broken, counts, refusals, turns
from tests.upstream.refusals import ok, rate_limited, refuses_parameter
from tests.upstream.says import fails, hangs, says
from tests.upstream.wire import Step

PREFIX = "fault/"


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of the table."""

    rows: str
    """Its ids in the fault table of the specification."""
    behaviour: Callable[[str], Step]
    """From the argument, empty where there is none, to what happens."""


def fault(rows: str, step: Step) -> Fault:
    """A fault that takes no argument."""
    return Fault(rows, lambda _: step)


FAULTS: Mapping[str, Fault] = {
    # status
    "400": fault("F05", fails(400, message="the request is malformed", type="invalid_request_error")),
    "400-context": fault("F05", refusals.context_length()),
    "400-spend": fault("F06", refusals.spend_limit(400)),
    "400-param": Fault("F13", refuses_parameter(400)),
    "401": fault("F07", fails(401, message="Incorrect API key provided: sk-canary-000000000000")),
    "402": fault("F08 F61", fails(402, message="the account has no credit")),
    "403": fault("F09", refusals.moderation()),
    "404": fault("F10", fails(404, message="no such model", code="model_not_found")),
    "408": fault("F11", fails(408)),
    "413": fault("F12", fails(413)),
    "422": fault("F13", fails(422)),
    "422-param": Fault("F13", refuses_parameter(422)),
    "429-ra": Fault("F14 F60", lambda seconds: rate_limited(seconds or "1")),
    "429-date": Fault("F15", refusals.rate_limited_until),
    "429-bad": Fault("F15", lambda value: rate_limited(value or "NaN")),
    "429-huge": fault("F15", rate_limited("1000000000")),
    "429": fault("F16 F60", rate_limited()),
    "429-spend": fault("F16", refusals.spend_limit(429)),
    "500": fault("F17 F59 F63 F72", fails(500)),
    "502": fault("F17", fails(502)),
    "503": Fault("F17", lambda seconds: fails(503, retry_after=seconds)),
    "504": fault("F17", fails(504)),
    "529": fault("F18", fails(529, message="Overloaded", type="overloaded_error")),
    "101": fault("F19", refusals.switching()),
    "103": fault("F19", refusals.early_hints()),
    "204": fault("F19", refusals.bare(204)),
    "redirect": fault("F19", refusals.redirect()),
    "418": fault("F19", fails(418)),
    "999": fault("F19", fails(999)),
    "200-error": Fault("F20", refusals.error_body),
    "200-sse-error": Fault("F20", refusals.error_event),
    # stream
    "hang-headers": fault("F21 F63 F77", hangs()),
    "hang-body": fault("F22", broken.hang_body()),
    "comments-only": Fault("F22", broken.comments_only),
    "hang-mid": Fault("F23 F73", broken.hang_mid),
    "drip": Fault("F24", broken.drip),
    "reset-mid": Fault("F25 F73", broken.reset_mid),
    "close-mid": Fault("F25 F26", broken.close_mid),
    "eof-mid": Fault("F26 F73", broken.eof_mid),
    "error-mid": Fault("F20 F73", broken.error_mid),
    "cut-json": Fault("F27", broken.cut_json),
    "cut-body": fault("F27", refusals.cut_body()),
    "short-length": fault("F27", refusals.short_length()),
    "bad-chunk": fault("F27", refusals.bad_chunk()),
    "bad-chunk-late": fault("F23 F27", refusals.bad_chunk_late()),
    "not-http": fault("F19", refusals.not_http()),
    "bad-event": Fault("F28", broken.bad_events),
    "bad-utf8": fault("F29", broken.bad_utf8(1)),
    "bad-utf8-many": fault("F29", broken.bad_utf8(40)),
    "split-utf8": fault("F29", broken.reshaped(broken.split_bytes)),
    "surrogates": fault("F30", broken.raw_text("a lone \ud83d surrogate")),
    "nul": fault("F30", broken.raw_text("a nul \x00 in the text")),
    "empty": fault("F31 F64 F74", counts.empty("stop", 0)),
    "empty-null": fault("F31", counts.empty(None, 0)),
    "empty-billed": fault("F31", counts.empty("stop", 7)),
    "no-choices": fault("F31", counts.no_choices()),
    "reasoning-only": fault("F32", counts.reasoning_only()),
    "refusal": fault("F33 F75", says("", refusal="I cannot help with that.")),
    "content-filter": fault("F34 F75", says("The first half of", finish="content_filter")),
    "length": fault("F35 F75", says(broken.babble(300), finish="length")),
    "giant": Fault("F36", broken.giant),
    "many-chunks": Fault("F36", broken.many_chunks),
    "long-line": Fault("F37", broken.long_line),
    "no-content-type": fault("F38", broken.no_content_type()),
    "html": fault("F38 F39", refusals.html()),
    "gzip": Fault("F40", broken.bomb),
    "duplicates": fault("F41", broken.duplicates()),
    "choices-n": fault("F42", broken.more_choices()),
    "no-usage": fault("F43", says(broken.SENTENCE, usage={})),
    "usage-late": Fault("F44", counts.usage_late),
    "usage-in-finish": fault("F44", counts.usage_in_finish()),
    "hang-after-finish": fault("F44", broken.hang_after_finish()),
    "usage-every": fault("F45", counts.usage_every()),
    "usage-bad": Fault("F46", counts.usage_bad),
    # shapes that a reader must bear
    "json-body": fault("F38", refusals.json_body()),
    "crlf": fault("F27", broken.reshaped(broken.crlf)),
    "no-space": fault("F27", broken.reshaped(broken.no_space)),
    "comments": fault("F22", broken.reshaped(broken.commented)),
    "many-data-lines": fault("F27", broken.many_data_lines()),
    # tools
    "unknown-tool": Fault("F47", turns.unknown_tool),
    "tool-loop": fault("F48", turns.tool_loop()),
    "tool-while-offered": fault("F48", turns.tool_while_offered()),
    "bad-arguments": Fault("F49", turns.bad_arguments),
    "parallel-tools": Fault("F50", turns.parallel_tools),
    "tool-calls-though-none": fault("F71 F76", turns.tool_loop()),
    # the analyst's form
    "analyst-prose": fault("F65", turns.analyst_prose()),
    "analyst-fenced": fault("F66", turns.analyst_fenced()),
    "analyst-two-blocks": fault("F66", turns.analyst_two_blocks()),
    "analyst-cut": fault("F67", turns.analyst_cut()),
    "analyst-schema": Fault("F68", turns.analyst_schema),
    # no fault
    "slow": Fault("F21 F62 F77", refusals.slow),
    "ok": fault("F58 F62", ok()),
}


def step(model: str) -> Step:
    """What a model does that has no script: its fault, or a plain answer where its name is none of a fault."""
    if not model.startswith(PREFIX):
        return ok()
    name, _, argument = model.removeprefix(PREFIX).partition("@")
    if name in FAULTS:
        return FAULTS[name].behaviour(argument)
    usual = FAULTS.get(name.removesuffix("-once"))
    if usual is None:
        return fails(501, message=f"the fault table has no {name}")
    return once(usual.behaviour(argument))


def once(first: Step) -> Step:
    """The fault for the first request, a plain answer for all others."""
    return Step(lambda ask: (ok() if ask.turn else first).play(ask))


def names() -> list[str]:
    """The models of the table, as requests name them."""
    return [PREFIX + name for name in FAULTS]
