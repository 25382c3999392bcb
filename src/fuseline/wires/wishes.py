"""What a client wishes by its headers, on whatever wire. It knows no wire."""

from collections.abc import Mapping


def read_depth(headers: Mapping[str, str]) -> int:
    """How deep inside fusion runs this request is. Whatever an outsider writes there can only switch fusion off."""
    value = headers.get("x-openrouter-fusion-depth") or headers.get("x-fusion-depth")
    return 0 if value is None or value.strip() == "0" else 1


def wants_events(headers: Mapping[str, str]) -> bool:
    """Whether the client asked to see the run itself: our events, and the run as a call of the server's tool."""
    return headers.get("x-fusion-events", "").strip().lower() in ("true", "1", "enabled")


def fears_errors(headers: Mapping[str, str]) -> bool:
    """Whether the client is one of the generated SDKs that give up a stream at any event with an `error` in it.

    Seen in openai-python 3.54 (`_streaming.py`), November 2026: `if data.get("error"): raise`.
    """
    return "x-stainless-lang" in headers


def wants_metadata(headers: Mapping[str, str]) -> bool:
    """Whether the client asked how its request was routed; anything but `enabled` means no."""
    asked = headers.get("x-openrouter-metadata") or headers.get("x-openrouter-experimental-metadata") or ""
    return asked.strip().lower() == "enabled"
