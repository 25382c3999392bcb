"""The desk: who is asked and in which order, who stands in for whom, and what of it is said."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from fuseline.search.base import Found, Hit, Query, SearchFailed
from fuseline.search.desk import SET_BACK_S, Desk, open_search
from fuseline.search.rows import rows
from fuseline.settings.research import SearchSettings
from fuseline.types.domains import domain_rules
from fuseline.types.errors import BadConfiguration
from tests.requirements import requirement
from tests.search.vendors import KEY, Says, vendor

pytestmark = pytest.mark.anyio

SETTINGS = SearchSettings()
QUERY = Query("batteries")
KEYS = {name: KEY for row in rows().values() for name in row.keys}


@dataclass
class Scripted:
    """An engine that finds what it is told to, or fails for a reason."""

    name: str
    hits: tuple[Hit, ...] = ()
    fails: str = ""
    cost: int = 0
    asked: list[Query] = field(default_factory=list[Query])

    async def search(self, query: Query) -> Found:
        """Answer as told."""
        self.asked.append(query)
        if self.fails:
            raise SearchFailed(self.name, self.fails)
        return Found(self.name, self.hits, self.cost, 100)


def hits(*urls: str) -> tuple[Hit, ...]:
    """Results with these addresses."""
    return tuple(Hit(url, f"title of {url}", "text") for url in urls)


async def ready(settings: SearchSettings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """What `auto` tries with these settings and variables."""
    async with open_search(settings, environ) as desk:
        return desk.tried


@requirement("ours:search-auto")
async def test_a_fresh_install_can_search_without_a_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fuseline.search.duckduckgo.installed", lambda: False)
    assert await ready(SETTINGS, {}) == ("wikipedia",)


@requirement("ours:search-auto")
async def test_auto_tries_what_is_configured_before_what_needs_no_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fuseline.search.duckduckgo.installed", lambda: True)
    own = {"SEARXNG_URL": "http://127.0.0.1:8888", "EXA_API_KEY": KEY, "BRAVE_SEARCH_API_KEY": KEY}
    assert await ready(SETTINGS, own) == ("searxng", "brave", "exa", "duckduckgo", "wikipedia")
    assert await ready(SearchSettings(engine="exa"), own) == ("exa", "searxng", "brave", "duckduckgo", "wikipedia")
    assert await ready(SearchSettings(order=("exa", "tavily", "wikipedia")), own) == ("exa", "wikipedia")


@requirement("ours:search-auto")
async def test_auto_falls_back_and_says_who_failed():
    desk = Desk([Scripted("brave", fails="rate_limited"), Scripted("exa", hits("https://a.example"), cost=7)], SETTINGS)
    found = await desk.search(QUERY)
    assert found == Found("exa", hits("https://a.example"), 7, 100, ("brave did not answer (rate_limited)",))


@requirement("ours:search-auto")
async def test_an_engine_that_failed_is_asked_last_for_a_minute():
    now = [1000.0]
    brave, exa = Scripted("brave", fails="timeout"), Scripted("exa")
    desk = Desk([brave, exa], SETTINGS, clock=lambda: now[0])
    for _ in range(3):
        assert (await desk.search(QUERY)).engine == "exa"
    assert len(brave.asked) == 1
    brave.fails = ""
    now[0] += SET_BACK_S
    assert (await desk.search(QUERY)).engine == "brave"


@requirement("fault:F52")
async def test_where_all_fail_each_is_named():
    desk = Desk([Scripted("brave", fails="rate_limited"), Scripted("exa", fails="engine_auth")], SETTINGS)
    with pytest.raises(SearchFailed, match=r"brave did not answer \(rate_limited\); exa did not answer") as failed:
        await desk.search(QUERY)
    assert failed.value.reason == "unavailable"


async def test_a_named_engine_is_asked_alone():
    brave, exa = Scripted("brave", fails="rate_limited"), Scripted("exa")
    desk = Desk([brave, exa], SETTINGS)
    with pytest.raises(SearchFailed):
        await desk.search(QUERY, "brave")
    assert not exa.asked


@requirement("ours:search-auto")
@pytest.mark.parametrize(
    ("name", "warning"), [("exa", "exa is not configured (set EXA_API_KEY)"), ("native", "native")]
)
async def test_an_engine_that_is_known_and_not_configured_gives_way_to_auto(name: str, warning: str):
    desk = Desk([Scripted("brave")], SETTINGS, {"exa": "set EXA_API_KEY"})
    found = await desk.search(QUERY, name)
    assert found.engine == "brave"
    assert found.warnings[0].startswith(warning)


async def test_an_engine_that_nobody_knows_is_refused():
    with pytest.raises(SearchFailed) as failed:
        await Desk([Scripted("brave")], SETTINGS).search(QUERY, "altavista")
    assert failed.value.reason == "unknown_engine"


async def test_where_searching_is_switched_off_nobody_is_asked():
    engine = Scripted("brave")
    desk = Desk([engine], SearchSettings(enabled=False))
    assert desk.engines == ()
    with pytest.raises(SearchFailed) as failed:
        await desk.search(QUERY, "brave")
    assert (failed.value.reason, engine.asked) == ("disabled", [])


@requirement("ours:search-local")
async def test_documents_are_searched_beside_the_web_and_stand_before_it():
    local = Scripted("local", hits("doc:work/a.md", "doc:work/b.md", "doc:work/c.md"))
    web = Scripted("brave", hits("https://a.example", "https://b.example", "https://c.example"), cost=5)
    desk = Desk([local, web], SETTINGS)
    found = await desk.search(Query("batteries", 4, collections=("work",)))
    assert [hit.url for hit in found.hits] == [
        "doc:work/a.md", "doc:work/b.md", "https://a.example", "https://b.example",
    ]  # fmt: skip
    assert (found.engine, found.cost, found.size) == ("local+brave", 5, 200)
    assert (await desk.search(QUERY)).engine == "brave"
    assert len(local.asked) == 1


@requirement("ours:search-local")
async def test_where_one_side_finds_little_the_other_fills_the_places():
    many = [f"https://{letter}.example" for letter in "abcdef"]
    few = Desk([Scripted("local", hits("doc:a")), Scripted("brave", hits(*many))], SETTINGS)
    none = Desk([Scripted("local", hits("doc:a", "doc:b", "doc:c")), Scripted("brave")], SETTINGS)
    query = Query("batteries", 3, collections=("work",))
    assert [hit.url for hit in (await few.search(query)).hits] == ["doc:a", *many[:2]]
    assert [hit.url for hit in (await none.search(query)).hits] == ["doc:a", "doc:b", "doc:c"]


@requirement("ours:search-local")
@pytest.mark.parametrize("dead", ["local", "brave"])
async def test_where_one_side_fails_the_other_answers(dead: str):
    engines = [Scripted(name, hits("https://a.example"), "timeout" * (name == dead)) for name in ("local", "brave")]
    found = await Desk(engines, SETTINGS).search(Query("batteries", collections=("work",)))
    assert found.engine != dead and len(found.hits) == 1
    assert any(warning.startswith(f"{dead} did not answer") for warning in found.warnings)


@requirement("ours:search-local")
async def test_words_for_documents_that_there_are_none_of_do_not_go_to_the_web():
    web = Scripted("brave")
    with pytest.raises(SearchFailed) as failed:
        await Desk([web], SETTINGS).search(QUERY, "local")
    assert (failed.value.reason, web.asked) == ("not_configured", [])


@requirement("ours:search-local")
async def test_where_the_settings_say_local_nothing_leaves_the_machine():
    local = Scripted("local", fails="unavailable")
    async with open_search(SearchSettings(engine="local"), KEYS, [local]) as desk:
        assert desk.tried == ("local",)
        with pytest.raises(SearchFailed):
            await desk.search(Query("batteries", collections=("work",)))


async def test_results_outside_the_rules_and_pages_that_were_there_are_left_out():
    found = hits(
        "https://a.example/x", "http://www.a.example/x/#top", "https://spam.example/y", "https://b.example/z",
        "https://sub.a.example/", "https://c.example/",
    )  # fmt: skip
    rules = domain_rules(["a.example", "b.example"], ["spam.example"])
    desk = Desk([Scripted("brave", found)], SETTINGS)
    kept = (await desk.search(Query("batteries", 2, rules=rules))).hits
    assert [hit.url for hit in kept] == ["https://a.example/x", "https://b.example/z"]


@requirement("ours:search-keys")
async def test_a_key_that_is_kept_elsewhere_opens_an_engine():
    kept: Mapping[str, str] = {"tavily": KEY}
    async with vendor(Says({"results": []})) as server:
        settings = SearchSettings(base_urls={"tavily": server.url})
        async with open_search(settings, {}, key_of=kept.get) as desk:
            await desk.search(QUERY, "tavily")
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


@requirement("ours:search-keys")
@pytest.mark.parametrize(
    ("url", "trusted", "problem"),
    [("http://rack.example", True, "plain http"), ("https://elsewhere.example", False, "nobody named")],
)
async def test_a_key_is_not_led_away_or_sent_in_the_clear(url: str, trusted: bool, problem: str):
    settings = SearchSettings(base_urls={"tavily": url})
    with pytest.raises(BadConfiguration, match=problem) as refused:
        async with open_search(settings, KEYS, trusted=trusted):
            pass
    assert KEY not in str(refused.value)
    async with open_search(settings, {}, trusted=trusted) as desk:
        assert "tavily" not in desk.engines


@requirement("ours:search-keys")
async def test_a_key_that_cannot_be_one_is_refused_without_being_shown():
    with pytest.raises(BadConfiguration, match="EXA_API_KEY holds a character") as refused:
        async with open_search(SETTINGS, {"EXA_API_KEY": "schlüssel"}):
            pass
    assert "schl" not in str(refused.value)


@pytest.mark.parametrize("setting", [{"engine": "altavista"}, {"order": ["altavista"]}])
async def test_settings_that_name_no_engine_are_refused(setting: dict[str, object]):
    with pytest.raises(BadConfiguration, match="altavista"):
        async with open_search(SearchSettings.model_validate(setting), {}):
            pass


@pytest.mark.parametrize(
    ("settings", "environ", "said"),
    [
        (SETTINGS, {"SEARXNG_URL": "localhost:8888"}, "SEARXNG_URL"),
        (SearchSettings(searxng_url="http://[::1"), {}, "search.searxng_url"),
        (SearchSettings(base_urls={"exa": "https://[bad"}), {}, "search.base_urls.exa"),
    ],
)
async def test_an_address_that_is_none_is_refused(settings: SearchSettings, environ: dict[str, str], said: str):
    with pytest.raises(BadConfiguration, match=f"{said} has to be an address"):
        async with open_search(settings, {"EXA_API_KEY": KEY, **environ}):
            pass
