"""instructor as its users call it: every answer is an object, which the model writes to a schema."""

from collections.abc import Generator

import instructor
from openai import OpenAI
from pydantic import BaseModel
from speech import KEY, URL, Ask, Seen, Told, speak

client = instructor.from_openai(OpenAI(base_url=f"{URL}/v1", api_key=KEY), mode=instructor.Mode.JSON_SCHEMA)


class Explanation(BaseModel):
    """What is wanted of the model."""

    text: str


def whole(ask: Ask) -> Told:
    """Ask for an answer in one piece."""
    found, reply = client.chat.completions.create_with_completion(
        model=ask.model, messages=ask.messages, response_model=Explanation, extra_body=ask.extra
    )
    return Told(found.text, reply.model, reply.usage.cost)


def streamed(ask: Ask) -> Generator[str | Seen]:
    """Ask for an answer as a stream of ever fuller objects."""
    had = ""
    for partial in client.chat.completions.create_partial(
        model=ask.model, messages=ask.messages, response_model=Explanation
    ):
        text = partial.text or ""
        yield text.removeprefix(had)
        had = text


speak(whole, streamed)
