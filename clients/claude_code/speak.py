"""Claude Code as its users run it in scripts: `claude -p`, pointed here by its environment."""

from collections.abc import Mapping
from typing import Any

from agent import refused, speak
from speech import KEY, URL, Ask, Told


def command(ask: Ask) -> list[str]:
    """One turn, with what happens told in JSON."""
    telling = ["--output-format", "stream-json", "--verbose", "--include-partial-messages"]
    return ["claude", "--print", *telling, ask.question]


def environ(ask: Ask) -> Mapping[str, str]:
    """Where it finds its models, and a small one for what it asks on the side."""
    return {
        "ANTHROPIC_BASE_URL": f"{URL}/api",
        "ANTHROPIC_AUTH_TOKEN": KEY,
        "ANTHROPIC_MODEL": ask.model,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": "lab/small",
    }


def read(events: list[dict[str, Any]]) -> Told:
    """What the agent said, or why the turn failed."""
    result = next(event for event in reversed(events) if event["type"] == "result")
    if result["is_error"]:
        return refused(result["result"])
    deltas = [event["event"].get("delta", {}) for event in events if event["type"] == "stream_event"]
    texts = [delta["text"] for delta in deltas if delta.get("type") == "text_delta"]
    return Told(result["result"], pieces=len(texts))


speak(command, environ, read)
