"""The response cache: a good reply is given again, for nothing, to the same caller who asks the same."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic_core import from_json, to_json
from starlette.types import Message, Send

from fuseline.doors.http.again import under_new_id
from fuseline.doors.http.guard import key_of
from fuseline.doors.http.idempotency import digest
from fuseline.doors.http.marks import GENERATION, status_of
from fuseline.doors.http.recording import Recording, replay
from fuseline.doors.http.stream import WHITE_SPACE
from fuseline.doors.http.visit import Ending, Serve, Visit
from fuseline.settings.sections import CacheSettings
from fuseline.settings.settings import Settings
from fuseline.storage.base import CachedReply, Store
from fuseline.types.errors import InvalidRequest
from fuseline.types.events import Finished
from fuseline.types.runs import Run, RunClosed, RunOpened, new_run_id

REPLY = "X-OpenRouter-Cache-"
"""What the names of the cache's reply headers begin with."""
LONGEST_S = 86_400
GOOD = ("none", "full")
"""What a client may have got for its reply to be given to others; less than that is worth another try."""
DECISIVE = {"fusion", "endpoints", "models", "presets", "aliases"}
"""Sections of the settings that a reply depends on."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request wants of the cache."""

    wanted: bool
    clear: bool
    ttl_s: int


class Cache:
    """Keeps good replies, and finds them again by who asked what."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings.cache
        self._reply_bytes = min(settings.store.reply_bytes, settings.cache.max_bytes)
        self._house = settings.model_dump_json(include=DECISIVE)

    async def serve(self, visit: Visit, send: Send, inner: Serve) -> Ending:
        """Answer a visit from the cache if it wishes so and can be, else by `inner`.

        :raises InvalidRequest: for headers that make no sense.
        """
        wish = read_wish(visit.headers, self._settings)
        if not wish.wanted:
            return await inner(visit, send)
        key = self._key(visit)
        if wish.clear:
            self._store.forget(key)
        elif found := await self._store.cached(key, time.time()):
            return await self._give_again(found, visit, send)
        return await self._carry_out(key, wish, visit, send, inner)

    async def _carry_out(self, key: str, wish: Wish, visit: Visit, send: Send, inner: Serve) -> Ending:
        missed = labelled(send, {f"{REPLY}Status": "MISS", f"{REPLY}TTL": str(wish.ttl_s)})
        recording = Recording(missed, (visit.wire.keep_alive, WHITE_SPACE), self._reply_bytes)
        ending = await inner(visit, recording)
        if isinstance(ending, Finished) and is_good(ending.run):
            sent = recording.sent(status_of(ending))
            if sent is not None:
                now = time.time()
                reply = CachedReply(key, ending.run.id, now, now + wish.ttl_s, sent, about(ending.run))
                self._store.cache(reply, self._settings.max_bytes)
        return ending

    async def _give_again(self, found: CachedReply, visit: Visit, send: Send) -> Ending:
        now = time.time()
        run = hit_of(found, visit, now)
        self._store.note(
            RunOpened(run, {"model": run.requested}),
            RunClosed(run, {"finish_reason": found.about["finish_reason"], "cached_from": found.run_id}),
        )
        labels = {
            GENERATION: run.id,
            f"{REPLY}Status": "HIT",
            f"{REPLY}Age": str(int(now - found.kept_at)),
            f"{REPLY}TTL": str(max(0, int(found.expires_at - now))),
            f"{REPLY}Source-Id": found.run_id,
        }
        await replay(send, under_new_id(found.sent, found.run_id, run), labels)
        return Finished(run)

    def _key(self, visit: Visit) -> str:
        request = visit.request
        view = (request.depth, request.include_fusion, request.include_server_tools, request.error_ends_stream)
        body = to_json(from_json(visit.body))  # the same without its white space; the order of its fields counts
        salt = told(visit.headers, "Cache-Salt") or ""
        return digest(key_of(visit.headers), visit.wire.path, body, repr(view), salt, self._house)


def read_wish(headers: Mapping[str, str], settings: CacheSettings) -> Wish:
    """What a request's headers say of the cache.

    :raises InvalidRequest: when they say it wrongly.
    """
    ttl = told(headers, "Cache-TTL") or str(settings.ttl_s)
    if not (ttl.isascii() and ttl.isdigit() and len(ttl) < 9 and 1 <= int(ttl) <= LONGEST_S):
        raise InvalidRequest(f"{REPLY}TTL must be a whole number of seconds from 1 to {LONGEST_S}", f"{REPLY}TTL")
    return Wish(flag(headers, "Cache", settings.default), flag(headers, "Cache-Clear", False), int(ttl))


def flag(headers: Mapping[str, str], name: str, default: bool) -> bool:
    """A header that is either true or false.

    :raises InvalidRequest: when it is neither.
    """
    match (told(headers, name) or str(default)).lower():
        case "true":
            return True
        case "false":
            return False
        case _:
            raise InvalidRequest(f"X-OpenRouter-{name} must be true or false", f"X-OpenRouter-{name}")


def told(headers: Mapping[str, str], name: str) -> str | None:
    """A header of the cache's, under our name for it or the vendor's."""
    return headers.get(f"X-Fusion-{name}") or headers.get(f"X-OpenRouter-{name}")


def labelled(send: Send, headers: Mapping[str, str]) -> Send:
    """Where to send a response that shall have these headers, too."""
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def pass_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *encoded]}
        await send(message)

    return pass_on


def is_good(run: Run) -> bool:
    """Whether others may have this reply."""
    return run.fusion_status in GOOD and run.reply is not None and run.reply.finish_reason != "error"


def about(run: Run) -> dict[str, str]:
    """What a lookup of a hit says of the run whose reply it was given."""
    finish_reason = run.reply.finish_reason if run.reply else ""
    return {"model": run.model, "provider": run.provider, "router": run.router, "finish_reason": finish_reason}


def hit_of(found: CachedReply, visit: Visit, now: float) -> Run:
    """A run that calls nobody and costs nothing, so that the hit can be looked up like any other."""
    return Run(
        id=new_run_id(now),
        requested=visit.request.model,
        model=str(found.about["model"]),
        provider=str(found.about["provider"]),
        router=str(found.about["router"]),
        created_at=now,
        finished_at=now,
        status="completed",
        streamed=visit.request.streaming,
    )
