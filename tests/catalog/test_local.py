"""Looking for servers on this machine. The servers are real ones."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import anyio
import pytest
from aiohttp import web

from fuseline.catalog.local import LARGEST_LIST, probe
from fuseline.types.money import FREE

pytestmark = pytest.mark.anyio

Answer: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
PATIENT = 5.0


@asynccontextmanager
async def server(answer: Answer) -> AsyncGenerator[int]:
    """A server on some port of this machine that answers `GET /v1/models` so."""
    app = web.Application()
    app.router.add_get("/v1/models", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def says(body: object, status: int = 200) -> Answer:
    """A server that answers with this."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status)

    return answer


def lists(*names: str) -> Answer:
    """A server that has these models."""
    return says({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})


async def test_a_server_that_lists_models_is_found():
    async with server(lists("llama3.3:70b", "qwen3:8b")) as port:
        found = await probe(PATIENT, {"ollama": port})
    assert [(model.slug, model.name) for model in found] == [
        ("ollama/llama3.3:70b", "llama3.3:70b"),
        ("ollama/qwen3:8b", "qwen3:8b"),
    ]


async def test_what_is_found_is_local_and_free():
    async with server(lists("qwen3:8b")) as port:
        (model,) = await probe(PATIENT, {"ollama": port})
    assert (model.endpoint.local, model.price, model.endpoint.base_url) == (True, FREE, f"http://127.0.0.1:{port}/v1")


async def test_the_family_is_told_by_the_name():
    async with server(lists("meta-llama/Llama-3.3-70B-Instruct")) as port:
        (model,) = await probe(PATIENT, {"vllm": port})
    assert model.family == "llama"


async def test_vllm_tells_its_context():
    async with server(says({"data": [{"id": "m", "max_model_len": 32768}]})) as port:
        (model,) = await probe(PATIENT, {"vllm": port})
    assert model.context == 32768


async def test_models_come_in_the_order_of_the_ports():
    async with server(lists("a")) as one, server(lists("b")) as two:
        found = await probe(PATIENT, {"lmstudio": one, "ollama": two})
    assert [model.slug for model in found] == ["lmstudio/a", "ollama/b"]


async def test_a_port_on_which_nothing_listens_is_passed_over():
    async with server(lists("gone")) as port:
        pass
    assert await probe(PATIENT, {"ollama": port}) == ()


@pytest.mark.parametrize("body", [{"models": []}, [], "hello", None, {"data": [{"name": "x"}]}, {"data": "x"}])
async def test_something_else_on_the_port_is_passed_over(body: object):
    async with server(says(body)) as port:
        assert await probe(PATIENT, {"llamacpp": port}) == ()


async def test_an_ollama_without_models_has_none():
    async with server(says({"object": "list", "data": None})) as port:
        assert await probe(PATIENT, {"ollama": port}) == ()


async def test_an_error_is_passed_over():
    async with server(says({"data": [{"id": "x"}]}, status=401)) as port:
        assert await probe(PATIENT, {"vllm": port}) == ()


async def test_a_redirect_is_not_followed():
    async def away(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/v1/models")

    async with server(away) as port:
        assert await probe(PATIENT, {"llamacpp": port}) == ()


async def test_an_endless_list_is_given_up():
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(2 * LARGEST_LIST // 65_536):
            await response.write(b" " * 65_536)
        return response

    async with server(endless) as port:
        assert await probe(PATIENT, {"llamacpp": port}) == ()


async def test_a_silent_server_is_waited_for_no_longer_than_asked_and_keeps_nobody_else_out():
    async def silent(request: web.Request) -> web.StreamResponse:
        await anyio.sleep_forever()
        return web.Response()

    async with server(silent) as mute, server(lists("a")) as port:
        with anyio.fail_after(PATIENT):
            found = await probe(0.3, {"vllm": mute, "ollama": port})
    assert [model.slug for model in found] == ["ollama/a"]
