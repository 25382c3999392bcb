"""Signing in at the console, and what of a browser's requests is let in."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import Morsel, SimpleCookie
from typing import Any

import pytest
from starlette.datastructures import Headers

from fuseline.doors.console.safety import FOREIGN, Safety
from fuseline.doors.console.session import (
    LASTING_S,
    MINUTE_S,
    MOST_ADDRESSES,
    MOST_FAILURES,
    MOST_SESSIONS,
    PLAIN_NAME,
    SECURE_NAME,
    SESSION_PATH,
    Attempts,
    Sessions,
    digest,
)
from tests.doors.http.players import Door, open_door
from tests.doors.http.talk import CHAT, Heard, fetch, question
from tests.requirements import requirement

pytestmark = [pytest.mark.anyio, requirement("ours:console-session")]
KEY = "fl-0123456789"
LOCKED: dict[str, Any] = {"server": {"api_key": KEY, "allowed_hosts": ["fusion.example"]}}
LET_IN = 404
"""What a path answers that is not there, to those who may ask for it."""
SOMEWHERE = "/console/api/nowhere"


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that has a page of the console open."""

    door: Door
    cookie: str = ""
    token: str = ""

    async def send(self, method: str, path: str, body: object = None, **headers: str) -> Heard:
        """What a script of the page would send."""
        own = {"Origin": self.door.origin, "Sec-Fetch-Site": "same-origin", "X-Fuseline-CSRF": self.token}
        cookie = {"Cookie": self.cookie} if self.cookie else {}
        return await fetch(method, self.door.origin + path, body, headers={**own, **cookie, **headers})

    async def sign_in(self, key: object = KEY, **headers: str) -> "Browser":
        """The same browser, signed in."""
        heard = await self.send("POST", SESSION_PATH, {"key": key}, **headers)
        cookie = cookie_of(heard)
        return Browser(self.door, f"{cookie.key}={cookie.value}", heard.body["csrf"])


def cookie_of(heard: Heard) -> Morsel[str]:
    """The one cookie that a response sets."""
    (cookie,) = SimpleCookie(heard.headers["set-cookie"]).values()
    return cookie


async def test_the_right_key_begins_a_session_that_says_so():
    async with open_door(**LOCKED) as door:
        stranger = Browser(door)
        before = await stranger.send("GET", SESSION_PATH)
        member = await stranger.sign_in()
        after = await member.send("GET", SESSION_PATH)
        assert (await stranger.send("GET", SOMEWHERE)).status == 401
        assert (await member.send("GET", SOMEWHERE)).status == LET_IN
        assert (await member.send("GET", SOMEWHERE, Accept="text/event-stream")).status == LET_IN
        assert (await member.send("POST", SOMEWHERE, {})).status == LET_IN
    assert {name: before.body[name] for name in ("auth", "signed_in", "csrf")} == {
        "auth": "key",
        "signed_in": False,
        "csrf": None,
    }
    assert (after.body["signed_in"], after.body["csrf"]) == (True, member.token)
    assert KEY.encode() not in before.raw + after.raw


async def test_the_cookie_is_for_this_server_alone_and_no_script_reads_it():
    async with open_door(**LOCKED) as door:
        plain = cookie_of(await Browser(door).send("POST", SESSION_PATH, {"key": KEY}))
        page = {"Host": "fusion.example", "Origin": "https://fusion.example"}
        secure = cookie_of(await Browser(door).send("POST", SESSION_PATH, {"key": KEY}, **page))
    assert (plain.key, plain["path"], plain["secure"]) == (PLAIN_NAME, "/console", "")
    assert (secure.key, secure["path"], secure["secure"]) == (SECURE_NAME, "/", True)
    for cookie in (plain, secure):
        assert (cookie["samesite"], cookie["httponly"], cookie["domain"]) == ("strict", True, "")
        assert (cookie["max-age"], len(cookie.value)) == (str(LASTING_S), 43)


MALFORMED: list[bytes] = [
    b"",
    b"{",
    b"[]",
    b"{}",
    b'{"key": 1}',
    b'{"key": ["a"]}',
    b'"a"',
    b'{"key": "\\ud800"}',
    b"\xff",
]


async def test_every_wrong_key_gets_the_same_answer_to_the_byte():
    async with open_door(**LOCKED) as door:
        own = {"Origin": door.origin}
        url = door.origin + SESSION_PATH
        malformed = [await fetch("POST", url, raw=raw, headers=own) for raw in MALFORMED]
        wrong = await fetch("POST", url, {"key": KEY + "x"}, headers=own)
    assert {(heard.status, heard.raw) for heard in malformed} == {(401, wrong.raw)}
    assert wrong.body == {"error": {"message": "that is not the key of this server", "kind": "authentication"}}
    assert not any("set-cookie" in heard.headers for heard in [*malformed, wrong])


async def test_who_was_wrong_too_often_has_to_wait_whatever_the_key():
    async with open_door(**LOCKED) as door:
        browser = Browser(door)
        wrong = [await browser.send("POST", SESSION_PATH, {"key": str(n)}) for n in range(MOST_FAILURES)]
        right = await browser.send("POST", SESSION_PATH, {"key": KEY})
        assert (await door.get("/v1/key", headers={"Authorization": f"Bearer {KEY}"})).status == 200
    assert {heard.status for heard in wrong} == {401}
    assert (right.status, right.body["error"]["kind"]) == (429, "rate_limit_exceeded")
    assert 1 <= int(right.headers["retry-after"]) <= MINUTE_S + 1


def test_an_address_is_heard_again_a_minute_after_its_first_mistake():
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for second in range(MOST_FAILURES):
        now[0] = float(second)
        assert attempts.wait("a") == 0
        attempts.failed("a")
    assert (attempts.wait("a"), attempts.wait("b")) == (MINUTE_S - now[0], 0)
    now[0] = MINUTE_S
    assert attempts.wait("a") == 0
    attempts.failed("a")
    assert attempts.wait("a") == 1


def test_any_number_of_addresses_takes_bounded_memory():
    attempts = Attempts()
    for number in range(MOST_ADDRESSES + 10):
        attempts.failed(str(number))
    assert len(vars(attempts)["_failures"]) == MOST_ADDRESSES


def cookies(*tokens: str) -> Headers:
    """The headers of a request with this session's cookie."""
    return Headers({"cookie": "; ".join(f"{PLAIN_NAME}={token}" for token in tokens)})


def test_a_session_ends_after_its_time_and_not_before():
    now = [0.0]
    sessions = Sessions(KEY, lambda: now[0])
    token = sessions.begin()
    now[0] = LASTING_S - 0.1
    assert sessions.find(cookies(token)) == digest(token)
    now[0] = LASTING_S
    assert sessions.find(cookies(token)) is None


def test_sessions_are_few_random_and_known_by_hashes_only():
    sessions = Sessions(KEY)
    tokens = [sessions.begin() for _ in range(MOST_SESSIONS + 1)]
    assert len(set(tokens)) == len(tokens)
    assert sessions.find(cookies(tokens[0])) is None
    assert sessions.find(cookies(tokens[-1]))
    assert tokens[-1] not in repr(vars(sessions))


async def test_a_session_that_somebody_else_chose_is_never_begun():
    async with open_door(**LOCKED) as door:
        chosen = f"{PLAIN_NAME}={'a' * 43}"
        member = await Browser(door, chosen).sign_in()
        assert member.cookie != chosen
        assert (await Browser(door, chosen).send("GET", SOMEWHERE)).status == 401
        again = await member.sign_in()
        assert (await member.send("GET", SOMEWHERE)).status == 401
        assert (await again.send("GET", SOMEWHERE)).status == LET_IN


async def test_who_signs_out_is_out_and_the_browser_forgets():
    async with open_door(**LOCKED) as door:
        member = await Browser(door).sign_in()
        heard = await member.send("DELETE", SESSION_PATH)
        assert (await member.send("GET", SOMEWHERE)).status == 401
        assert (await member.send("DELETE", SESSION_PATH)).status == 401
    assert (heard.status, cookie_of(heard)["max-age"]) == (204, "0")


async def test_a_cookie_opens_no_route_but_the_consoles():
    async with open_door(**LOCKED) as door:
        member = await Browser(door).sign_in()
        spoken = [
            await member.send("POST", CHAT, question()),
            await member.send("POST", "/api/v1/messages", question()),
            await member.send("GET", "/v1/key"),
            await member.send("GET", "/api/v1/generation?id=gen-0"),
        ]
        assert door.asked == []
    assert {heard.status for heard in spoken} == {401}


async def test_a_script_with_the_key_needs_no_page():
    async with open_door(**LOCKED) as door:
        bearer = {"Authorization": f"Bearer {KEY}"}
        assert (await fetch("POST", door.origin + SOMEWHERE, {}, headers=bearer)).status == LET_IN
        assert (await fetch("DELETE", door.origin + SESSION_PATH, headers=bearer)).status == 204
        assert (await fetch("GET", door.origin + SOMEWHERE, headers={"x-api-key": KEY + "x"})).status == 401


async def test_without_a_key_everybody_is_signed_in_and_still_has_to_come_from_the_page():
    async with open_door() as door:
        state = (await Browser(door).send("GET", SESSION_PATH)).body
        page = Browser(door, token=state["csrf"])
        assert (state["auth"], state["signed_in"]) == ("open", True)
        assert (await page.send("POST", SOMEWHERE, {})).status == LET_IN
        assert (await Browser(door).send("POST", SOMEWHERE, {})).status == 403
        assert (await page.send("POST", SESSION_PATH, {"key": "any"})).body == state
        foreign = await page.send("GET", SESSION_PATH, **{"Sec-Fetch-Site": "cross-site"})
        assert (foreign.status, state["csrf"].encode() in foreign.raw) == (403, False)


async def test_a_page_that_may_call_the_api_may_not_call_the_console():
    page = "https://chat.example.org"
    async with open_door(server={"cors_origins": [page]}) as door:
        heard = await fetch("GET", door.origin + SESSION_PATH, headers={"Origin": page})
    assert (heard.status, heard.body["error"]["kind"]) == (403, "foreign_origin")


async def test_a_name_that_was_bound_anew_reaches_nothing():
    paths = ["/", "/runs/gen-1", "/assets/a.js", SESSION_PATH, SOMEWHERE]
    async with open_door() as door:
        heard = [await fetch("GET", door.origin + path, headers={"Host": "rebind.test"}) for path in paths]
    assert {one.status for one in heard} == {421}


PAGE = {"host": "127.0.0.1:8484", "origin": "http://127.0.0.1:8484", "sec-fetch-site": "same-origin"}
JSON = {"content-type": "application/json", "content-length": "2"}
SESSIONS = Sessions(KEY)
MEMBER, OTHER = SESSIONS.begin(), SESSIONS.begin()
TOKEN = SESSIONS.page_token(digest(MEMBER))
SIGNED_IN = {**PAGE, **JSON, "cookie": f"{PLAIN_NAME}={MEMBER}", "x-fuseline-csrf": TOKEN}


def status(
    headers: Mapping[str, str], method: str = "POST", path: str = SOMEWHERE, sessions: Sessions = SESSIONS
) -> int:
    """What a request is refused with, 0 for one that is let in. Headers without a value are not sent."""
    sent = Headers({name: value for name, value in headers.items() if value})
    problem = Safety(sessions).problem(method, path, sent)
    return problem.status if problem else 0


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, 0),
        ({"sec-fetch-site": ""}, 0),
        ({"origin": ""}, 0),
        ({"content-type": "application/json; charset=utf-8"}, 0),
        ({"content-type": "", "content-length": "0"}, 0),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:9"}, 403),
        ({"origin": "http://127.0.0.1"}, 403),
        ({"origin": "http://127.0.0.1:8484.evil.example"}, 403),
        ({"origin": "http://127.0.0.1:8484@evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://evil.example", "sec-fetch-site": ""}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "", "origin": ""}, 403),
        ({"x-fuseline-csrf": ""}, 403),
        ({"x-fuseline-csrf": TOKEN[:-1]}, 403),
        ({"x-fuseline-csrf": SESSIONS.page_token(digest(OTHER))}, 403),
        ({"x-fuseline-csrf": Sessions(KEY).page_token(digest(MEMBER))}, 403),
        ({"x-fuseline-csrf": "\xe9"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ({"content-type": ""}, 415),
        ({"content-type": "", "content-length": "", "transfer-encoding": "chunked"}, 415),
        ({"cookie": ""}, 401),
        ({"cookie": f"{PLAIN_NAME}=other"}, 401),
        ({"cookie": f"theirs={MEMBER}"}, 401),
        ({"cookie": f"{SECURE_NAME}={MEMBER}"}, 0),
        ({"cookie": f"{SECURE_NAME}=stale; {PLAIN_NAME}={MEMBER}"}, 0),
    ],
)
def test_what_changes_anything_needs_the_page_its_token_and_json(changed: dict[str, str], expected: int):
    methods = ("POST", "PATCH", "PUT", "DELETE", "NONSENSE")
    assert {status({**SIGNED_IN, **changed}, method) for method in methods} == {expected}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"x-fuseline-csrf": "", "content-type": "", "origin": ""}, 0),
        ({"sec-fetch-site": "none", "origin": ""}, 0),
        ({"sec-fetch-site": "", "origin": ""}, 0),
        ({"sec-fetch-site": "cross-site", "origin": ""}, 403),
        ({"sec-fetch-site": "same-site", "origin": ""}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"cookie": ""}, 401),
    ],
)
def test_what_only_reads_needs_the_session_and_no_other_site(changed: dict[str, str], expected: int):
    assert status({**SIGNED_IN, **changed}, "GET") == expected


@pytest.mark.parametrize(
    ("method", "changed", "expected"),
    [
        ("GET", {}, 0),
        ("POST", {}, 0),
        ("POST", {"origin": "https://evil.example"}, 403),
        ("POST", {"sec-fetch-site": "", "origin": ""}, 403),
        ("POST", {"content-type": "text/plain"}, 415),
        ("DELETE", {}, 401),
        ("PUT", {}, 401),
    ],
)
def test_a_stranger_may_sign_in_from_the_page_and_do_nothing_else(method: str, changed: dict[str, str], expected: int):
    assert status({**PAGE, **JSON, **changed}, method, SESSION_PATH) == expected
    assert status({**PAGE, **JSON}, method, f"{SESSION_PATH}/") == 401


def test_a_refusal_says_which_one_it_is():
    headers = Headers({**SIGNED_IN, "origin": "null"})
    problem = Safety(SESSIONS).problem("POST", SOMEWHERE, headers)
    assert problem is not None
    assert (problem.kind, problem.message) == ("foreign_origin", FOREIGN)


def test_keys_and_tokens_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch):
    compared: list[tuple[bytes, bytes]] = []

    def compare(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return left == right

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert SESSIONS.fits(KEY)
    assert not SESSIONS.fits("")
    assert SESSIONS.is_page(digest(MEMBER), TOKEN)
    assert [len(left) == len(right) for left, right in compared] == [True, True, True]
