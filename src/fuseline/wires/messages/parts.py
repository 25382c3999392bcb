"""The parts of a message, written as blocks for upstreams."""

from collections.abc import Iterator, Mapping

from fuseline.types.json import Json, JsonObject, object_of
from fuseline.types.messages import Attachment, Part, Text


def write_parts(content: str | tuple[Part, ...]) -> Iterator[JsonObject]:
    """A message's content as blocks in their order, less blank texts, which this protocol refuses."""
    for part in (Text(content),) if isinstance(content, str) else content:
        if isinstance(part, Attachment):
            yield write_attachment(part)
        elif part.text.strip():
            yield {"type": "text", "text": part.text}


def write_attachment(part: Attachment) -> JsonObject:
    """A part that is not text, from the form of chat completions; what is of no known kind goes as it came."""
    match part.body.get("type"):
        case "image_url":
            image = part.body.get("image_url")
            return {"type": "image", "source": write_source(str(object_of(image).get("url", image)))}
        case "file":
            return write_document(object_of(part.body.get("file")))
        case _:
            return part.body


def write_document(file: Mapping[str, Json]) -> JsonObject:
    """A file as a document."""
    title: dict[str, Json] = {"title": file["filename"]} if file.get("filename") else {}
    if "file_id" in file:
        return {"type": "document", **title, "source": {"type": "file", "file_id": file["file_id"]}}
    source = write_source(str(file.get("file_data") or file.get("file_url") or ""))
    return {"type": "document", **title, "source": source}


def write_source(url: str) -> JsonObject:
    """Where something is, or what it is, from its URL."""
    head, comma, content = url.partition(",")
    if not (comma and head.startswith("data:")):
        return {"type": "url", "url": url}
    return {"type": "base64", "media_type": head.removeprefix("data:").partition(";")[0], "data": content}


def plain_id(id: str) -> str:
    """The id of a call in those characters that this protocol takes, whichever upstream made it."""
    return "".join(letter if (letter.isascii() and letter.isalnum()) or letter in "_-" else "_" for letter in id)
