"""What a run spends: a row before the first byte of a call, settled once when it ends. It makes no calls itself."""

import logging
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from fuseline.storage.base import Store
from fuseline.types.errors import OverBudget, UpstreamError
from fuseline.types.messages import Message
from fuseline.types.models import Model
from fuseline.types.money import MILLION, Price, dollars
from fuseline.types.quick import replace
from fuseline.types.replies import Reply, Usage
from fuseline.types.requests import Request
from fuseline.types.runs import NOT_SENT, Call, Certainty, CostSource, Lookup, Role, Speaker
from fuseline.types.tokens import estimate, estimate_messages

logger = logging.getLogger(__name__)

SHARES: dict[Role, float] = {"panel": 0.6, "analyst": 0.75, "outer": 1.0, "writer": 1.0}
"""How much of what is left of the limit each role may take: enough stays for those who speak after it."""
FEWEST_TOKENS = 256
"""An answer shorter than this is not worth paying for."""
CAUTION = 1.25
"""Counted input may pass its estimate by so much."""
LIKELY_OUTPUT = 1_000
FREE_REASONS = frozenset({
    "bad_request", "upstream_auth", "upstream_credits", "upstream_spend_limit", "forbidden", "model_not_found",
    "too_large", "unprocessable", "rate_limited", "upstream_error", "overloaded", "unexpected_status",
    "context_length", "bad_content_type",
})  # fmt: skip
"""Refusals: the upstream did no work that it charges for."""
UNSEEN_WORK = frozenset({"upstream_timeout", "upstream_bad_json", "output_cap"})
"""Failures behind which a whole answer may have been written, and charged, that never arrived."""


class Foreseen(NamedTuple):
    """A call that is about to be made, and the tokens that it can take and bring at the most."""

    speaker: Speaker
    model: Model
    reads: int
    writes: int


@dataclass(slots=True)
class Ledger:
    """The account of one run."""

    run_id: str
    store: Store
    limit: int | None = None
    """Nano-dollars that the run may cost, or `None`."""
    seats: int = 1
    """Between how many the panel's share is divided."""
    calls: dict[str, Call] = field(default_factory=dict[str, Call])
    lookups: list[Lookup] = field(default_factory=list[Lookup])
    """What was searched for and read; some engines charge for it."""
    _ahead: dict[Speaker, Call] = field(default_factory=dict[Speaker, Call])
    """Calls that are written down and not yet made."""
    _ahead_safe: bool = False
    """Whether those would survive a crash by now."""
    _panel_limit: int | None = None
    _weighed: tuple[tuple[Message, ...], int] = ((), 0)
    """The messages of the last call, and their tokens: seats are often told the same."""

    @property
    def spent(self) -> int:
        """Nano-dollars of the calls that have ended, and of what was looked up."""
        return sum(call.cost for call in self.calls.values() if call.settled) + self.fees

    @property
    def fees(self) -> int:
        """Nano-dollars of what was looked up."""
        return sum(lookup.cost for lookup in self.lookups)

    def affords(self, cost: int) -> bool:
        """Whether a search may cost so many nano-dollars: enough stays for those who speak after it."""
        return self.limit is None or cost <= (self.limit - self.spent - self.held) * SHARES["panel"]

    def book(self, lookup: Lookup) -> None:
        """Book what a search or a page cost."""
        self.lookups.append(lookup)

    @property
    def held(self) -> int:
        """Nano-dollars that the calls under way may still cost at most."""
        return sum(call.hold for call in self.calls.values() if not call.settled)

    def answered(self, slug: str) -> Call | None:
        """The latest call by which the model of this slug answered, whoever it spoke as; else one that broke off."""
        broke_off: Call | None = None
        for call in reversed(self.calls.values()):
            if call.speaker.model == slug and call.settled:
                if not call.error:
                    return call
                broke_off = broke_off or call
        return broke_off

    def fit(self, speaker: Speaker, model: Model, request: Request) -> tuple[Request, int]:
        """Return the request with its output cut to what the limit allows, and the most that it can then cost.

        :raises OverBudget: when not even a short answer fits.
        """
        price = model.price
        if price is None:
            return request, 0
        asked = request.max_tokens or model.max_output or LIKELY_OUTPUT
        if self.limit is None:
            return request, price.most(self._weigh(request.messages), asked) if request.max_tokens else 0
        tokens = int(self._weigh(request.messages) * CAUTION)
        room = self._room(speaker) - price.most(tokens, 0)
        dearest = price.at(tokens).dearest_output
        affordable = asked if not dearest else min(asked, room * MILLION // dearest)
        if room < 0 or affordable < min(FEWEST_TOKENS, asked):
            raise OverBudget(
                f"the limit of ${dollars(self.limit):.4f} leaves no room for {speaker.model} as {speaker.role}; "
                f"${dollars(self.spent):.4f} are spent and ${dollars(self.held):.4f} held"
            )
        fitted = request if affordable == request.max_tokens else replace(request, max_tokens=affordable)
        return fitted, price.most(tokens, affordable)

    def _weigh(self, messages: tuple[Message, ...]) -> int:
        if messages is not self._weighed[0]:
            self._weighed = (messages, estimate_messages(messages))
        return self._weighed[1]

    def foresee(self, *calls: Foreseen) -> None:
        """Write down the calls that are about to follow the next one, at the most they can cost, so that none waits.

        They become durable with the next call that is dispatched. Under a limit on cost nothing is foreseen.
        """
        if self.limit is not None:
            return
        for speaker, model, reads, writes in calls:
            hold = model.price.most(int(reads * CAUTION), writes) if model.price else 0
            self._ahead[speaker] = self._new_call(speaker, model, hold)
        self._ahead_safe = False
        self.store.note(*self._ahead.values())

    def release(self) -> None:
        """Take back what was foreseen and did not come."""
        for call in self._ahead.values():
            self.store.note(unsent(call))
        self._ahead.clear()

    def _new_call(self, speaker: Speaker, model: Model, hold: int) -> Call:
        number = len(self.calls) + len(self._ahead) + 1
        return Call(f"{self.run_id}.{number}", self.run_id, speaker, model.endpoint.name, model.name, time.time(), hold)

    async def dispatch(self, speaker: Speaker, model: Model, hold: int) -> Call:
        """Write down that a call is about to be made, and return once that would survive a crash."""
        ahead = self._ahead.get(speaker)
        expected = ahead is not None and (ahead.endpoint, ahead.model) == (model.endpoint.name, model.name)
        if ahead is not None and expected and self._ahead_safe and hold <= ahead.hold:
            del self._ahead[speaker]
            self.calls[ahead.id] = call = replace(ahead, started_at=time.time(), hold=hold)
            return call
        call = self._new_call(speaker, model, hold)
        self.calls[call.id] = call
        try:
            await self.store.write(call)
        except BaseException:
            self.calls[call.id] = unsent(call)
            self.store.note(self.calls[call.id])  # the row may have been written, and nothing will ever go out for it
            raise
        self._ahead_safe = True
        return call

    def settle(
        self, call: Call, model: Model, *, usage: Usage, certainty: Certainty, ttft_s: float | None,
        duration_s: float, finish_reason: str = "", error: str = "", served_by: str = "",
    ) -> Call:  # fmt: skip
        """Book what a call cost. Called exactly once for each, however it ended."""
        cost, source = priced(usage, model)
        settled = Call(
            call.id, call.run_id, call.speaker, call.endpoint, served_by or call.model, call.started_at, call.hold,
            usage, cost, source, certainty, ttft_s, duration_s, finish_reason, error,
        )  # fmt: skip
        if call.hold and settled.cost > call.hold:
            logger.warning("call %s cost more than was held for it: usage_exceeds_hold", call.id)
        self.calls[call.id] = settled
        self.store.note(settled)
        return settled

    def _room(self, speaker: Speaker) -> int:
        limit = self.limit or 0
        if speaker.role != "panel":
            return int((limit - self.spent - self.held) * SHARES[speaker.role])
        if self._panel_limit is None:
            self._panel_limit = int((limit - self.spent) * SHARES["panel"]) // self.seats
        mine = (call for call in self.calls.values() if call.speaker == speaker)
        return self._panel_limit - sum(call.cost if call.settled else call.hold for call in mine)


def unsent(call: Call) -> Call:
    """A call that was written down and never made."""
    return replace(call, hold=0, usage=Usage(), cost_source="computed", duration_s=0.0, error=NOT_SENT)


def priced(usage: Usage, model: Model) -> tuple[int, CostSource]:
    """What a call cost, in nano-dollars: as reported, or computed from the price, or unknown."""
    if usage.cost is not None:
        return usage.cost, "reported"
    if not usage.input_tokens and not usage.output_tokens:
        return 0, "computed"
    if model.price is not None:
        return computed(usage, model.price), "computed"
    return 0, "unknown"


def computed(usage: Usage, price: Price) -> int:
    """What a call cost by its counts, in nano-dollars."""
    return price.cost(
        usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.cache_write_tokens, usage.reasoning_tokens
    )


def guess(request: Request, text: str = "", reasoning: str = "") -> Usage:
    """What a call probably used, from its request and what came of it."""
    return Usage(estimate_messages(request.messages), estimate(text) + estimate(reasoning))


def usage_of_reply(request: Request, reply: Reply) -> tuple[Usage, Certainty]:
    """The counts of a call that answered: the upstream's own, or ours where it gave none."""
    if reply.usage is not None:
        return reply.usage, "exact"
    return guess(request, reply.text, reply.reasoning), "estimate"


def usage_of_error(request: Request, error: UpstreamError) -> tuple[Usage, Certainty]:
    """The counts of a call that failed: nothing where it was refused, else the worst that can be known."""
    partial = error.partial
    if partial.usage is not None:
        return partial.usage, "exact"
    if partial.text or partial.reasoning:
        return guess(request, partial.text, partial.reasoning), "estimate"
    if not error.sent or error.reason in FREE_REASONS:
        return Usage(), "exact"
    unseen = (request.max_tokens or 0) if error.reason in UNSEEN_WORK else 0
    return replace(guess(request), output_tokens=unseen), "maximum"
