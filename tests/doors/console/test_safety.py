"""However a path of the console is spelt, it reaches nothing without a key or a session."""

from collections.abc import Iterator

import anyio
import pytest

from tests.doors.http.players import Door, open_door
from tests.doors.http.talk import question
from tests.requirements import requirement

pytestmark = [pytest.mark.anyio, requirement("ours:console-deny")]
KEY = "fl-0123456789"
CANARY = "the canary of a stored prompt"
PATHS = ("/console/api/runs", "/console/api/desk", "/console/api/spend", "/console/api/votes/summary")


def spellings(path: str) -> Iterator[str]:
    """Ways to write a path that some server, proxy or router takes for the path itself."""
    root, rest = "/console", path.removeprefix("/console")
    yield from (path, path + "/", path + "//", path + ".", path + "%2e", path + "%20", path + "%00", path + "%0a")
    yield from (
        path + "?x=/healthz",
        path + ";x=1",
        path + "#x",
        path + "%23",
        path + "%3f",
        path + ".json",
        path + "~",
    )
    yield from ("/" + path, "//" + path, "/." + path, "/.." + path, "/%2e" + path, "/%2e%2e" + path, "%2f" + path)
    yield from (path.upper(), path.title(), path.replace("/", "//"), path.replace("/", "%2f"), path.replace("/", "/./"))
    yield from (path.replace("o", "%6f"), path.replace("o", "%256f"), path.replace("/", "\\"), path.replace("/", "%5c"))
    yield from (f"{root}/x/..{rest}", f"{root}/%2e%2e{root}{rest}", f"{root}%2f..{root}{rest}", f"{root}%00{rest}")
    yield from (f"/assets/..{path}", f"/assets/%2e%2e{path}", f"/runs/..{path}", f"/models/..{path}", f"/models{path}")
    yield from (f"/v1{path}", f"/api/v1{path}", f"/healthz/..{path}", f"/healthz{path}", f"/healthz%2f..{path}")
    yield from (f"http://127.0.0.1{path}", path.replace("o", "%C0%AF"), path.replace("api", "API"), path + "%c0%ae")


SPELT = [spelling for path in PATHS for spelling in spellings(path)]


async def answer(door: Door, method: str, target: str, *lines: str) -> bytes:
    """What the server says to a request of these very words."""
    host = door.origin.removeprefix("http://")
    said = "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *lines, "", ""])
    heard = b""
    async with await anyio.connect_tcp("127.0.0.1", int(host.rpartition(":")[2])) as stream:
        await stream.send(said.encode())
        async for piece in stream:
            heard += piece
    return heard


def status(heard: bytes) -> int:
    """The status of a raw response."""
    return int(heard.split(b" ", 2)[1])


async def keep(door: Door) -> None:
    """Have a run in the store whose prompt is told from everything else."""
    asked = question("lab/a", messages=[{"role": "user", "content": CANARY}])
    assert (await door.post(asked, headers={"Authorization": f"Bearer {KEY}"})).status == 200


async def test_no_spelling_reaches_anything_without_a_key():
    assert len(set(SPELT)) > 150
    async with open_door(server={"api_key": KEY}) as door:
        await keep(door)
        heard = {spelling: await answer(door, "GET", spelling) for spelling in SPELT}
        wrong = {
            path: await answer(door, "GET", path, "Authorization: Bearer no", "Cookie: fuseline_session=no")
            for path in PATHS
        }
    assert {one: status(said) for one, said in {**heard, **wrong}.items() if status(said) not in (400, 401, 404)} == {}
    assert {path: status(heard[path]) for path in PATHS} == dict.fromkeys(PATHS, 401)
    assert not any(CANARY.encode() in said for said in [*heard.values(), *wrong.values()])


async def test_no_spelling_lets_another_site_in_where_there_is_no_key():
    async with open_door() as door:
        await keep(door)
        foreign = ("Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Content-Length: 0")
        read = [await answer(door, "GET", spelling, *foreign) for spelling in SPELT]
        done = [await answer(door, "POST", spelling, *foreign) for spelling in SPELT]
    assert {status(said) for said in [*read, *done]} <= {400, 403, 404, 405}
    assert not any(CANARY.encode() in said for said in read)
