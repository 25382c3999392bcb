"""LangChain's ChatOpenAI as its users call it, on both of its protocols."""

from collections.abc import Generator
from contextlib import closing

from langchain_openai import ChatOpenAI
from speech import KEY, URL, Ask, Seen, Told, speak


def model(ask: Ask) -> ChatOpenAI:
    """The model that is asked."""
    return ChatOpenAI(
        base_url=f"{URL}/v1",
        api_key=KEY,
        model=ask.model,
        use_responses_api=ask.wire == "responses",
        extra_body=ask.extra or None,
    )


def whole(ask: Ask) -> Told:
    """Ask for an answer in one piece."""
    message = model(ask).invoke(ask.question)
    return Told(message.text, message.response_metadata["model_name"])


def streamed(ask: Ask) -> Generator[str | Seen]:
    """Ask for an answer as a stream."""
    with closing(model(ask).stream(ask.question)) as chunks:
        for chunk in chunks:
            yield chunk.text


speak(whole, streamed)
