"""The console's page: where it stands, what it tells the browser to forbid, and how its files travel."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from fuseline.doors.console import pages
from fuseline.doors.console.pages import read_asset
from fuseline.types.errors import NotFound
from tests.doors.http.players import open_door
from tests.doors.http.talk import fetch
from tests.requirements import requirement

pytestmark = [pytest.mark.anyio, requirement("ours:console-pages")]
KEY = "fl-0123456789"
LOCKED: dict[str, Any] = {"server": {"api_key": KEY}}
HTML = "<!doctype html><title>Fuseline</title>"
SCRIPT = "export const answer = 42;\n" * 100
DOCUMENT = {"Accept": "text/html,application/xhtml+xml;q=0.9"}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page that was built, in place of the real one."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(HTML, "utf-8")
    (folder / "assets" / "index-1a2b.js").write_text(SCRIPT, "utf-8")
    for name in ("index-1a2b.css", "icon-1a2b.svg", "font-1a2b.woff2", "more.unknown"):
        (folder / "assets" / name).write_text("-", "utf-8")
    (folder / "secret.txt").write_text("not for anybody", "utf-8")
    monkeypatch.setattr(pages, "STATIC", folder)
    return folder


def shielding(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that tell a browser what to forbid, and what to keep."""
    names = ("content-security-policy", "x-content-type-options", "referrer-policy", "cache-control")
    return {name: headers[name] for name in (*names, "cross-origin-opener-policy", "cross-origin-resource-policy")}


@pytest.mark.usefixtures("built")
async def test_the_page_stands_at_each_of_its_places_and_needs_no_key():
    async with open_door(**LOCKED) as door:
        places = [path.replace("{id}", "gen-1") for path in pages.PAGES]
        heard = [await door.get(place, headers=DOCUMENT) for place in places]
        asked_for = await fetch("HEAD", door.origin + "/runs/gen-1")
    assert {(one.status, one.headers["content-type"], one.raw) for one in heard} == {
        (200, "text/html; charset=utf-8", HTML.encode())
    }
    assert (asked_for.status, asked_for.raw) == (200, b"")
    assert shielding(asked_for.headers) == shielding(heard[0].headers)
    assert {tuple(shielding(one.headers).items()) for one in heard} == {tuple(shielding(heard[0].headers).items())}
    policy = heard[0].headers["content-security-policy"]
    assert {**shielding(heard[0].headers), "content-security-policy": policy.split("; ")} == snapshot(
        {
            "content-security-policy": [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "img-src 'self'",
                "font-src 'self'",
                "connect-src 'self'",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
                "require-trusted-types-for 'script'",
                "trusted-types dompurify",
            ],
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }
    )


@pytest.mark.usefixtures("built")
async def test_a_client_that_lists_models_gets_no_page():
    async with open_door(**LOCKED) as door:
        listed = await door.get("/models")
        page = await door.get("/models", headers=DOCUMENT)
    assert listed.headers["content-type"] == "application/json"
    assert listed.body["data"]
    assert (page.raw, page.headers["vary"]) == (HTML.encode(), "Accept")


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("file", "media_type"),
    [
        ("index-1a2b.js", "text/javascript; charset=utf-8"),
        ("index-1a2b.css", "text/css; charset=utf-8"),
        ("icon-1a2b.svg", "image/svg+xml"),
        ("font-1a2b.woff2", "font/woff2"),
        ("more.unknown", "application/octet-stream"),
    ],
)
async def test_a_file_of_the_page_is_what_it_says_and_is_kept_for_good(file: str, media_type: str):
    async with open_door(**LOCKED) as door:
        page = await door.get("/")
        heard = await door.get(f"/assets/{file}")
    assert (heard.status, heard.headers["content-type"]) == (200, media_type)
    assert heard.headers["vary"] == "Accept-Encoding"
    forever = {"cache-control": "public, max-age=31536000, immutable"}
    assert shielding(heard.headers) == {**shielding(page.headers), **forever}


@pytest.mark.usefixtures("built")
async def test_a_file_is_packed_for_those_who_unpack_it():
    unpacking = ["gzip, deflate, br", "br, GZIP;q=0.5", "gzip;q=1.0"]
    others = ["identity", "", "gzip;q=0", "gzip; q=0.00, br", "x-gzip", "br"]
    async with open_door() as door:
        packed = [await door.get("/assets/index-1a2b.js", headers={"Accept-Encoding": one}) for one in unpacking]
        plain = [await door.get("/assets/index-1a2b.js", headers={"Accept-Encoding": one}) for one in others]
        small = await door.get("/assets/icon-1a2b.svg", headers={"Accept-Encoding": "gzip"})
    assert {heard.headers["content-encoding"] for heard in packed} == {"gzip"}
    assert {int(heard.headers["content-length"]) for heard in packed} == {len(gzip.compress(SCRIPT.encode()))}
    assert not any("content-encoding" in heard.headers for heard in [*plain, small])
    assert {heard.raw for heard in [*packed, *plain]} == {SCRIPT.encode()}  # the client unpacks


async def test_a_file_that_was_built_packed_by_brotli_travels_so_to_those_who_unpack_it(built: Path):
    (built / "assets" / "index-1a2b.js.br").write_bytes(b"packed")
    async with open_door() as door:
        codings = {
            accepted: (
                await fetch("HEAD", f"{door.origin}/assets/index-1a2b.js", headers={"Accept-Encoding": accepted})
            )
            for accepted in ("gzip, deflate, br", "br", "br;q=0, gzip", "identity")
        }
    assert {accepted: heard.headers.get("content-encoding", "") for accepted, heard in codings.items()} == {
        "gzip, deflate, br": "br",
        "br": "br",
        "br;q=0, gzip": "gzip",
        "identity": "",
    }
    assert read_asset(built / "assets", "index-1a2b.js").packed["br"] == b"packed"


async def test_nothing_but_files_of_the_page_is_found(built: Path):
    async with open_door() as door:
        heard = [await door.get(f"/assets/{name}") for name in ("nothing.js", "..%2fsecret.txt", "..%5csecret.txt")]
    assert {one.status for one in heard} == {404}
    for name in ("..", ".", "", "../secret.txt", "../index.html", "index-1a2b.js/", "index-1a2b.js\0", "INDEX-1A2B.JS"):
        with pytest.raises(NotFound):
            read_asset(built / "assets", name)


async def test_a_checkout_without_the_page_says_how_to_build_it(built: Path):
    (built / "index.html").unlink()
    async with open_door(**LOCKED) as door:
        page = await door.get("/")
        models = await door.get("/v1/models")
    assert (page.status, page.headers["content-type"]) == (503, "text/plain; charset=utf-8")
    assert "make console" in page.raw.decode()
    assert models.status == 200


async def test_what_the_console_answers_can_never_be_a_page():
    async with open_door(**LOCKED) as door:
        heard = [await door.get("/console/api/session"), await door.get("/console/api/nowhere")]
    assert [one.status for one in heard] == [200, 401]
    assert {tuple(shielding(one.headers).items()) for one in heard} == {tuple(shielding(heard[0].headers).items())}
    assert shielding(heard[0].headers) == snapshot(
        {
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }
    )
