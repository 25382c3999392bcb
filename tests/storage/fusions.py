"""Runs with any words, models and costs, as a store keeps them."""

from dataclasses import dataclass, replace

from fuseline.types.runs import Call, Lookup, Noted, Record, Role, Run, RunClosed, RunOpened, RunStatus, Speaker
from tests.storage.records import BORN


@dataclass(frozen=True, slots=True)
class Fusion:
    """A run that heard a panel; each seat's call costs what stands beside its model, in nano-dollars."""

    id: str = "gen-1-aaaa"
    prompt: str = "Why is the sky blue?"
    answer: str = "Because short waves scatter more."
    panel: tuple[tuple[str, int], ...] = (("lab/a", 100), ("lab/b", 300))
    writer: str = "lab/writer"
    fees: int = 0
    at: float = BORN
    status: RunStatus = "completed"
    content: bool = True

    @property
    def opened(self) -> RunOpened:
        """How it begins."""
        asked = {"messages": [{"role": "user", "content": self.prompt}]} if self.content else {"model": "x"}
        return RunOpened(Run(self.id, "openrouter/fusion", self.writer, "Lab", self.at), asked, "p")

    @property
    def calls(self) -> tuple[Call, ...]:
        """The seats' calls, then the writer's, which costs 50."""
        seats = [self.call("panel", model, cost, seat) for seat, (model, cost) in enumerate(self.panel)]
        return (*seats, self.call("writer", self.writer, 50))

    def call(self, role: Role, model: str, cost: int, seat: int = 0) -> Call:
        """A settled call."""
        speaker = Speaker(role, model, seat)
        return Call(
            f"{self.id}-{role}-{seat}", self.id, speaker, "lab", model, self.at + 1,
            cost=cost, cost_source="reported", duration_s=1.0, finish_reason="stop",
        )  # fmt: skip

    @property
    def records(self) -> list[Record]:
        """All that it leaves behind; only its beginning where it is still running."""
        started = Noted(self.id, 0, self.at, "fusion.started", {"id": "f", "panel": [model for model, _ in self.panel]})
        begun: list[Record] = [self.opened, started]
        if self.status == "running":
            return begun
        said = [
            Noted(self.id, seat + 1, self.at, "panel.completed", {"seat": seat, "model": model, "content": self.answer})
            for seat, (model, _) in enumerate(self.panel)
        ]
        looked_up = (Lookup("search", Speaker("panel", "lab/a"), "words", self.at, cost=self.fees),)
        run = replace(self.opened.run, status=self.status, convened=True, calls=self.calls, lookups=looked_up)
        ended = replace(run, finished_at=self.at + 9)
        return [*begun, *self.calls, *said, RunClosed(ended, {"answer": self.answer} if self.content else {})]
