"""Thoughts that a model writes into its text, told from the text while both arrive in pieces."""

from typing import Literal

OPENING, CLOSING = "<think>", "</think>"
BREAKS = "\r\n"
"""What a model's template puts behind each of the tags."""


class Thoughts:
    """Parts the text of one reply. Only what stands at its very beginning between the tags is a thought."""

    def __init__(self) -> None:
        self._place: Literal["before", "opened", "inside", "closed", "behind"] = "before"
        self._held = ""
        """What may be part of a tag, and is told once that is known."""

    def part(self, piece: str) -> tuple[str, str]:
        """What of the next piece is thought, and what is text."""
        if self._place == "behind":
            return "", piece
        self._held += piece
        self._open()
        thought = self._thought()
        return thought, self._text()

    def rest(self) -> tuple[str, str]:
        """What was held back when no more is to come."""
        held, self._held = self._held, ""
        return (held, "") if self._place in ("opened", "inside") else ("", held)

    def _open(self) -> None:
        """Look whether the text begins with the first tag; where it does not, all of it is text."""
        if self._place != "before":
            return
        begun = self._held.lstrip()
        if begun.startswith(OPENING):
            self._place, self._held = "opened", begun.removeprefix(OPENING)
        elif not OPENING.startswith(begun):
            self._place = "behind"

    def _thought(self) -> str:
        """What of the held is surely thought."""
        if self._place == "opened":
            self._held = self._held.lstrip(BREAKS)
            self._place = "inside" if self._held else "opened"
        if self._place != "inside":
            return ""
        thought, tag, rest = self._held.partition(CLOSING)
        if tag:
            self._place, self._held = "closed", rest
            return thought
        kept = begun_tag(thought)
        self._held = thought[len(thought) - kept :]
        return thought[: len(thought) - kept]

    def _text(self) -> str:
        """What of the held is surely text."""
        if self._place == "closed":
            self._held = self._held.lstrip(BREAKS)
            self._place = "behind" if self._held else "closed"
        if self._place != "behind":
            return ""
        text, self._held = self._held, ""
        return text


def begun_tag(text: str) -> int:
    """How many characters at the end of a text may be the beginning of the closing tag."""
    return next((length for length in range(len(CLOSING) - 1, 0, -1) if text.endswith(CLOSING[:length])), 0)
