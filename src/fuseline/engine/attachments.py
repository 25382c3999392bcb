"""Which attachments a model takes, and what it gets in place of those that it does not."""

from collections.abc import Iterable, Mapping

from fuseline.types.messages import Message, Part, Text
from fuseline.types.models import Modality, Model
from fuseline.types.quick import replace

KINDS: Mapping[str, Modality] = {
    "image_url": "image",
    "input_image": "image",
    "image": "image",
    "file": "file",
    "input_file": "file",
    "document": "file",
    "input_audio": "audio",
    "audio": "audio",
    "video_url": "video",
    "input_video": "video",
    "video": "video",
}
"""What a part shows, by the type that it goes by on the wires."""
PLURALS: Mapping[Modality, str] = {"image": "images", "file": "files", "audio": "audio", "video": "videos"}
WORDS: Mapping[Modality, str] = {"image": "An image", "file": "A file", "audio": "A recording", "video": "A video"}


def kind_of(part: Part) -> Modality | None:
    """What a part shows beside text; `None` for text, and for a type that only its upstream can know."""
    return None if isinstance(part, Text) else KINDS.get(str(part.body.get("type")))


def refusal(messages: Iterable[Message], model: Model) -> str:
    """A sentence on what a conversation shows and the model does not take; empty where it takes all."""
    shown = {kind for message in messages for part in parts_of(message) if (kind := kind_of(part))}
    unknown = shown - model.takes
    strange = [PLURALS[kind] for kind in PLURALS if kind in unknown] if unknown else []
    return f"the model takes no {' and no '.join(strange)}" if strange else ""


def visible(messages: Iterable[Message], model: Model) -> tuple[Message, ...]:
    """The conversation with a sentence in place of each attachment that the model does not take."""
    return tuple(replaced(message, model) for message in messages)


def replaced(message: Message, model: Model) -> Message:
    """One message of it; the same where there is nothing to replace."""
    parts = tuple(seen(part, model) for part in parts_of(message))
    if parts == parts_of(message):
        return message
    if all(isinstance(part, Text) for part in parts):
        return replace(message, content="\n\n".join(part.text for part in parts if isinstance(part, Text)))
    return replace(message, content=parts)


def seen(part: Part, model: Model) -> Part:
    """One part of it."""
    kind = kind_of(part)
    if kind is None or kind in model.takes:
        return part
    return Text(f"[{WORDS[kind]} was attached that this model cannot see.]")


def told(message: Message) -> str:
    """A message as words alone, each attachment as a mention of it."""
    return "\n\n".join(mention(part) for part in parts_of(message)) or message.text


def mention(part: Part) -> str:
    """A part as words."""
    kind = kind_of(part)
    return part.text if isinstance(part, Text) else f"[{WORDS[kind] if kind else 'Something'} was attached.]"


def parts_of(message: Message) -> tuple[Part, ...]:
    """The parts of a message; none where it is plain text."""
    return () if isinstance(message.content, str) else message.content
