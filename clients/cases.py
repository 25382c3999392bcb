"""What every client is asked to do, and what must have come of it at both of its ends."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from clients.page import running
from clients.roster import Client
from clients.speaking import Told, speaker, speaking
from clients.stage import FUSED, PLAIN, THOUGHT, Stage
from tests.upstream import Exchange

Act = Literal["whole", "streamed", "leave"]
QUESTION = "Why is the sky blue?"
LEAVE_S = 2.0
"""How soon every call has to be closed when a client has left."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a case ended, as both ends saw it."""

    told: Told
    asked: Sequence[Exchange]
    """What the models were asked."""
    client: Client
    case: str

    @property
    def models(self) -> Counter[str]:
        """How often each model was asked; the small one, which agents ask on the side, apart."""
        return Counter(exchange.model for exchange in self.asked if exchange.model != "small")


Complaint = Callable[[Ending], str]
"""What is wrong with an ending; empty where it is as it should be."""


@dataclass(frozen=True, slots=True)
class Case:
    """Something that a client is asked to do."""

    name: str
    act: Act
    model: str
    judge: Complaint
    plugins: tuple[dict[str, Any], ...] = ()
    tools: tuple[dict[str, Any], ...] = ()
    events: bool = False
    key: str = field(default="", repr=False)
    """A key that is sent in place of the right one."""

    def ask(self, wire: str) -> dict[str, Any]:
        """What the speaker is told."""
        fusion = {"plugins": self.plugins, "tools": self.tools, "events": self.events}
        return {"wire": wire, "model": self.model, "question": QUESTION, **fusion}


def play(case: Case, client: Client, wire: str, stage: Stage) -> str:
    """Have a client do what a case asks; what is wrong with how that ended, or nothing."""
    mark = len(stage.upstream.log)
    command = [*speaking(client), case.act, json.dumps(case.ask(wire))]
    with speaker(client, stage, case.key or stage.key, command) as speaking_:
        if case.act == "leave":
            return leave(speaking_.hear_leaving, stage, mark)
        told = speaking_.hear()
    return case.judge(Ending(told, stage.since(mark), client, case.name))


def leave(hear: Callable[[], Told], stage: Stage, mark: int) -> str:
    """Have a client leave while the writer writes; how long the calls outlived that."""
    try:
        stage.upstream.wait_until(lambda: endless(stage, mark), timeout=30)
    except TimeoutError:
        return f"the writer was never asked: {hear().message}"
    told = hear()
    left = time.monotonic()
    if not told.left:
        return f"it did not leave: {told.error} {told.message}".strip()
    try:
        stage.upstream.wait_until(lambda: stage.upstream.open_connections() == 0, timeout=LEAVE_S)
    except TimeoutError:
        return f"calls were open {LEAVE_S} s after the client had left"
    return "" if time.monotonic() - left < LEAVE_S else "too late"


def endless(stage: Stage, mark: int) -> bool:
    """Whether the writer that never ends has begun to write."""
    return any(exchange.model == "endless" and exchange.bytes_sent for exchange in stage.since(mark))


def run_page(client: Client, stage: Stage) -> str:
    """Run the example of the client's page; what is wrong with what it printed and whom it asked."""
    mark = len(stage.upstream.log)
    with speaker(client, stage, stage.key, running(client)) as example:
        said, _ = example.process.communicate()
        failed = example.process.returncode
        complaint = example.complaints.read_text("utf-8", "replace").strip()[-400:]
    if failed:
        return f"the example ended with {failed}: {complaint}"
    if FUSED not in said:
        return f"the example printed {said.strip()[-200:]!r}"
    return convened("a", "b", "c")(Ending(Told(), stage.since(mark), client, "page"))


def says_plainly(ending: Ending) -> str:
    """A model of its own was asked, alone."""
    return told(ending, PLAIN) or asked(ending, {"plain": 1})


def says_in_pieces(ending: Ending) -> str:
    """The same, and it came piece by piece."""
    return says_plainly(ending) or ("" if ending.told.pieces > 1 else "the text came in one piece")


def fuses(*seats: str) -> Complaint:
    """The panel was convened, and the reply is the writer's."""

    def judge(ending: Ending) -> str:
        return told(ending, FUSED) or convened(*seats)(ending) or named_well(ending)

    return judge


def convened(*seats: str) -> Complaint:
    """Exactly these seats and the analyst were asked, once each; who writes may have been asked first, too."""

    def judge(ending: Ending) -> str:
        panel = {model: count for model, count in ending.models.items() if model in ("a", "b", "c", "judge")}
        wanted = dict.fromkeys((*seats, "judge"), 1)
        return "" if panel == wanted else f"the panel was asked {panel}, not {wanted}"

    return judge


def named_well(ending: Ending) -> str:
    """The reply names the model that wrote, and what all calls cost, as far as the client shows either."""
    if ending.told.model is not None and "fusion" in ending.told.model:
        return f"the reply names {ending.told.model}, not the model that wrote"
    return "" if ending.told.cost is None or ending.told.cost > 0 else f"it cost {ending.told.cost}"


def waits(ending: Ending) -> str:
    """A slow answer came, to a client that asked once."""
    return told(ending, THOUGHT) or asked(ending, {"slow": 1})


def shows_events(ending: Ending) -> str:
    """The panel could be watched at work."""
    seen = {re.sub(r"^.*?(?=(panel|analysis)\.)", "", one) for one in ending.told.events}
    missing = {"panel.added", "panel.completed", "analysis.completed"} - seen
    return fuses("a", "b", "c")(ending) or (f"it saw no {sorted(missing)}" if missing else "")


def raises(ending: Ending) -> str:
    """The client raised the error that it has for this, and no model was asked."""
    wanted = ending.client.errors[ending.case]
    if ending.told.error not in wanted.split(" or "):
        return f"it raised {ending.told.error or 'nothing'}, not {wanted}: {ending.told.message}"
    return asked(ending, {})


def told(ending: Ending, text: str) -> str:
    """Whether the user got that text."""
    if text in ending.told.text:
        return ""
    return f"it got {ending.told.text!r} {ending.told.error} {ending.told.status or ''} {ending.told.message}".strip()


def asked(ending: Ending, wanted: dict[str, int]) -> str:
    """Whether exactly these models were asked, so often each."""
    return "" if ending.models == wanted else f"the models were asked {dict(ending.models)}, not {wanted}"


PLUGIN: dict[str, Any] = {"id": "fusion", "analysis_models": ["lab/a", "lab/b"], "model": "lab/judge"}
TOOL: dict[str, Any] = {
    "type": "openrouter:fusion",
    "parameters": {"analysis_models": ["lab/b", "lab/c"], "model": "lab/judge"},
}
CASES = (
    Case("plain", "whole", "lab/plain", says_plainly),
    Case("streamed", "streamed", "lab/plain", says_in_pieces),
    Case("alias", "whole", "openrouter/fusion", fuses("a", "b", "c")),
    Case("alias-streamed", "streamed", "openrouter/fusion", fuses("a", "b", "c")),
    Case("plugin", "whole", "lab/outer", fuses("a", "b"), plugins=(PLUGIN,)),
    Case("tool", "whole", "lab/outer", fuses("b", "c"), tools=(TOOL,)),
    Case("events", "streamed", "openrouter/fusion", shows_events, events=True),
    Case("waits", "whole", "lab/slow", waits),
    Case("waits-streamed", "streamed", "lab/slow", waits),
    Case("bad-key", "whole", "lab/plain", raises, key="sk-wrong"),
    Case("unknown-model", "whole", "acme/fake-1.0", raises),
    Case("leaves", "leave", "openrouter/fusion-flash", says_plainly),
)
