"""The form that a client wants the answer in: told to who writes, held against the text, mended by one more call."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NoReturn

from anyio import CapacityLimiter, to_thread
from pydantic_core import to_json

from fuseline.engine.caller import Caller
from fuseline.engine.failures import FORM_MISSED
from fuseline.engine.prompts import render
from fuseline.engine.validation import Unanswerable, flaw_of, problem_of
from fuseline.engine.writer import Written
from fuseline.types.errors import InvalidRequest, OverBudget, Partial, UpstreamError
from fuseline.types.events import Emit, Event, TextDelta
from fuseline.types.json import JsonObject, object_of
from fuseline.types.messages import Message, system, user
from fuseline.types.quick import replace
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Round

SCHEMA_BYTES = 64 << 10
SCHEMA_PATH = "response_format.json_schema.schema"
REPAIR_SHARE = 0.25
"""The share of the time left that a repair may take."""
CHECKED_SCHEMAS = 128
FENCE = re.compile(r"^```[^\n`]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Form:
    """What the answer has to be: an object of any shape, or a value of a schema."""

    schema: str = ""
    """The JSON text of the schema; empty where every object will do."""

    @property
    def wanted(self) -> str:
        """What to write, in words."""
        return "one JSON value that satisfies the JSON Schema below" if self.schema else "one JSON object"


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a text is not in the form."""

    problem: str
    mendable: bool = True
    """Whether asking again can be of use."""


class NoAnswer(Exception):
    """A text is no JSON. `str()` of it says why."""


def read_form(wanted: JsonObject | None) -> Form | None:
    """The form that a `response_format` asks for; `None` for one that leaves the text free or is the upstream's affair.

    :raises InvalidRequest: where it names a schema and holds none, or one that is too long.
    """
    kind = (wanted or {}).get("type")
    if wanted is None or kind not in ("json_object", "json_schema"):
        return None
    if kind == "json_object":
        return Form()
    named = wanted.get("json_schema")
    if not isinstance(named, Mapping):
        raise InvalidRequest("response_format.json_schema is required", "response_format.json_schema")
    schema = named.get("schema")
    if schema is None:
        return Form()
    if not isinstance(schema, Mapping):
        raise InvalidRequest("the schema must be an object", SCHEMA_PATH)
    text = to_json(schema)
    if len(text) > SCHEMA_BYTES:
        raise InvalidRequest(f"the schema is longer than {SCHEMA_BYTES} bytes", SCHEMA_PATH)
    return Form(text.decode())


async def check_form(form: Form, examiner: CapacityLimiter) -> None:
    """Make sure that the form's schema is one, before anything is spent.

    :raises InvalidRequest: where it is not, or refers to what is not in it.
    """
    if form.schema:
        place, flaw = await to_thread.run_sync(flaw_of_text, form.schema, limiter=examiner, abandon_on_cancel=True)
        if flaw:
            where = f" at {place}" if place else ""
            raise InvalidRequest(f"{SCHEMA_PATH} is no valid JSON Schema{where}: {flaw}", SCHEMA_PATH)


@lru_cache(CHECKED_SCHEMAS)
def flaw_of_text(schema: str) -> tuple[str, str]:
    """Where a schema is no valid JSON Schema, and why; the same client sends the same schema again and again."""
    return flaw_of(json.loads(schema))


def in_form(request: Request, form: Form) -> Request:
    """The request with the form told in words, for upstreams that do not know the parameter."""
    demand = render("form", wanted=form.wanted, schema=f"\n{form.schema}" if form.schema else "")
    first, *rest = request.messages
    if first.role in ("system", "developer") and isinstance(first.content, str):
        return replace(request, messages=(replace(first, content=f"{first.content}\n\n{demand}"), *rest))
    return replace(request, messages=(system(demand), first, *rest))


def without_words(emit: Emit) -> Emit:
    """An ear that lets everything through but the words of the answer, which are checked before anybody hears them."""

    async def tell(event: Event) -> None:
        if not (isinstance(event, TextDelta) and event.speaker.to_client):
            await emit(event)

    return tell


def without_text(rounds: Sequence[Round], answer: Reply) -> tuple[Round, ...]:
    """The turns before an answer without what was said in them, which would stand in front of its JSON."""
    return tuple(one if one.reply is answer else replace(one, reply=replace(one.reply, text="")) for one in rounds)


async def formed(written: Written, form: Form, caller: Caller, examiner: CapacityLimiter) -> Written:
    """The answer in its form, after one repair at the most. What is no answer is left as it is: calls and refusals.

    :raises UpstreamError: `response_format_mismatch`, where it cannot be brought into the form.
    """
    reply = written.reply
    if reply.tool_calls or reply.refusal or reply.finish_reason == "content_filter":
        return written
    found = await examined(reply, form, examiner)
    if isinstance(found, Misfit) and found.mendable:
        reply, found = await mended(written, found, form, caller, examiner)
    if isinstance(found, Misfit):
        message = f"its answer is not what response_format asks for: {found.problem}"
        raise UpstreamError(FORM_MISSED, message, partial=Partial(written.reply.text))
    citations = reply.citations if found == reply.text else ()
    return replace(written, reply=replace(reply, text=found, citations=citations))


async def mended(
    written: Written, misfit: Misfit, form: Form, caller: Caller, examiner: CapacityLimiter
) -> tuple[Reply, str | Misfit]:
    """A second answer by the same speaker, who is told what was wrong with the first; and what is found in it."""
    asked, now = written.asked, time.monotonic()
    complaint = user(render("form_repair", problem=misfit.problem))
    again = replace(
        asked,
        messages=(*asked.messages, Message("assistant", written.reply.text), complaint),
        tool_choice="none" if asked.functions else None,
    )
    try:
        reply = await caller.speak(written.speaker, again, now + (caller.ends_at - now) * REPAIR_SHARE)
    except (UpstreamError, OverBudget):
        return written.reply, misfit  # the repair is a second chance; what it was to mend is what is reported
    if reply.tool_calls:
        return reply, misfit
    return reply, await examined(reply, form, examiner)


async def examined(reply: Reply, form: Form, examiner: CapacityLimiter) -> str | Misfit:
    """The text of the form that a reply holds, or why there is none."""
    if reply.finish_reason == "length":
        return Misfit("it was cut off before its end")
    return await to_thread.run_sync(partial(text_in_form, reply.text, form), limiter=examiner, abandon_on_cancel=True)


def text_in_form(text: str, form: Form) -> str | Misfit:
    """The JSON text in a reply: all of it, or what stands in its only code fence."""
    misfit: Misfit | None = None
    fenced: list[str] = FENCE.findall(text)
    for candidate in (text, *(fenced if len(fenced) == 1 else ())):
        try:
            problem = problem_in(candidate, form)
        except NoAnswer as error:
            misfit = misfit or Misfit(f"it is not valid JSON: {error}")
        except Unanswerable as error:
            return Misfit(str(error), mendable=False)
        else:
            if not problem:
                return candidate.strip()
            misfit = Misfit(problem)
    assert misfit is not None
    return misfit


def problem_in(text: str, form: Form) -> str:
    """What keeps a JSON text from being in the form; empty where nothing does.

    :raises NoAnswer: when it is no JSON text.
    """
    try:
        value: Any = json.loads(text, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        raise NoAnswer(f"{error.msg[:1].lower()}{error.msg[1:]}, at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise NoAnswer("it nests too deep") from None
    except ValueError as error:
        raise NoAnswer("it holds a number that is none or is too long") from error
    if form.schema:
        return problem_of(value, object_of(json.loads(form.schema)))
    return "" if isinstance(value, dict) else "at $: it is not an object"


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which JSON does not have."""
    raise ValueError(name)
