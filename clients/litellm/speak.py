"""litellm as its users call it, on each of the protocols that it can speak to a server."""

import asyncio
from collections.abc import AsyncGenerator

import litellm
from speech import KEY, URL, Ask, Seen, Told, speak

litellm.suppress_debug_info = True


def whole(ask: Ask) -> Told:
    """Ask for an answer in one piece."""
    return {"chat": chat, "responses": responses, "messages": messages}[ask.wire](ask)


def chat(ask: Ask) -> Told:
    """By way of its OpenAI provider."""
    reply = litellm.completion(
        model=f"openai/{ask.model}", api_base=f"{URL}/v1", api_key=KEY, messages=ask.messages, extra_body=ask.extra
    )
    return Told(reply.choices[0].message.content, reply.model)


def responses(ask: Ask) -> Told:
    """The same on Responses."""
    response = litellm.responses(
        model=f"openai/{ask.model}", api_base=f"{URL}/v1", api_key=KEY, input=ask.question, extra_body=ask.extra
    )
    return Told(response.output_text, response.model)


def messages(ask: Ask) -> Told:
    """By way of its Anthropic provider."""
    reply = litellm.completion(
        model=f"anthropic/{ask.model}",
        api_base=f"{URL}/api",
        api_key=KEY,
        messages=ask.messages,
        max_tokens=1000,
        **ask.extra,  # not `extra_body`, which this provider sends as a field of that name
    )
    return Told(reply.choices[0].message.content, reply.model)


async def streamed(ask: Ask) -> AsyncGenerator[str | Seen]:
    """Ask for an answer as a stream."""
    if ask.wire == "responses":
        events = await litellm.aresponses(
            model=f"openai/{ask.model}", api_base=f"{URL}/v1", api_key=KEY, input=ask.question, stream=True
        )
        async for event in events:
            yield event.delta if event.type == "response.output_text.delta" else Seen(str(event.type))
        return
    provider, base = ("openai", f"{URL}/v1") if ask.wire == "chat" else ("anthropic", f"{URL}/api")
    chunks = await litellm.acompletion(
        model=f"{provider}/{ask.model}",
        api_base=base,
        api_key=KEY,
        messages=ask.messages,
        max_tokens=1000,
        stream=True,
        extra_body=ask.extra,
    )
    try:
        async for chunk in chunks:
            if chunk.choices and (event := getattr(chunk, "fusion", None)):
                yield Seen(event["type"])
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content
    finally:
        await asyncio.shield(chunks.aclose())


speak(whole, streamed)
