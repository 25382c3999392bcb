"""An estimate of tokens for fit checks and holds, where no upstream has counted yet. The ledger uses reported usage."""

from collections.abc import Iterable

from fuseline.types.messages import Message

ASCII_PER_TOKEN = 4.0
ATTACHMENT_TOKENS = 1_100
MESSAGE_OVERHEAD = 4


def estimate(text: str) -> int:
    """Guess the tokens of a text: a quarter of its ASCII characters, and between a half and one for each other."""
    size = len(text)
    if not size:
        return 0
    if text.isascii():
        return int(size / ASCII_PER_TOKEN) + 1
    wide = sum(1 for character in text if character > "\u2e7f")
    ascii_count = len(text.encode("ascii", "ignore"))
    return int(ascii_count / ASCII_PER_TOKEN + wide + (size - ascii_count - wide) * 0.5) + 1


def estimate_messages(messages: Iterable[Message]) -> int:
    """Guess the tokens of a whole conversation, attachments at a flat rate."""
    total = 0
    for message in messages:
        total += estimate(message.text) + MESSAGE_OVERHEAD
        if message.tool_calls:
            total += sum(estimate(call.arguments) for call in message.tool_calls)
        if not isinstance(message.content, str):
            total += ATTACHMENT_TOKENS * sum(1 for part in message.content if not hasattr(part, "text"))
    return total
