"""A run with fixed names, times and figures, for what is written about it."""

from fuseline.types.deliberation import Analysis, Claim, Contradiction, PanelAnswer, Report, Seat, Source, Stance
from fuseline.types.messages import user
from fuseline.types.replies import Citation, Reply, Usage
from fuseline.types.requests import Request
from fuseline.types.runs import Call, Run, Speaker

SEATS = (Seat("a/x"), Seat("b/y"), Seat("a/x"))
WRITER = Speaker("writer", "~c/latest")
ANALYST = Speaker("analyst", "c/judge")
PANEL = tuple(Speaker("panel", seat.model, index) for index, seat in enumerate(SEATS))
ANSWERS = (
    PanelAnswer(0, "a/x", "Blue light scatters.", finish_reason="stop", sources=(Source("https://a.example", "A"),)),
    PanelAnswer(1, "b/y", error="slow down", reason="rate_limited", status_code=429),
    PanelAnswer(2, "a/x", "It is Rayleigh", truncated=True, finish_reason="length"),
)
ANALYSIS = Analysis(
    consensus=(Claim("c1", "the air scatters light", (0, 2)),),
    contradictions=(Contradiction("k1", "how much", (Stance(0, "a lot"), Stance(2, "a little"))),),
    partial_coverage=(Claim("p1", "ozone", (2,)),),
    unique_insights=(Claim("u1", "sunsets", (0,)),),
    blind_spots=("the eye",),
)
REPORT = Report("st_1", "Why?", ANSWERS, ANALYSIS, "c/judge", labels=("A", "", "B"))

ASKED = Request("openrouter/fusion", (user("Why?"),))


def call(id: str, speaker: Speaker, usage: Usage | None, cost: int, **more: str) -> Call:
    """A call that took a second and a half."""
    source = "reported" if usage and usage.cost is not None else "computed" if usage else "unknown"
    error = more.get("error", "")
    return Call(
        id, "gen-1-x", speaker, "Lab", speaker.model.strip("~"), 1.0, usage=usage, cost=cost, cost_source=source,
        ttft_s=0.25, duration_s=1.5, finish_reason="" if error else "stop", error=error,
    )  # fmt: skip


CALLS = (
    call("call_1", PANEL[0], Usage(10, 20), 50_000),
    call("call_2", PANEL[1], None, 0, error="rate_limited"),
    call("call_3", PANEL[2], Usage(10, 30), 70_000),
    call("call_4", ANALYST, Usage(100, 40), 180_000),
    call("call_5", WRITER, Usage(200, 100, 50, 7, 60, cost=1_234_567), 1_234_567),
)
REPLY = Reply(
    "c/writer-1",
    "Because blue light\nscatters more.",
    "Let me think.",
    native_finish_reason="end_turn",
    citations=(Citation("https://a.example", "A", 0, 18),),
)
RUN = Run(
    "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
    "openrouter/fusion",
    "c/writer-1",
    "Lab",
    1_786_974_238.75,
    status="completed",
    router="openrouter/fusion",
    convened=True,
    reply=REPLY,
    report=REPORT,
    calls=CALLS,
    steps=1,
)
