"""anthropic-python as its users call it."""

from collections.abc import Generator

from anthropic import Anthropic
from speech import KEY, URL, Ask, Seen, Told, speak

client = Anthropic(base_url=f"{URL}/api", api_key=KEY)


def whole(ask: Ask) -> Told:
    """Ask for an answer in one piece."""
    message = client.messages.create(model=ask.model, max_tokens=1000, messages=ask.messages, extra_body=ask.extra)
    text = "".join(block.text for block in message.content if block.type == "text")
    return Told(text, message.model, getattr(message.usage, "cost", None))


def streamed(ask: Ask) -> Generator[str | Seen]:
    """Ask for an answer as a stream."""
    with client.messages.stream(model=ask.model, max_tokens=1000, messages=ask.messages) as stream:
        for event in stream:
            if event.type == "text":
                yield event.text
            else:
                yield Seen(event.type)


speak(whole, streamed)
