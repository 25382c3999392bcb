"""LangChain's ChatOpenRouter as its users call it, with the time limits and retries that it comes with."""

from collections.abc import Generator
from contextlib import closing

from langchain_openrouter import ChatOpenRouter
from speech import KEY, URL, Ask, Seen, Told, speak


def model(ask: Ask) -> ChatOpenRouter:
    """The model that is asked."""
    return ChatOpenRouter(
        base_url=f"{URL}/api/v1",
        api_key=KEY,
        model=ask.model,
        plugins=ask.plugins or None,
        model_kwargs={"tools": ask.tools} if ask.tools else {},
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
