"""Settings made into a running gateway, opened and closed as one. The only file that names every concrete class."""

import os
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from anyio import create_task_group
from anyio.abc import TaskGroup

from fuseline.catalog.catalog import Catalog
from fuseline.catalog.keys import Keys
from fuseline.documents.opening import open_documents
from fuseline.gateway import Gateway
from fuseline.pages.fetcher import open_fetcher
from fuseline.planner.planner import Planner
from fuseline.planner.preferences import HouseRules
from fuseline.providers.bridge import BRIDGED, Bridge
from fuseline.providers.switchboard import Switchboard
from fuseline.search.desk import open_search
from fuseline.search.engines import KeyOf
from fuseline.search.rows import rows
from fuseline.settings.settings import Settings
from fuseline.storage.base import Store
from fuseline.storage.sqlite import open_sqlite
from fuseline.tools.holdings import Library
from fuseline.types.models import Endpoint
from fuseline.wires.base import ClientWire, ServerWire
from fuseline.wires.chat.wire import ChatClient, ChatServer
from fuseline.wires.gemini.wire import GeminiClient
from fuseline.wires.messages.wire import MessagesClient, MessagesServer
from fuseline.wires.responses.wire import ResponsesClient, ResponsesServer

CLIENT_WIRES: Mapping[str, ClientWire] = {
    "chat": ChatClient(),
    "responses": ResponsesClient(),
    "messages": MessagesClient(),
    "gemini": GeminiClient(),
}
SERVER_WIRES: Mapping[str, ServerWire] = {
    "chat": ChatServer(),
    "responses": ResponsesServer(),
    "messages": MessagesServer(),
}
REMEMBERED_S = 7 * 86_400.0
"""How far back calls are looked at for how well endpoints serve."""
REMEMBERED_CALLS = 10_000
"""The most that are looked at: a start takes no longer for a long past."""


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a door may need."""

    settings: Settings
    catalog: Catalog
    gateway: Gateway
    store: Store
    switchboard: Switchboard
    background: TaskGroup
    """For what goes on whoever watches; it ends with the house."""


@asynccontextmanager
async def open_house(settings: Settings, environ: Mapping[str, str] | None = None) -> AsyncGenerator[House]:
    """Open the store and the connections, look for local servers, and put the gateway together.

    :raises BadConfiguration: when the settings contradict themselves or the database cannot be opened.
    """
    catalog = await Catalog.open(settings, environ)
    async with (
        open_sqlite(settings.database) as store,
        Switchboard(catalog, CLIENT_WIRES, settings.clocks, settings.limits, bridge_for(settings)) as switchboard,
        open_library(settings, environ) as library,
        open_background() as background,
    ):
        switchboard.recall(await store.timings(time.time() - REMEMBERED_S, REMEMBERED_CALLS))
        planner = Planner(
            catalog, settings.fusion, HouseRules(settings.routing, settings.endpoints), settings.documents.collections
        )
        gateway = Gateway(settings, planner, switchboard, store, library)
        yield House(settings, catalog, gateway, store, switchboard, background)


@asynccontextmanager
async def open_background() -> AsyncGenerator[TaskGroup]:
    """Open a place for tasks of the house, stopped with the block. What the block raises comes out as it is."""
    failure: Exception | None = None
    async with create_task_group() as group:
        try:
            yield group
        except Exception as error:
            failure = error  # raised in here it would come out inside a group
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure


@asynccontextmanager
async def open_library(settings: Settings, environ: Mapping[str, str] | None = None) -> AsyncGenerator[Library]:
    """Open what may be looked up: the engines that are configured, the way to pages, private documents.

    :raises BadConfiguration: for an engine that there is not, or a key that would be seen on its way.
    """
    around = os.environ if environ is None else environ
    keys, trusted = key_of_engine(settings, around), not settings.merely_found
    async with (
        open_documents(settings.document_index) as documents,
        open_search(
            settings.search, around, [documents.engine] if documents else [], key_of=keys, trusted=trusted
        ) as search,
        open_fetcher(settings.fetch) as fetcher,
    ):
        yield Library(search, fetcher, documents.reader if documents else None)


def key_of_engine(settings: Settings, environ: Mapping[str, str]) -> KeyOf:
    """Where the keys of search engines come from: files and the keyring, as those of endpoints do."""
    keys = Keys(settings, environ)

    def key_of(engine: str) -> str | None:
        row = rows()[engine]
        base_url = settings.search.base_urls.get(engine, row.base_url)
        return next(iter(keys.of(Endpoint(engine, base_url, api_key_env=row.keys))), None)

    return key_of


def bridge_for(settings: Settings) -> Bridge | None:
    """The way to vendors that speak none of our wires, where an endpoint leads there; else nothing is loaded.

    :raises BadConfiguration: when the library for it is not installed.
    """
    name = next((name for name, table in settings.endpoints.items() if table.wire == BRIDGED), None)
    return Bridge(CLIENT_WIRES["chat"], f"endpoints.{name}.wire") if name else None
