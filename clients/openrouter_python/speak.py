"""OpenRouter's own SDK for Python, with the time limits and retries that it comes with."""

from collections.abc import Generator

from openrouter import OpenRouter
from speech import KEY, URL, Ask, Seen, Told, speak

client = OpenRouter(server_url=f"{URL}/api/v1", api_key=KEY)


def whole(ask: Ask) -> Told:
    """Ask for an answer in one piece."""
    if ask.wire == "responses":
        response = client.responses.send(model=ask.model, input=ask.question, **ask.extra)
        return Told(response.output_text or text_of(response), response.model, response.usage.cost)
    reply = client.chat.send(model=ask.model, messages=ask.messages, **ask.extra)
    return Told(reply.choices[0].message.content, reply.model, reply.usage.cost)


def text_of(response) -> str:
    """The text of a response, from its message."""
    messages = [item for item in response.output if item.type == "message"]
    return "".join(part.text for message in messages for part in message.content)


def streamed(ask: Ask) -> Generator[str | Seen]:
    """Ask for an answer as a stream."""
    if ask.wire == "responses":
        with client.responses.send(model=ask.model, input=ask.question, stream=True) as events:
            for event in events:
                yield event.delta if event.type == "response.output_text.delta" else Seen(event.type)
        return
    with client.chat.send(model=ask.model, messages=ask.messages, stream=True) as chunks:
        for chunk in chunks:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


speak(whole, streamed)
