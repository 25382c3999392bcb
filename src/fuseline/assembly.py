"""Settings made into a running gateway, opened and closed as one. The only file that names every concrete class."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fuseline.catalog.catalog import Catalog
from fuseline.catalog.local import probe
from fuseline.gateway import Gateway
from fuseline.planner.planner import Planner
from fuseline.providers.switchboard import Switchboard
from fuseline.settings import Settings
from fuseline.storage.base import Store
from fuseline.storage.sqlite import open_sqlite
from fuseline.wires.base import ClientWire, ServerWire
from fuseline.wires.chat.wire import ChatClient, ChatServer
from fuseline.wires.messages.wire import MessagesClient, MessagesServer
from fuseline.wires.responses.wire import ResponsesClient, ResponsesServer

CLIENT_WIRES: Mapping[str, ClientWire] = {
    "chat": ChatClient(),
    "responses": ResponsesClient(),
    "messages": MessagesClient(),
}
SERVER_WIRES: Mapping[str, ServerWire] = {
    "chat": ChatServer(),
    "responses": ResponsesServer(),
    "messages": MessagesServer(),
}


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a door may need."""

    settings: Settings
    catalog: Catalog
    gateway: Gateway
    store: Store


@asynccontextmanager
async def open_house(settings: Settings, environ: Mapping[str, str] | None = None) -> AsyncGenerator[House]:
    """Open the store and the connections, look for local servers, and put the gateway together.

    :raises BadConfiguration: when the settings contradict themselves or the database cannot be opened.
    """
    known = os.environ if environ is None else environ
    catalog = await open_catalog(settings, known)
    async with (
        open_sqlite(settings.database) as store,
        Switchboard(catalog.resolve, CLIENT_WIRES, settings.clocks, settings.limits, known) as switchboard,
    ):
        gateway = Gateway(settings, Planner(catalog, settings.fusion), switchboard, store)
        yield House(settings, catalog, gateway, store)


async def open_catalog(settings: Settings, environ: Mapping[str, str] | None = None) -> Catalog:
    """The catalogue of what can be called now, local servers included."""
    local = await probe(settings.local.timeout_s) if settings.local.probe else ()
    return Catalog.build(settings, os.environ if environ is None else environ, local)
