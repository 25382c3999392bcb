"""Any engine over HTTP: one question, under its clock and cap, with its key in a header. It follows no redirect."""

import re
from dataclasses import replace
from typing import cast

import aiohttp
import anyio
from pydantic_core import from_json
from yarl import URL

from fuseline.search.base import Found, Query, SearchFailed
from fuseline.search.dialect import Ask, Dialect, Refusal
from fuseline.search.rows import Row
from fuseline.types.json import JsonObject

MOST_BYTES = 2 << 20
"""Of an answer, unpacked."""
RATE_LIMITED = Refusal("rate_limited", "it takes no more requests for now")
REFUSED = Refusal("engine_auth", "it does not accept the key")
USED_UP = Refusal("engine_credits", "the account has no credit left")
USUAL: dict[int, Refusal] = {401: REFUSED, 402: USED_UP, 403: REFUSED, 429: RATE_LIMITED}
LANGUAGE = re.compile(r"[a-z]{2,3}")


class WebEngine:
    """An engine that is asked over HTTP."""

    def __init__(
        self,
        row: Row,
        dialect: Dialect,
        session: aiohttp.ClientSession,
        *,
        base_url: str = "",
        key: str = "",
        timeout_s: float = 10,
    ) -> None:
        self._row = row
        self._dialect = dialect
        self._session = session
        self._base_url = (base_url or row.base_url).rstrip("/")
        self._headers = {dialect.header: f"{dialect.scheme}{key}"} if key else {}
        self._timeout_s = timeout_s

    @property
    def name(self) -> str:
        """The name by which requests and settings choose it."""
        return self._row.name

    async def search(self, query: Query) -> Found:
        """Search, once and without repeats.

        :raises SearchFailed: when nothing usable came.
        """
        fitting, warnings = fitted(query, self._row)
        try:
            with anyio.fail_after(self._timeout_s):
                body = await self._exchange(self._dialect.write(fitting))
        except TimeoutError:
            raise SearchFailed(self.name, "timeout", "it did not answer in time") from None
        except (aiohttp.ClientError, OSError) as error:  # its text may hold the address, and so the words
            raise SearchFailed(self.name, "unavailable", f"it cannot be reached ({type(error).__name__})") from None
        answer = self._read(body)
        stated = self._dialect.stated_cost(answer)
        cost = self._row.cost(fitting.max_results, fitting.mode) if stated is None else stated
        return Found(self.name, tuple(self._dialect.read(answer)), cost, len(body), warnings)

    async def _exchange(self, ask: Ask) -> bytes:
        """Send the question and take the answer, as long as it is not too long."""
        method = "GET" if ask.body is None else "POST"
        async with self._session.request(
            method,
            self._address(ask),
            params=ask.parameters or None,
            json=ask.body,
            headers={"Accept": "application/json", **self._headers},
            allow_redirects=False,
        ) as response:
            if response.status != 200:
                raise self._refusal(response.status)
            return await self._capped(response)

    def _address(self, ask: Ask) -> URL:
        language = ask.language if LANGUAGE.fullmatch(ask.language) else "en"
        return URL(self._base_url.replace("{language}", language) + ask.path)

    async def _capped(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > MOST_BYTES:
                response.close()
                raise SearchFailed(self.name, "too_large", "its answer is too long")
        return bytes(body)

    def _refusal(self, status: int) -> SearchFailed:
        refusal = self._dialect.refusals.get(status) or USUAL.get(status)
        if refusal is None:
            refusal = Refusal("unavailable", f"it answered with HTTP {status}")
        return SearchFailed(self.name, refusal.reason, refusal.message)

    def _read(self, body: bytes) -> JsonObject:
        try:
            answer = from_json(body, allow_inf_nan=False)
        except ValueError:
            raise SearchFailed(self.name, "bad_json", "its answer is not JSON") from None
        if not isinstance(answer, dict):
            raise SearchFailed(self.name, "bad_json", "its answer is not an object")
        return cast("JsonObject", answer)


def fitted(query: Query, row: Row) -> tuple[Query, tuple[str, ...]]:
    """A query as an engine can take it, with what it cannot take said.

    Where domains are left out, more results are asked for than wanted, as many as cost nothing.
    """
    words = " ".join(query.words.split())
    held = max(query.max_results, row.included) if query.rules.allowed or query.rules.excluded else query.max_results
    fitting = replace(
        query,
        words=words[: row.longest],
        max_results=max(1, min(held, row.most)),
        mode=query.mode if query.mode in row.modes else "",
    )
    return fitting, tuple(unmet(query, words, row))


def unmet(query: Query, words: str, row: Row) -> list[str]:
    """The wishes that an engine cannot meet."""
    told: list[str] = []
    if len(words) > row.longest:
        told.append(f"{row.name} takes {row.longest} characters, so the end of the words was not searched for")
    if query.max_results > row.most:
        told.append(f"{row.name} gives at most {row.most} results")
    if query.mode and query.mode not in row.modes:
        told.append(f"{row.name} has no such mode")
    if query.location and "location" not in row.takes:
        told.append(f"{row.name} does not take a location")
    return told
