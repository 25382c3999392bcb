"""openai-python as its users call it, on both of its protocols."""

from collections.abc import Generator

from openai import OpenAI
from speech import KEY, URL, Ask, Seen, Told, speak

client = OpenAI(base_url=f"{URL}/v1", api_key=KEY)


def whole(ask: Ask) -> Told:
    """Ask for an answer in one piece."""
    if ask.wire == "responses":
        response = client.responses.create(model=ask.model, input=ask.question, extra_body=ask.extra)
        return Told(response.output_text, response.model, response.usage.cost)
    reply = client.chat.completions.create(model=ask.model, messages=ask.messages, extra_body=ask.extra)
    return Told(reply.choices[0].message.content, reply.model, reply.usage.cost)


def streamed(ask: Ask) -> Generator[str | Seen]:
    """Ask for an answer as a stream."""
    if ask.wire == "responses":
        with client.responses.create(model=ask.model, input=ask.question, stream=True) as events:
            for event in events:
                yield event.delta if event.type == "response.output_text.delta" else Seen(event.type)
        return
    with client.chat.completions.create(
        model=ask.model, messages=ask.messages, stream=True, extra_body=ask.extra
    ) as chunks:
        for chunk in chunks:
            if chunk.choices and (event := getattr(chunk, "fusion", None)):
                yield Seen(event["type"])
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


speak(whole, streamed)
