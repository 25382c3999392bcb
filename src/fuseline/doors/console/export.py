"""A run as a file: Markdown, JSON, or one HTML page that is whole in itself."""

import importlib
import re
import time
import unicodedata
from dataclasses import asdict
from io import BytesIO
from typing import Literal
from zipfile import ZIP_DEFLATED, ZipFile

from anyio import to_thread
from pydantic_core import to_json
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import Route

from fuseline.assembly import House
from fuseline.doors.console.answers import API
from fuseline.doors.console.exports.sheet import sheet_of, title_of
from fuseline.doors.console.history import run_id_of
from fuseline.doors.console.recalled import messages_of, panel_of, question_of, run_of
from fuseline.doors.console.views import Shown, write_run
from fuseline.doors.http.lookups.shapes import Query, read_query
from fuseline.storage.base import Store, StoredRun
from fuseline.storage.rows import mended
from fuseline.types.errors import InvalidRequest, NotFound, shown
from fuseline.types.json import Json

Format = Literal["md", "json", "html"]
MEDIA_TYPES: dict[Format, str] = {
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
}
SHAPE = "fuseline.run/1"
"""The name of the JSON file's shape; it changes when something in it changes its meaning."""
LONGEST_NAME = 48
MOST = 100
"""Runs that one archive holds at the most."""
OTHER = re.compile(r"[^a-z0-9]+")
PAGE, MARKDOWN = "fuseline.doors.console.exports.page", "fuseline.doors.console.exports.markdown"


class ExportQuery(Query):
    """What kind of file is wanted."""

    format: Format = "md"


class Export:
    """The routes of files."""

    def __init__(self, house: House) -> None:
        self._store = house.store

    async def tell(self, request: HTTPRequest) -> Response:
        """Give a run as a file to be saved, never as a page of this server."""
        form = read_query(ExportQuery, request).format
        stored, seen = await kept(self._store, run_id_of(request))
        body = await to_thread.run_sync(write_file, form, stored, seen)
        headers = {
            "Content-Disposition": f'attachment; filename="{file_name(seen)}.{form}"',
            "X-Content-Type-Options": "nosniff",
        }
        return Response(body, headers=headers, media_type=MEDIA_TYPES[form])

    async def bundle(self, request: HTTPRequest) -> Response:
        """Give several runs as one archive, each as a file in it.

        :raises InvalidRequest: when no run is named, or too many are.
        """
        form, ids = read_query(ExportQuery, request).format, dict.fromkeys(request.query_params.getlist("run"))
        if not 1 <= len(ids) <= MOST:
            raise InvalidRequest(f"run: name 1 to {MOST} runs", "run")
        packed = BytesIO()
        with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
            for run_id in ids:
                await to_thread.run_sync(pack, archive, form, *await kept(self._store, run_id))
        headers = {
            "Content-Disposition": f'attachment; filename="fuseline-{len(ids)}-runs.zip"',
            "X-Content-Type-Options": "nosniff",
        }
        return Response(packed.getvalue(), headers=headers, media_type="application/zip")


async def kept(store: Store, run_id: str) -> tuple[StoredRun, Shown]:
    """A run as it is kept, and as it is shown.

    :raises NotFound: when there is none of that id.
    """
    listed = await store.listed(run_id)
    stored = await store.run(run_id) if listed else None
    if listed is None or stored is None:
        raise NotFound(f"there is no run {shown(run_id)}")
    prompt, votes = question_of(messages_of(stored.request)), await store.votes(run_id)
    return stored, Shown(run_of(stored), prompt, panel_of(stored), listed.marks, votes, asked=stored.request)


def pack(archive: ZipFile, form: Format, stored: StoredRun, seen: Shown) -> None:
    """Put a run into an archive as a file."""
    archive.writestr(f"{file_name(seen)}.{form}", write_file(form, stored, seen))


def write_file(form: Format, stored: StoredRun, seen: Shown) -> bytes:
    """The file's content. It takes a while for long texts."""
    content = bool(messages_of(stored.request))
    match form:
        case "md":
            text: str = importlib.import_module(MARKDOWN).write_markdown(sheet_of(seen, content))
            return text.encode("utf-8", "replace")
        case "html":
            page: str = importlib.import_module(PAGE).write_page(sheet_of(seen, content))
            return page.encode("utf-8", "replace")
        case "json":
            return to_json(mended(write_whole(stored, seen, content)), indent=2, inf_nan_mode="null")


def write_whole(stored: StoredRun, seen: Shown, content: bool) -> dict[str, Json]:
    """Everything that is known of a run: as the page shows it, and as it was kept."""
    return {
        "shape": SHAPE,
        "exported_at": time.time(),
        "texts_kept": content,
        "run": write_run(seen),
        "request": stored.request,
        "result": stored.result,
        "events": [asdict(event) for event in stored.events],
    }


def file_name(seen: Shown) -> str:
    """A name that every file system takes, without its ending."""
    ending = safe(seen.run.id)[-8:]
    return "-".join(part for part in ("fuseline", safe(title_of(seen))[:LONGEST_NAME].strip("-"), ending) if part)


def safe(text: str) -> str:
    """What of a text is letters and digits of ASCII, the rest as hyphens."""
    return OTHER.sub("-", unicodedata.normalize("NFKD", text).lower()).strip("-")


def routes(house: House) -> list[Route]:
    """The routes of files."""
    export = Export(house)
    return [
        Route(f"{API}/runs/{{id}}/export", export.tell, methods=["GET"]),
        Route(f"{API}/export", export.bundle, methods=["GET"]),
    ]
