"""The bytes of a page as they come, unpacked step by step, and never more of them than may be."""

import zlib
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, Protocol

from fuseline.pages.refusals import refused

brotli: Any = import_module("brotli")  # it has no types
ACCEPTED = "gzip, deflate, br"
RATIO = 100
"""How many times as large as on the wire a page may be."""
FREE = 256 << 10
"""Bytes that may be unpacked whatever their ratio: white space packs well in honest pages, too."""
SLICE = 4 << 10
"""Bytes of the wire that are unpacked at once, so that a bomb is known by its first ones."""
PIECE = 64 << 10
CODINGS = 2
"""Layers of packing that are undone."""


class Stage(Protocol):
    """One layer of packing."""

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Unpack what came, in pieces of bounded size.

        :raises PageFailed: when it is not packed that way.
        """
        ...


class Inflating:
    """gzip and deflate, with whatever header they have, or none."""

    def __init__(self, *, raw_allowed: bool) -> None:
        self._raw_allowed = raw_allowed
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._begun = False

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Unpack what came; what stands behind the end of the packed stream is left."""
        self._begin(packed)
        while packed and not self._inflate.eof:
            try:
                piece = self._inflate.decompress(packed, PIECE)
            except zlib.error:
                raise refused("unsupported:type") from None
            packed = self._inflate.unconsumed_tail
            if piece:
                yield piece

    def _begin(self, packed: bytes) -> None:
        """Choose between deflate with its header and without: servers send both under one name."""
        if packed and not self._begun:
            self._begun = True
            if self._raw_allowed and packed[0] & 0x0F != zlib.DEFLATED:
                self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)


class Brotli:
    """Brotli."""

    def __init__(self) -> None:
        self._decompressor: Any = brotli.Decompressor()

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Unpack what came."""
        try:
            piece = self._decompressor.process(packed, output_buffer_limit=PIECE)
            while piece or not self._decompressor.can_accept_more_data():
                yield piece
                piece = self._decompressor.process(b"", output_buffer_limit=PIECE)
        except brotli.error:
            raise refused("unsupported:type") from None


def stages_of(codings: str) -> tuple[Stage, ...]:
    """The layers that a `Content-Encoding` names, in the order in which they are undone.

    :raises PageFailed: when there is one that nobody asked for, or too many.
    """
    names = [name.strip().lower() for name in codings.split(",")]
    names = [name for name in reversed(names) if name not in ("", "identity")]
    if len(names) > CODINGS:
        raise refused("unsupported:type")
    return tuple(map(stage_of, names))


def stage_of(name: str) -> Stage:
    """One layer, by its name."""
    match name:
        case "gzip" | "x-gzip":
            return Inflating(raw_allowed=False)
        case "deflate":
            return Inflating(raw_allowed=True)
        case "br":
            return Brotli()
        case _:
            raise refused("unsupported:type")


class Body:
    """What has come of a page."""

    def __init__(self, stages: Sequence[Stage], wire_bytes: int, page_bytes: int) -> None:
        self._stages = stages
        self._wire_bytes = wire_bytes
        self._page_bytes = page_bytes
        self._unpacked = 0
        self.bytes = bytearray()
        self.wire = 0
        """Bytes that were taken off the wire."""
        self.truncated = ""
        """Which limit cut it short."""

    def take(self, chunk: bytes) -> bool:
        """Take in what came; whether more of it may come.

        :raises PageFailed: when it is a bomb, or not packed as it says.
        """
        room = self._wire_bytes - self.wire
        for start in range(0, min(len(chunk), room), SLICE):
            part = chunk[start : min(start + SLICE, room)]
            self.wire += len(part)
            self._unpack(part, self._stages)
            if self.truncated:
                return False
        if len(chunk) > room:
            self.truncated = "limit:size"
        return not self.truncated

    def _unpack(self, part: bytes, stages: Sequence[Stage]) -> None:
        if not stages:
            self._keep(part)
            return
        for piece in stages[0].feed(part):
            self._unpacked += len(piece)
            if self._unpacked > max(FREE, RATIO * self.wire):
                raise refused("limit:ratio")
            self._unpack(piece, stages[1:])
            if self.truncated:
                return

    def _keep(self, piece: bytes) -> None:
        room = self._page_bytes - len(self.bytes)
        self.bytes += piece[:room]
        if len(piece) > room:
            self.truncated = "limit:size"
