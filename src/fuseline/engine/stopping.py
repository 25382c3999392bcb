"""When the outer model has called server tools enough: after so many steps, or by the rules that its request gives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fuseline.ledger import Ledger
from fuseline.types.replies import Reply
from fuseline.types.requests import StopRule

CALLS_A_TURN = 30
"""Under rules no number of steps is a limit, and yet no turn may make any number of calls at once."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a conversation has come when a turn's server tools have answered."""

    steps: int
    """Server-tool calls that were answered."""
    called: frozenset[str]
    """The names by which server tools were called."""
    reply: Reply
    """The turn that called them last."""
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Stop:
    """When server tools are taken away. Rules, where there are any, stand in the place of the number."""

    steps: int
    rules: tuple[StopRule, ...] = ()

    def room(self, served: int) -> int:
        """How many calls of the next turn are answered."""
        return CALLS_A_TURN if self.rules else max(self.steps - served, 0)

    def due(self, progress: Progress) -> bool:
        """Whether what follows must do without server tools."""
        if not self.rules:
            return progress.steps >= self.steps
        return any(HOLDS[rule.kind](rule.value, progress) for rule in self.rules)


def tokens_of(ledger: Ledger) -> int:
    """Tokens that those who speak to the client have read and written."""
    usages = [call.usage for call in ledger.calls.values() if call.usage and call.speaker.to_client]
    return sum(usage.input_tokens + usage.output_tokens for usage in usages)


def bare_name(name: str | int) -> str:
    """A server tool's name without the vendor: rules call it as the request does, models as it was declared to them."""
    return str(name).replace(":", "_").removeprefix("openrouter_").removeprefix("fuseline_")


def was_called(name: str | int, called: Sequence[str] | frozenset[str]) -> bool:
    """Whether a tool that a rule names is among those that were called."""
    return bare_name(name) in {bare_name(one) for one in called}


HOLDS: Mapping[str, Callable[[int | str, Progress], bool]] = {
    "step_count_is": lambda value, progress: progress.steps >= int(value),
    "has_tool_call": lambda value, progress: was_called(value, progress.called),
    "max_tokens_used": lambda value, progress: tokens_of(progress.ledger) >= int(value),
    "max_cost": lambda value, progress: progress.ledger.spent >= int(value),
    "finish_reason_is": lambda value, progress: (
        value in (progress.reply.finish_reason, progress.reply.native_finish_reason)
    ),
}
"""Whether a rule holds, by its kind."""
