"""A fake upstream that fails in every way of the fault table, for the gateway to be tested against."""

from tests.upstream.log import Exchange
from tests.upstream.replay import replays, replays_bytes
from tests.upstream.says import answers, calls_tool, calls_tools, fails, hangs, says
from tests.upstream.server import Upstream, fault_upstream
from tests.upstream.wire import Reply, Step

__all__ = [
    "Exchange",
    "Reply",
    "Step",
    "Upstream",
    "answers",
    "calls_tool",
    "calls_tools",
    "fails",
    "fault_upstream",
    "hangs",
    "replays",
    "replays_bytes",
    "says",
]
