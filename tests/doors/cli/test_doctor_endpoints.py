"""What the doctor finds at endpoints: good ones, closed ones, absent ones, and such as mean no good."""

import time
from pathlib import Path

import pytest

from tests.doors.cli.examining import Examine, examining, lab
from tests.doors.cli.vendor import Given, always, listing, lists_for, refusal, vendor
from tests.house import CANARY
from tests.requirements import requirement
from tests.upstream.dead_ends import bad_certificate, black_hole, refused, unknown_host

KEY = {"LAB_API_KEY": CANARY}


@pytest.fixture
def examine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Examine:
    return examining(tmp_path, monkeypatch, capsys)


@requirement("ours:doctor")
def test_a_healthy_endpoint_is_well_in_every_line(examine: Examine):
    with vendor(lists_for(CANARY)) as running:
        found = examine(settings=lab(running.base_url, "a", "b", more="trains = false"), environ=KEY)
    assert (found.code, found.report["ok"], found.faults) == (0, True, [])
    assert found.told("key") == ("ok", f"LAB_API_KEY (environment), ends in {CANARY[-4:]}")
    assert found.told("access") == ("ok", "the key is good")
    assert found.told("clock") == ("ok", "agrees with ours")
    assert found.told("models") == ("ok", "lists 2 models")
    assert found.told("data") == ("ok", "trains on it: no; keeps it: unknown")
    assert found.endpoint["key_good"] is True
    assert found.endpoint["connect_ms"] > 0


@requirement("ours:doctor")
def test_a_wrong_key_is_a_failure_that_names_where_it_comes_from(examine: Examine):
    with vendor(lists_for("another")) as running:
        found = examine(settings=lab(running.base_url, "a"), environ=KEY)
    assert (found.code, found.told("access")) == (1, ("fail", "the key is refused"))
    assert "correct LAB_API_KEY" in found.check("access")["fix"]
    assert found.endpoint["key_good"] is False


@requirement("ours:doctor")
def test_a_list_that_anybody_gets_says_nothing_about_a_key(examine: Examine):
    with vendor(always(listing("a"))) as running:
        found = examine(settings=lab(running.base_url, "a"), environ=KEY)
    assert found.code == 0
    assert found.told("access") == ("warn", "key not checked: it gives its list to anybody")
    assert found.check("access")["fix"] == "fuseline doctor lab --live"
    assert [headers.get("authorization") for _, headers in running.asked].count(f"Bearer {CANARY}") == 1


@pytest.mark.parametrize(
    ("given", "status", "sentence"),
    [
        (refusal(404), "warn", "key not checked: it has no list of models (status 404)"),
        (refusal(403), "warn", "key not checked: it may not list models"),
        (refusal(429), "warn", "its rate limit is reached"),
        (refusal(402), "fail", "the account has no credit"),
        (refusal(500), "fail", "the upstream failed (status 500)"),
        (
            refusal(418, f"you said {CANARY}"),
            "fail",
            "the upstream answered with status 418: you said *** (status 418)",
        ),
        (Given(body=b"<html>log in</html>"), "warn", "it answers, but with no list of models"),
        (Given(body=b'{"data": [' + b"[" * 5000), "warn", "it answers, but with no list of models"),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Given) else None,
)
@requirement("ours:doctor")
def test_an_endpoint_that_gives_no_list_is_told_with_what_to_do(
    examine: Examine, given: Given, status: str, sentence: str
):
    with vendor(always(given)) as running:
        found = examine(settings=lab(running.base_url, "a"), environ=KEY)
    assert found.told("access") == (status, sentence)
    assert found.check("access")["fix"]
    assert found.code == (1 if status == "fail" else 0)


@requirement("ours:doctor")
def test_a_redirect_is_told_and_no_key_goes_where_it_points(examine: Examine):
    with vendor(always(listing("a"))) as elsewhere:
        location = {"Location": f"{elsewhere.base_url}/models"}
        with vendor(always(Given(302, headers=location))) as running:
            found = examine(settings=lab(running.base_url, "a"), environ=KEY)
    assert found.told("access") == ("fail", "it points elsewhere (status 302), where no key is taken")
    assert elsewhere.asked == []


@requirement("ours:doctor")
@pytest.mark.parametrize(
    ("ahead_s", "status", "code"), [(20, "ok", 0), (-60, "warn", 0), (60, "warn", 0), (4000, "fail", 1)]
)
def test_a_clock_that_is_wrong_is_told_by_how_much(examine: Examine, ahead_s: float, status: str, code: int):
    with vendor(lists_for(CANARY, ahead_s=ahead_s)) as running:
        found = examine(settings=lab(running.base_url, "a"), environ=KEY)
    assert (found.check("clock")["status"], found.code) == (status, code)
    assert abs(found.endpoint["skew_s"] - ahead_s) < 2


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 01 Jan 99999 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 +2359"])
def test_a_date_that_is_none_is_no_clock(examine: Examine, date: str):
    with vendor(lists_for(CANARY, headers={"Date": date})) as running:
        found = examine(settings=lab(running.base_url, "a"), environ=KEY)
    assert found.check("access")["status"] == "ok"


@requirement("ours:doctor")
def test_a_name_that_nobody_resolves_a_port_that_is_closed_and_a_certificate_of_nobody_are_failures(examine: Examine):
    for dead, words in (
        (unknown_host(), "cannot be resolved"),
        (refused(), "refuses connections"),
        (bad_certificate(), "TLS certificate or protocol is not acceptable"),
    ):
        with dead as base_url:
            found = examine(settings=lab(base_url, "a", more="insecure = true"), environ=KEY)
        assert found.code == 1
        assert words in found.check("network")["detail"]
        assert found.check("network")["fix"]


@requirement("ours:doctor")
def test_a_server_that_hangs_is_given_up_when_its_clock_has_run_out(examine: Examine):
    began = time.monotonic()
    with vendor(always(Given(hangs=True))) as running, black_hole() as hole:
        second = f'\n[endpoints.hole]\nbase_url = "{hole}"\n'
        found = examine(settings=lab(running.base_url, "a") + second, environ=KEY)
    assert 5 <= time.monotonic() - began < 8  # both at once, and each within five seconds
    assert found.code == 1
    assert "no answer within 5 s" in found.check("network")["detail"]
    assert "no connection within 5 s" in found.check("network", "endpoint hole")["detail"]


@requirement("ours:doctor")
def test_endpoints_are_told_in_the_same_order_whoever_answers_first(examine: Examine):
    with vendor(lists_for(CANARY)) as quick, vendor(always(Given(hangs=True))) as slow:
        settings = "".join(
            f'[endpoints.{name}]\nbase_url = "{base_url}"\napi_key_env = "LAB_API_KEY"\n'
            for name, base_url in (("late", slow.base_url), ("soon", quick.base_url))
        )
        found = examine("soon", "late", settings=settings, environ=KEY)
    assert [one["name"] for one in found.report["endpoints"]] == ["late", "soon"]
    assert {one["section"] for one in found.report["checks"]} == {"configuration", "endpoint late", "endpoint soon"}


@requirement("ours:doctor")
def test_an_endpoint_that_wants_a_key_and_gets_none_says_where_to_put_it(examine: Examine):
    with vendor(lists_for(CANARY)) as running:
        found = examine(settings=lab(running.base_url, "a"))
    assert found.told("key")[0] == "warn"
    assert found.check("key")["fix"] == "set LAB_API_KEY, or run `fuseline keys set lab`"
    assert found.told("access") == ("fail", "it wants a key, and none is sent")


@requirement("ours:doctor")
def test_each_of_several_keys_is_tried(examine: Examine):
    with vendor(lists_for(CANARY)) as running:
        found = examine(
            "lab", settings=lab(running.base_url, "a"), environ={"LAB_API_KEY": f"{CANARY}, wrong-one-0123456789"}
        )
    assert found.told("access") == ("ok", "the key is good")
    assert found.told("access, key 2") == ("fail", "the key is refused")


@requirement("ours:doctor")
def test_a_model_that_is_wanted_and_not_listed_is_told(examine: Examine):
    with vendor(lists_for(CANARY, ["a"])) as running:
        found = examine(settings=lab(running.base_url, "a", "gone"), environ=KEY)
    assert found.told("models") == ("warn", "lists 1 model; gone is not listed")


@requirement("ours:doctor")
def test_openrouter_is_asked_what_the_key_is_and_what_it_has_left(examine: Examine):
    def answer(path: str, headers: object) -> Given:
        return Given(body=b'{"data": {"usage": 1.25, "limit": 10}}') if path.endswith("/key") else listing("a/b")

    with vendor(answer) as running:
        settings = f'[endpoints.openrouter]\nbase_url = "{running.base_url}"\napi_key_env = "LAB_API_KEY"\n'
        found = examine("openrouter", settings=settings, environ=KEY)
    assert found.told("access", "endpoint openrouter") == ("ok", "the key is good; $1.25 used, a limit of $10.00")


@requirement("ours:doctor")
def test_an_endpoint_behind_a_library_is_not_asked_but_for_an_answer(examine: Examine):
    settings = '[endpoints.lab]\nwire = "any-llm"\napi_key_env = "LAB_API_KEY"\n'
    found = examine("lab", settings=settings, environ=KEY)
    assert found.told("access") == ("warn", "not checked: behind any-llm only a call can tell")


def test_a_password_in_an_address_is_not_shown(examine: Examine):
    with vendor(lists_for(CANARY)) as running:
        base_url = running.base_url.replace("http://", f"http://me:{CANARY}@")
        found = examine(settings=lab(base_url, "a", key=False))
    assert found.endpoint["base_url"] == running.base_url


@requirement("ours:doctor")
def test_an_endpoint_that_may_train_is_told_where_that_is_forbidden(examine: Examine):
    with vendor(lists_for(CANARY)) as running:
        settings = lab(running.base_url, "a") + '\n[routing]\ndata_collection = "deny"\n'
        found = examine("lab", settings=settings, environ=KEY)
    assert found.told("data")[0] == "warn"


def test_an_endpoint_that_there_is_not_is_wrong_usage_with_what_was_meant(examine: Examine):
    found = examine("opena")
    assert found.code == 2
    assert "there is no endpoint opena; did you mean openai" in found.report["error"]


@requirement("ours:doctor")
def test_a_built_in_endpoint_without_a_key_is_told_which(examine: Examine):
    found = examine("groq", offline=True)
    assert (found.code, found.told("key", "endpoint groq")) == (1, ("fail", "there is none"))
    assert "GROQ_API_KEY" in found.check("key", "endpoint groq")["fix"]
