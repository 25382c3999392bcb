"""The `Idempotency-Key` of a request: what was asked under it is carried out once, and its reply given again."""

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace

from starlette.types import Send

from fuseline.doors.http.guard import key_of
from fuseline.doors.http.marks import GENERATION, STATUS, status_of
from fuseline.doors.http.messages import answer_error
from fuseline.doors.http.recording import Recording, replay
from fuseline.doors.http.stream import WHITE_SPACE
from fuseline.doors.http.visit import Ending, Left, Serve, Visit
from fuseline.settings.sections import StoreSettings
from fuseline.storage.base import Claim, ClaimState, Sent, Store
from fuseline.types.errors import FuselineError, InvalidRequest
from fuseline.types.events import Failed
from fuseline.types.runs import NOT_SENT, Run

HEADER = "Idempotency-Key"
LONGEST = 255
AGAIN = {"Retry-After": "5"}
"""What a client is told whose request is still being answered."""
NEVER = {"x-should-retry": "false"}
"""What a client is told to whom no further try under the same key will bring a reply."""


class Idempotency:
    """Remembers what was answered under each key."""

    def __init__(self, store: Store, settings: StoreSettings) -> None:
        self._store = store
        self._settings = settings

    async def serve(self, visit: Visit, send: Send, inner: Serve) -> None:
        """Answer a visit that carries a key: with what was answered before, or by `inner` and for the first time.

        :raises FuselineError: when the key is none, or could not be claimed. Nothing was called then.
        """
        mine = self._new_claim(visit)
        held = await self._store.claim(mine)
        if held.token == mine.token:
            await self._carry_out(mine, visit, send, inner)
        elif held.sent is not None and held.fingerprint == mine.fingerprint:
            await replay(send, held.sent, {"Idempotent-Replayed": "true"})
        else:
            await refuse(visit, send, held, mine)

    async def _carry_out(self, mine: Claim, visit: Visit, send: Send, inner: Serve) -> None:
        recording = Recording(send, (visit.wire.keep_alive, WHITE_SPACE), self._settings.reply_bytes)
        ending: Ending = Left()
        try:
            ending = await inner(visit, recording)
        except FuselineError as error:
            ending = Failed(error)
            raise
        finally:  # whatever ended it, the next who comes with this key must not wait for it
            self._store.settle(self._settled(mine, ending, recording))

    def _new_claim(self, visit: Visit) -> Claim:
        now = time.time()
        return Claim(
            key=digest(key_of(visit.headers), read_key(visit.headers.getall(HEADER, []))),
            token=secrets.token_hex(16),
            fingerprint=digest(visit.wire.path, visit.body),
            claimed_at=now,
            expires_at=now + self._settings.idempotency_s,
        )

    def _settled(self, mine: Claim, ending: Ending, recording: Recording) -> Claim:
        run = run_of(ending)
        sent = None if isinstance(ending, Left) else recording.sent(status_of(ending))
        kept = sent if self._settings.content else None
        state = self._state(ending, sent, recording)
        expires_at = time.time() + self._settings.idempotency_s
        return replace(mine, state=state, expires_at=expires_at, run_id=run.id if run else "", sent=kept)

    def _state(self, ending: Ending, sent: Sent | None, recording: Recording) -> ClaimState:
        if isinstance(ending, Failed) and not reached(ending.error.run):
            return "released"
        if sent is not None:
            return "finished" if self._settings.content else "unkept"
        return "unkept" if recording.too_long and not isinstance(ending, Left) else "stopped"


def read_key(values: list[str]) -> str:
    """The key that a client chose.

    :raises InvalidRequest: when there is more than one, or it is empty, too long or not plain text.
    """
    key = values[0] if len(values) == 1 else ""
    if not (1 <= len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise InvalidRequest(f"{HEADER} must be one key of 1 to {LONGEST} printable ASCII characters", HEADER)
    return key


def digest(*parts: str | bytes) -> str:
    """A hash of several parts, each of them with its length, so that none can pass for another."""
    whole = hashlib.sha256()
    for part in parts:
        content = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        whole.update(b"%d:%b" % (len(content), content))
    return whole.hexdigest()


def run_of(ending: Ending) -> Run | None:
    """The run that a visit had begun, if it came to that."""
    return ending.error.run if isinstance(ending, Failed) else ending.run


def reached(run: Run | None) -> bool:
    """Whether a run had got as far as an upstream, so that it may have cost something."""
    return run is not None and any(call.error != NOT_SENT for call in run.calls)


async def refuse(visit: Visit, send: Send, held: Claim, mine: Claim) -> None:
    """Tell why there is no reply to be had under this key, in the words of the client's wire."""
    error, headers = refusal(held, mine)
    named = {GENERATION: held.run_id} if held.run_id and held.fingerprint == mine.fingerprint else {}
    await answer_error(send, visit.wire.write_error(error, visit.request), {STATUS: "none", **named, **headers})


def refusal(held: Claim, mine: Claim) -> tuple[InvalidRequest, Mapping[str, str]]:
    """The error, and what the client shall do about it."""
    which = f"the run {held.run_id}" if held.run_id else "the run"
    if held.fingerprint != mine.fingerprint:
        sentence = f"this {HEADER} was used for another request: send what was sent then, or choose a new key"
        return InvalidRequest(sentence, HEADER, kind="idempotency_mismatch", status=422), NEVER
    if held.state == "running":
        sentence = f"the request of this {HEADER} is still being answered: come again for its reply"
        return InvalidRequest(sentence, HEADER, kind="in_progress", status=409), AGAIN
    if held.state == "unkept":
        sentence = (
            f"{which} of this {HEADER} has ended and its reply was given, but not kept: it was longer than "
            "store.reply_bytes, or store.content is off. A new key buys a new run"
        )
        return InvalidRequest(sentence, HEADER, kind="idempotency_unkept", status=409), NEVER
    sentence = f"{which} of this {HEADER} was stopped before its reply was complete: a new key buys a new run"
    return InvalidRequest(sentence, HEADER, kind="idempotency_cancelled", status=409), NEVER
