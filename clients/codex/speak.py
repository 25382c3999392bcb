"""Codex as its users run it in scripts: `codex exec`, with this server as a provider in its settings."""

from typing import Any

from agent import home, refused, speak
from speech import URL, Ask, Told

SETTINGS = f"""
model_provider = "fuseline"

[model_providers.fuseline]
name = "Fuseline"
base_url = "{URL}/v1"
env_key = "FUSELINE_KEY"
wire_api = "responses"
"""


def command(ask: Ask) -> list[str]:
    """One turn, with what happens told in JSON."""
    settings = home() / ".codex" / "config.toml"
    settings.parent.mkdir()
    settings.write_text(SETTINGS)
    return ["codex", "exec", "--json", "--skip-git-repo-check", "--sandbox", "read-only", "-m", ask.model, ask.question]


def read(events: list[dict[str, Any]]) -> Told:
    """What the agent said, or why the turn failed."""
    failed = [event["error"]["message"] for event in events if event["type"] == "turn.failed"]
    if failed:
        return refused(failed[0])
    items = [event["item"] for event in events if event["type"] == "item.completed"]
    return Told("".join(item["text"] for item in items if item["type"] == "agent_message"))


speak(command, lambda _: {}, read)
