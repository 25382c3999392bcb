"""What calls show of who pays: keys, AWS's signatures, tokens of Google and Azure, by the real libraries."""

import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiohttp import web
from inline_snapshot import snapshot

from fuseline.assembly import open_house
from fuseline.providers.credentials import SCHEMES, KeyHeader, credential_for
from fuseline.providers.signing import AwsSigner
from fuseline.providers.tokens import AzureToken, GoogleToken, Lease, Renewed
from fuseline.settings.sections import RoutingSettings
from fuseline.settings.settings import Settings
from fuseline.types.errors import FuselineError, UpstreamError
from fuseline.types.messages import user
from fuseline.types.requests import Request
from tests.house import CANARY, hear
from tests.providers.vendors import Asked, TokenOffice, moves, refuses, replies, signature, vendor
from tests.requirements import requirement

pytestmark = pytest.mark.anyio

ACCESS, SECRET, SESSION = "AKIDCANARY0000000000", "canary/secret+0123456789", "canary-session-0123456789"
UNPRICED = RoutingSettings(allow_unpriced=True)
ELSEWHERE = "sk-elsewhere-0123456789abcdef"


@pytest.fixture(autouse=True)
def _nobodys_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """Hide what the vendors' libraries would find of whoever runs the tests, and keep them off the network."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")


@asynccontextmanager
async def calling(
    origin: str, environ: dict[str, str] | None = None, **table: Any
) -> AsyncGenerator[Callable[[], Awaitable[str]]]:
    """A house with one endpoint there; the value calls its model and gives what it said."""
    endpoints: Any = {"lab": {"base_url": f"{origin}/v1", **table}}
    async with open_house(Settings(endpoints=endpoints, routing=UNPRICED), environ or {}) as house:

        async def call() -> str:
            run, _ = await hear(house, Request("lab:a", (user("Why?"),)))
            assert run is not None
            return run.reply.text if run.reply else ""

        yield call


@requirement("ours:signing")
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_key_stands_in_the_header_of_its_scheme_and_nowhere_else(scheme: Any):
    async with (
        vendor(replies) as upstream,
        calling(upstream.origin, {"LAB_API_KEY": CANARY}, api_key_env="LAB_API_KEY", auth=scheme) as call,
    ):
        assert await call() == "signed"
    header, form = SCHEMES[scheme]
    carrying = {name: value for name, value in upstream.asked[0].headers.items() if CANARY in value}
    assert carrying == {header: form.format(CANARY)}


@pytest.mark.parametrize(("table", "name"), [({}, "fuseline"), ({"headers": {"user-agent": "lab/1"}}, "lab/1")])
async def test_a_call_says_who_calls_unless_the_settings_have_another_name(table: dict[str, Any], name: str):
    async with vendor(replies) as upstream, calling(upstream.origin, **table) as call:
        assert await call() == "signed"
    told = [value for header, value in upstream.asked[0].headers.items() if header.lower() == "user-agent"]
    assert told == [name]


@requirement("ours:signing")
@pytest.mark.parametrize(
    ("scheme", "shown"),
    [("aws", "Bearer key"), ("azure", "key"), ("gcp", "key")],
)
async def test_a_vendor_whose_library_signs_takes_a_key_all_the_same(scheme: Any, shown: str):
    headers = await credential_for(scheme, "key", "https://cloud.example").headers("POST", "https://cloud.example", b"")
    assert list(headers.values()) == [shown]


@requirement("ours:signing")
async def test_calls_are_signed_so_that_aws_works_out_the_same_signature(aws: None, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    async with vendor(replies) as upstream, calling(upstream.origin, auth="aws") as call:
        assert (await call(), await call()) == ("signed", "signed")
    for asked in upstream.asked:
        carried, worked_out = signature(asked, ACCESS, SECRET)
        assert carried == worked_out
        assert asked.headers["X-Amz-Security-Token"] == SESSION
        assert (
            f"{ACCESS}/{time.strftime('%Y%m%d', time.gmtime())}/eu-central-1/bedrock/aws4_request"
            in (asked.headers["Authorization"])
        )
        assert SECRET not in str(asked)
    assert SESSION not in caplog.text


@requirement("ours:signing")
async def test_a_signature_holds_for_no_other_body_address_or_secret(aws: None):
    async with vendor(replies) as upstream, calling(upstream.origin, auth="aws") as call:
        await call()
    asked = upstream.asked[0]
    changed = [
        (Asked("PUT", asked.url, asked.headers, asked.body), SECRET),
        (Asked("POST", f"{asked.url}/x", asked.headers, asked.body), SECRET),
        (Asked("POST", asked.url, asked.headers, asked.body + b" "), SECRET),
        (Asked("POST", asked.url, {**asked.headers, "X-Amz-Security-Token": "x"}, asked.body), SECRET),
        (asked, "another"),
    ]
    assert [pair[0] == pair[1] for pair in (signature(one, ACCESS, secret) for one, secret in changed)] == [False] * 5


@requirement("ours:signing")
@pytest.mark.parametrize(
    ("address", "scope"),
    [
        ("https://bedrock-runtime.us-gov-west-1.amazonaws.com/openai/v1", "us-gov-west-1/bedrock"),
        ("https://bedrock-runtime-fips.us-east-1.amazonaws.com/openai/v1", "us-east-1/bedrock"),
        ("https://bedrock-mantle.ap-southeast-2.api.aws/v1", "ap-southeast-2/bedrock-mantle"),
        ("https://bedrock.example/v1", "eu-central-1/bedrock"),
        ("http://127.0.0.1:1/v1", "eu-central-1/bedrock"),
    ],
)
async def test_region_and_service_are_those_of_the_address(aws: None, address: str, scope: str):
    headers = await AwsSigner(address).headers("POST", f"{address}/chat/completions", b"{}")
    assert f"/{scope}/aws4_request" in headers["Authorization"]


@requirement("ours:signing")
async def test_a_path_is_signed_as_it_is_sent(aws: None):
    async with vendor(replies) as upstream:
        url = f"{upstream.origin}/model/some.model-v1%3A0/invoke"
        headers = await AwsSigner(upstream.origin).headers("POST", url, b"{}")
    asked = Asked("POST", url, {"Host": upstream.origin.removeprefix("http://"), **headers}, b"{}")
    carried, worked_out = signature(asked, ACCESS, SECRET)
    assert carried == worked_out


@requirement("ours:signing")
async def test_credentials_of_aws_that_end_are_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    script = tmp_path / "login.py"
    script.write_text(
        "import json, pathlib\n"
        f"count = pathlib.Path({str(tmp_path / 'count')!r})\n"
        "number = int(count.read_text()) + 1 if count.exists() else 1\n"
        "count.write_text(str(number))\n"
        f"print(json.dumps({{'Version': 1, 'AccessKeyId': f'AKID{{number}}', 'SecretAccessKey': {SECRET!r},"
        f" 'SessionToken': {SESSION!r}, 'Expiration': {ends!r}}}))\n"
    )
    (tmp_path / "aws").write_text(
        f"[profile lab]\nregion = eu-west-1\ncredential_process = {sys.executable} {script}\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "lab")
    signer = AwsSigner("http://127.0.0.1:1/v1")
    shown = [(await signer.headers("POST", "http://127.0.0.1:1/v1", b""))["Authorization"] for _ in range(2)]
    assert all("/eu-west-1/bedrock/" in each for each in shown)
    assert [each.split("/")[0].partition("=")[2] for each in shown] == [
        "AKID2",
        "AKID3",
    ]  # the first is renewed at once


@requirement("ours:signing")
async def test_without_credentials_or_region_nothing_is_sent_and_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
):
    async with vendor(replies) as upstream:
        signer = AwsSigner(upstream.origin)
        with pytest.raises(UpstreamError) as placeless:
            await signer.headers("POST", upstream.origin, b"")
        monkeypatch.setenv("AWS_REGION", "eu-central-1")
        with pytest.raises(UpstreamError) as unknown:
            await signer.headers("POST", upstream.origin, b"")
        async with calling(upstream.origin, auth="aws") as call:
            with pytest.raises(FuselineError):
                await call()
    assert (placeless.value.message, unknown.value.message) == snapshot(
        (
            "the address names no region of AWS: set AWS_REGION",
            "nothing to sign with could be had from AWS's library (NoCredentialsError)",
        )
    )
    assert {(one.value.reason, one.value.sent) for one in (placeless, unknown)} == {("upstream_auth", False)}
    assert upstream.asked == []


@requirement("ours:signing")
async def test_google_hands_out_a_token_for_a_signed_claim_and_another_before_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    office = TokenOffice([60, 3600])
    async with vendor(office) as google, vendor(replies) as upstream:
        account = office.account(tmp_path / "account.json", f"{google.origin}/token")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account))
        async with calling(upstream.origin, auth="gcp") as call:
            assert [await call() for _ in range(3)] == ["signed"] * 3
    shown = [asked.headers["Authorization"] for asked in upstream.asked]
    assert shown == ["Bearer token-1", "Bearer token-2", "Bearer token-2"]
    assert [(claim["iss"], claim["scope"]) for claim in office.claims] == [
        ("panel@lab.iam.example", "https://www.googleapis.com/auth/cloud-platform")
    ] * 2


@requirement("ours:signing", "ours:no-secret")
async def test_a_claim_that_google_refuses_sends_nothing_and_quotes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def refusal(asked: Asked) -> web.Response:
        return web.json_response({"error": "invalid_grant", "error_description": CANARY}, status=400)

    async with vendor(refusal) as google, vendor(replies) as upstream:
        account = TokenOffice([]).account(tmp_path / "account.json", f"{google.origin}/token")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account))
        async with calling(upstream.origin, auth="gcp") as call:
            with pytest.raises(FuselineError) as failed:
                await call()
    assert upstream.asked == []
    assert CANARY not in f"{failed.value!r}{vars(failed.value)}{caplog.text}"


@requirement("ours:signing")
async def test_an_office_that_is_down_is_no_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async with vendor(replies) as gone:
        account = TokenOffice([]).account(tmp_path / "account.json", f"{gone.origin}/token")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account))
    with pytest.raises(UpstreamError) as failed:
        await Renewed(GoogleToken()).headers("POST", "https://cloud.example", b"")
    assert (failed.value.reason, failed.value.retryable, failed.value.sent) == ("connect_refused", True, False)


@requirement("ours:signing")
async def test_without_googles_credentials_nothing_is_sent():
    with pytest.raises(UpstreamError) as unknown:
        await Renewed(GoogleToken()).headers("POST", "https://cloud.example", b"")
    assert (unknown.value.message, unknown.value.reason, unknown.value.sent) == snapshot(
        ("nothing to sign with could be had from Google's library (DefaultCredentialsError)", "upstream_auth", False)
    )


@requirement("ours:signing")
async def test_azure_hands_out_a_token_to_a_machines_identity(monkeypatch: pytest.MonkeyPatch):
    def identity(asked: Asked) -> web.Response:
        assert asked.headers["X-IDENTITY-HEADER"] == "header"
        assert "resource=https://cognitiveservices.azure.com" in asked.url
        ends = str(int(time.time()) + 3600)
        return web.json_response({"access_token": "azure-token", "expires_on": ends, "token_type": "Bearer"})

    async with vendor(identity) as azure, vendor(replies) as upstream:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{azure.origin}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        async with calling(upstream.origin, auth="azure") as call:
            assert (await call(), await call()) == ("signed", "signed")
    assert [asked.headers["Authorization"] for asked in upstream.asked] == ["Bearer azure-token"] * 2
    assert len(azure.asked) == 1


@requirement("ours:signing")
async def test_an_identity_that_azure_refuses_is_a_failed_call(monkeypatch: pytest.MonkeyPatch):
    async with vendor(refuses(400, CANARY)) as azure:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{azure.origin}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        with pytest.raises(UpstreamError) as refused:
            await Renewed(AzureToken()).headers("POST", "https://cloud.example", b"")
    assert (refused.value.message, refused.value.sent) == snapshot(
        ("nothing to sign with could be had from Azure's library (ClientAuthenticationError)", False)
    )


@dataclass
class Office:
    """A source of tokens that does as it is told: a number is the seconds that a token lasts, an error is raised."""

    turns: Sequence[float | UpstreamError]
    vendor: str = "Lab"
    fetched: int = 0
    fetching: list[int] = field(default_factory=list[int])

    def fetch(self) -> Lease:
        turn = self.turns[min(self.fetched, len(self.turns) - 1)]
        self.fetched += 1
        time.sleep(0.02)  # as a network would, so that others come to wait
        if isinstance(turn, UpstreamError):
            raise turn
        return Lease({"Authorization": f"Bearer {CANARY}-{self.fetched}"}, time.time() + turn)


@requirement("ours:signing")
async def test_many_calls_at_once_fetch_one_token():
    office = Office([3600])
    credential = Renewed(office)
    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(credential.headers, "POST", "", b"")
    assert office.fetched == 1


@requirement("ours:signing")
async def test_a_call_that_is_given_up_does_not_make_the_next_fetch_again():
    office = Office([3600])
    credential = Renewed(office)
    with anyio.move_on_after(0.001):
        await credential.headers("POST", "", b"")
    await credential.headers("POST", "", b"")
    assert office.fetched == 1


@requirement("ours:signing")
async def test_a_token_that_cannot_be_renewed_yet_serves_to_its_end():
    down = UpstreamError("upstream_auth", "down", sent=False)
    credential = Renewed(Office([100, down, -1, down]))
    first = await credential.headers("POST", "", b"")
    assert await credential.headers("POST", "", b"") == first
    await credential.headers("POST", "", b"")  # which brings one that has ended already
    with pytest.raises(UpstreamError, match="down"):
        await credential.headers("POST", "", b"")


@requirement("ours:no-secret")
async def test_nothing_that_shows_a_secret_shows_it_by_its_repr(aws: None):
    renewed, signer = Renewed(Office([3600])), AwsSigner("http://127.0.0.1:1/v1")
    for credential in (renewed, signer, KeyHeader("bearer", CANARY)):
        await credential.headers("POST", "http://127.0.0.1:1/v1", b"")
        shown = f"{credential!r}{vars(credential).get('_lease')!r}"
        assert not any(secret in shown for secret in (CANARY, SECRET, SESSION, ACCESS))
        assert credential.redact(f"no: {CANARY}-1 {SECRET} {SESSION}").count("***") >= 1


@requirement("ours:key-bound", "fault:F19")
@pytest.mark.parametrize("table", [{"api_key_env": "LAB_API_KEY"}, {"auth": "aws"}], ids=["key", "aws"])
async def test_a_redirect_to_another_origin_never_gets_a_key_or_a_signature(aws: None, table: dict[str, str]):
    async with vendor(replies) as stranger, vendor(moves(stranger.origin)) as upstream:
        async with calling(upstream.origin, {"LAB_API_KEY": CANARY}, **table) as call:
            with pytest.raises(FuselineError):
                await call()
        assert len(upstream.asked) >= 1
        assert stranger.asked == []


@requirement("ours:key-bound")
async def test_each_endpoint_is_shown_its_own_key_and_none_of_the_others(monkeypatch: pytest.MonkeyPatch):
    async with vendor(replies) as one, vendor(replies) as two, vendor(replies) as three:
        endpoints: Any = {
            "one": {"base_url": f"{one.origin}/v1", "api_key_env": "LAB_API_KEY"},
            "two": {"base_url": f"{two.origin}/v1", "api_key_env": "FAR_API_KEY"},
            "openai": {"base_url": f"{three.origin}/v1"},  # a built-in one, moved, that names no variable
        }
        environ = {"LAB_API_KEY": CANARY, "FAR_API_KEY": ELSEWHERE, "OPENAI_API_KEY": "sk-openai-0123456789abcdef"}
        async with open_house(Settings(endpoints=endpoints, routing=UNPRICED), environ) as house:
            for model in ("one:a", "two:a", "openai:a"):
                await hear(house, Request(model, (user("Why?"),)))
    shown = [[asked.headers.get("Authorization") for asked in upstream.asked] for upstream in (one, two, three)]
    assert shown == [[f"Bearer {CANARY}"], [f"Bearer {ELSEWHERE}"], [None]]


@requirement("ours:no-secret")
@pytest.mark.parametrize(
    ("table", "secrets"), [({"api_key_env": "LAB_API_KEY"}, [CANARY]), ({"auth": "aws"}, [SECRET, SESSION, ACCESS])]
)
async def test_an_upstream_that_quotes_what_it_was_shown_is_not_quoted(
    aws: None, caplog: pytest.LogCaptureFixture, table: dict[str, str], secrets: list[str]
):
    parrot = refuses(400, f"cannot use {' or '.join(secrets)}")
    async with vendor(parrot) as upstream, calling(upstream.origin, {"LAB_API_KEY": CANARY}, **table) as call:
        with pytest.raises(FuselineError) as failed:
            await call()
    told = f"{failed.value!r}{vars(failed.value)}{caplog.text}{failed.getrepr(showlocals=False)}"
    stored = b"".join(path.read_bytes() for path in Settings().database.parent.glob("runs.db*")).decode("latin-1")
    assert "cannot use" in stored
    assert not any(secret in told + stored for secret in secrets)
