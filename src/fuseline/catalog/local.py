"""A look at the usual ports of this machine for servers that need no key. It knows no settings."""

import logging
from collections.abc import Mapping

import aiohttp
import anyio
from pydantic import BaseModel, ValidationError

from fuseline.catalog import facts
from fuseline.catalog.names import plain
from fuseline.types.models import Endpoint, Model
from fuseline.types.money import FREE

logger = logging.getLogger(__name__)

DEFAULT_PORTS: Mapping[str, int] = {"ollama": 11434, "lmstudio": 1234, "llamacpp": 8080, "vllm": 8000}
TITLES: Mapping[str, str] = {"ollama": "Ollama", "lmstudio": "LM Studio", "llamacpp": "llama.cpp", "vllm": "vLLM"}
LARGEST_LIST = 1 << 20
"""Bytes of a list of models; what is longer is not one."""


class ListedMeta(BaseModel):
    """What llama.cpp tells of a model beside its name."""

    n_ctx: int | None = None
    """Tokens of context that one conversation has here."""


class ListedModel(BaseModel):
    """An entry of `GET /v1/models`."""

    id: str
    max_model_len: int | None = None
    """Tokens of context, which vLLM tells."""
    meta: ListedMeta | None = None

    @property
    def context(self) -> int | None:
        """Tokens of context, where the server tells."""
        return self.max_model_len or (self.meta.n_ctx if self.meta else None)


class ModelList(BaseModel):
    """The answer to `GET /v1/models`. Ollama says `null` where it has no model."""

    data: tuple[ListedModel, ...] | None


async def probe(timeout_s: float, ports: Mapping[str, int] = DEFAULT_PORTS) -> tuple[Model, ...]:
    """Ask all ports at once which models they serve, giving each `timeout_s` seconds.

    What does not answer in time, or with something else, is not there.
    """
    found: dict[str, tuple[Model, ...]] = {}

    async def look(name: str, port: int) -> None:
        endpoint = Endpoint(name, f"http://127.0.0.1:{port}/v1", title=TITLES.get(name, name), local=True)
        found[name] = tuple([local_model(endpoint, entry) for entry in await listed(session, endpoint)])

    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(timeout=timeout) as session, anyio.create_task_group() as tasks:
        for name, port in ports.items():
            tasks.start_soon(look, name, port)
    return tuple(model for name in ports for model in found[name])


async def listed(session: aiohttp.ClientSession, endpoint: Endpoint) -> tuple[ListedModel, ...]:
    """The models that an endpoint says it has; none where nothing answers, or something else does."""
    try:
        async with session.get(f"{endpoint.base_url}/models", allow_redirects=False) as response:
            response.raise_for_status()
            return ModelList.model_validate_json(await body(response)).data or ()
    except (aiohttp.ClientError, TimeoutError, ValidationError) as problem:
        logger.debug("no model server at %s: %s", endpoint.base_url, type(problem).__name__)
        return ()


async def body(response: aiohttp.ClientResponse) -> bytes:
    """The start of a body, as far as a list of models can be long."""
    read = bytearray()
    async for chunk in response.content.iter_any():
        read += chunk
        if len(read) > LARGEST_LIST:
            break
    return bytes(read)


def local_model(endpoint: Endpoint, entry: ListedModel) -> Model:
    """A model that was found here. It costs nothing; what it can do beyond text is not told."""
    return Model(
        slug=f"{endpoint.name}/{entry.id}",
        endpoint=endpoint,
        name=entry.id,
        context=entry.context,
        price=FREE,
        family=next((word for word in facts.ranks().local if word in plain(entry.id)), ""),
    )
