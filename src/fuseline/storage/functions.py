"""What our SQL can ask that SQLite's cannot: texts without regard to case in every script, and what a run was asked."""

import sqlite3

from pydantic_core import from_json

from fuseline.types.json import JsonObject, list_of, object_of


def teach(connection: sqlite3.Connection) -> None:
    """Let statements on this connection call them."""
    connection.create_function("folded", 1, folded, deterministic=True)
    connection.create_function("prompt_of", 1, read_prompt, deterministic=True)
    connection.create_function("answer_of", 1, read_answer, deterministic=True)


def folded(text: str | None) -> str:
    """A text as it is compared."""
    return (text or "").casefold()


def read_prompt(request: str) -> str:
    """What was asked, from the column that holds the request."""
    return prompt_of(from_json(request))


def read_answer(result: str) -> str:
    """What was answered, from the column that holds the result: SQLite's own reader of JSON ends a text at a zero."""
    answer = from_json(result).get("answer")
    return answer if isinstance(answer, str) else ""


def prompt_of(request: JsonObject) -> str:
    """What was asked: the first that a person said in the last turn, or nothing where no conversation is kept."""
    asked: object = ""
    for message in map(object_of, list_of(request.get("messages"))):
        if message.get("role") == "user":
            asked = asked or message.get("content")
        elif message.get("role") == "assistant":
            asked = ""
    return text_of(asked)


def text_of(content: object) -> str:
    """The text of a message's content, which may come in parts."""
    if isinstance(content, str):
        return content
    texts = [object_of(part).get("text") for part in list_of(content)]
    return "\n".join(text for text in texts if isinstance(text, str))
