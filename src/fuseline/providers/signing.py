"""Signatures of AWS, version 4, over each call: made by botocore, of whatever credentials its own chain finds."""

import os
import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from anyio import to_thread

from fuseline.catalog.extras import borrow
from fuseline.providers.tokens import unsigned
from fuseline.types.errors import UpstreamError

REGION = re.compile(r"(?<=\.)[a-z]{2,}(?:-[a-z]+)+-\d(?=\.)")
"""A region within a host name, as in `bedrock-runtime.eu-central-1.amazonaws.com`."""
MANTLE = "bedrock-mantle"
"""Bedrock's younger front, which signs under its own name. https://github.com/openai/openai-node/blob/HEAD/docs/bedrock.md
(2026-09)"""


class AwsSigner:
    """Signs calls of one endpoint for Bedrock."""

    def __init__(self, base_url: str) -> None:
        host = urlsplit(base_url).hostname or ""
        self._service = MANTLE if host.startswith(f"{MANTLE}.") else "bedrock"
        found = REGION.search(host)
        self._region = found[0] if found else ""
        self._session: Any = None
        self._one = threading.Lock()
        self._shown: tuple[str, ...] = ()

    async def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """The signature of this call. Credentials that end are renewed by the library.

        :raises UpstreamError: when there are no credentials, or no region; then the call is not sent.
        """
        return await to_thread.run_sync(self._sign, method, url, body, abandon_on_cancel=True)

    def redact(self, text: str) -> str:
        """A text without the credentials."""
        for secret in self._shown:
            text = text.replace(secret, "***")
        return text

    def _sign(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        errors = borrow("botocore.exceptions")
        try:
            credentials = self._credentials()
        except (errors.BotoCoreError, errors.ClientError) as error:
            raise unsigned("AWS", error, retryable=isinstance(error, errors.HTTPClientError)) from None
        request = borrow("botocore.awsrequest").AWSRequest(method=method, url=url, data=body)
        borrow("botocore.auth").SigV4Auth(credentials, self._service, self._region).add_auth(request)
        return dict(request.headers.items())

    def _credentials(self) -> Any:
        """The credentials of this moment, and the region on the way."""
        with self._one:  # the chain asks files, commands and machines, which one thread at a time is enough for
            if self._session is None:
                self._session = borrow("botocore.session").Session()
            self._region = self._region or self._configured_region()
            found = self._session.get_credentials()
            if found is None:
                raise borrow("botocore.exceptions").NoCredentialsError
            frozen = found.get_frozen_credentials()
            self._shown = tuple(each for each in (frozen.secret_key, frozen.token, frozen.access_key) if each)
        return frozen

    def _configured_region(self) -> str:
        region = os.environ.get("AWS_REGION") or self._session.get_config_variable("region")
        if not region:
            missing = "the address names no region of AWS: set AWS_REGION"
            raise UpstreamError("upstream_auth", missing, sent=False)
        return str(region)

    def __repr__(self) -> str:
        return f"AwsSigner({self._service!r}, {self._region!r})"
