"""Servers for tests that check what is shown to them the way vendors do: signatures, and claims to a token."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import google.auth.jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from fuseline.types.json import JsonObject

JWT: Any = google.auth.jwt  # which has types in part only
AUDIENCE = "https://oauth2.googleapis.com/token"
"""Whom Google's library addresses its claims to, wherever they are sent."""
REPLY: JsonObject = {
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "signed"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Vendor:
    """A server that answers every request alike, and remembers what it was asked."""

    answer: Callable[[Asked], web.Response]
    origin: str = ""
    asked: list[Asked] = field(default_factory=list[Asked])

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        url = f"{self.origin}{request.path_qs if request.path_qs.isascii() else ''}"
        asked = Asked(request.method, url, {**request.headers}, await request.read())
        self.asked.append(asked)
        return self.answer(asked)


@asynccontextmanager
async def vendor(answer: Callable[[Asked], web.Response]) -> AsyncGenerator[Vendor]:
    """A vendor on a free port of this machine."""
    running = Vendor(answer)
    handler: Callable[[web.BaseRequest], Awaitable[web.Response]] = running
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        running.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield running
    finally:
        await runner.cleanup()


def replies(asked: Asked) -> web.Response:
    """A whole reply of a model."""
    return web.json_response(REPLY)


def refuses(status: int, text: str) -> Callable[[Asked], web.Response]:
    """An error that says this."""
    return lambda asked: web.json_response({"error": {"message": text}}, status=status)


def moves(origin: str) -> Callable[[Asked], web.Response]:
    """A redirect that keeps method and body."""
    return lambda asked: web.Response(status=307, headers={"Location": f"{origin}/canary"})


def signature(asked: Asked, access: str, secret: str, token: str | None = None) -> tuple[str, str]:
    """The signature that a request carries, and the one that AWS would work out from the rest of it."""
    scheme, _, rest = asked.headers["Authorization"].partition(" ")
    assert scheme == "AWS4-HMAC-SHA256"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    signed = {name: value for name, value in asked.headers.items() if name.lower() in parts["SignedHeaders"].split(";")}
    _, day, region, service, _ = parts["Credential"].split("/")
    assert signed["X-Amz-Date"].startswith(day)
    request: Any = botocore.awsrequest.AWSRequest(asked.method, asked.url, headers=signed, data=asked.body)
    request.context["timestamp"] = signed["X-Amz-Date"]
    known = botocore.credentials.Credentials(access, secret, token)
    checker: Any = botocore.auth.SigV4Auth(known, service, region)
    text = checker.string_to_sign(request, checker.canonical_request(request))
    return parts["Signature"], checker.signature(text, request)


@dataclass(slots=True)
class TokenOffice:
    """Google's side: it checks who asks by their signature, and hands out tokens that last as long as it is told."""

    lifetimes: Sequence[int]
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    claims: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    def __call__(self, asked: Asked) -> web.Response:
        assertion = parse_qs(asked.body.decode())["assertion"][0]
        assert JWT.decode_header(assertion)["alg"] == "RS256"
        claims: Mapping[str, Any] = JWT.decode(assertion, certs=self.public, audience=AUDIENCE)
        self.claims.append(claims)
        number = len(self.claims)
        lifetime = self.lifetimes[min(number, len(self.lifetimes)) - 1]
        return web.json_response({"access_token": f"token-{number}", "expires_in": lifetime, "token_type": "Bearer"})

    @property
    def public(self) -> bytes:
        """The key that signatures are checked with."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, form)

    def account(self, path: Path, token_uri: str) -> Path:
        """Write the file of a service account whose tokens come from here."""
        form, sealed = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        account = {
            "type": "service_account",
            "project_id": "lab",
            "private_key_id": "1",
            "private_key": self.key.private_bytes(serialization.Encoding.PEM, form, sealed).decode(),
            "client_email": "panel@lab.iam.example",
            "client_id": "1",
            "token_uri": token_uri,
        }
        path.write_text(json.dumps(account))
        return path
