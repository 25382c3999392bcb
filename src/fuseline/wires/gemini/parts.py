"""The parts of a message that are not text, written for upstreams from the form that chat completions have for them."""

from collections.abc import Mapping
from mimetypes import MimeTypes
from urllib.parse import urlsplit

from fuseline.types.json import Json, JsonObject, object_of
from fuseline.types.messages import Attachment

KINDS = MimeTypes()
"""The media types that the language's own library knows by their endings, whatever this machine adds to them."""


def write_attachment(part: Attachment) -> JsonObject:
    """A part that is not text; what is of no known kind goes as it came."""
    body = part.body
    match body.get("type"):
        case "image_url":
            return write_place(address(body.get("image_url")))
        case "video_url":
            return write_place(address(body.get("video_url")))
        case "file":
            return write_file(object_of(body.get("file")))
        case "input_audio":
            audio = object_of(body.get("input_audio"))
            return inline(f"audio/{audio.get('format') or 'wav'}", str(audio.get("data") or ""))
        case _:
            return body


def address(place: Json) -> str:
    """The URL of something, which stands in an object or by itself."""
    return str(object_of(place).get("url", place))


def write_file(file: Mapping[str, Json]) -> JsonObject:
    """A file: its content, its address, or the address that the vendor gave it when it was uploaded."""
    place = str(file.get("file_data") or file.get("file_url") or file.get("file_id") or "")
    name = str(file.get("filename") or "")
    if file.get("file_data") and not place.startswith(("data:", "http://", "https://", "gs://")):
        return inline(kind_of(name) or "application/pdf", place)
    return write_place(place, name)


def write_place(url: str, name: str = "") -> JsonObject:
    """Where something is, or what it is, from its URL. Its name says of what kind it is, where its URL does not."""
    head, comma, content = url.partition(",")
    if comma and head.startswith("data:"):
        return inline(head.removeprefix("data:").partition(";")[0], content)
    kind = kind_of(urlsplit(url).path) or kind_of(name)
    return {"fileData": {"fileUri": url, **({"mimeType": kind} if kind else {})}}


def inline(kind: str, content: str) -> JsonObject:
    """Encoded bytes that travel with the request."""
    return {"inlineData": {"mimeType": kind, "data": content}}


def kind_of(name: str) -> str:
    """The media type of what is called so; empty where its ending does not tell."""
    return KINDS.guess_type(name, strict=False)[0] or ""
