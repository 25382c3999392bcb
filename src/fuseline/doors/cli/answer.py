"""Where the answer goes: standard output, piece by piece as it is written or whole at the end."""

from typing import TextIO

from fuseline.doors.cli.terminal import safe


class Answer:
    """The answer on its way out. A terminal gets it without control characters, a pipe exactly as it was written."""

    def __init__(self, stream: TextIO, *, streamed: bool) -> None:
        self._stream = stream
        self._streamed = streamed
        self._clean = stream.isatty()
        self._last = ""

    def say(self, piece: str) -> None:
        """Print a piece, if pieces are wanted.

        :raises BrokenPipeError: when nobody reads any more.
        """
        if self._streamed:
            self._print(piece)

    def finish(self, whole: str) -> None:
        """Print what has not been printed yet, and end the line."""
        if not self._last:
            self._print(whole)
        self.end_line()

    def end_line(self) -> None:
        """End the last line, if something was printed and it is open."""
        if self._last not in ("", "\n"):
            self._print("\n")

    def _print(self, text: str) -> None:
        written = safe(text) if self._clean else text
        if written:
            self._last = written[-1]
            self._stream.write(written)
            self._stream.flush()


class NoAnswer:
    """For those who get the answer inside an object."""

    def say(self, piece: str) -> None:
        """Take no notice."""

    def finish(self, whole: str) -> None:
        """Print nothing."""

    def end_line(self) -> None:
        """End nothing."""
