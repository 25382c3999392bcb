"""What every way of showing a run can do."""

from typing import Protocol

from fuseline.types.events import Event


class View(Protocol):
    """Shows the events of one run, whichever way. What the answer says goes to standard output, not here."""

    def show(self, event: Event) -> None:
        """Take in what happened."""

    def beat(self) -> None:
        """Draw what moves by itself; called some ten times a second."""

    def close(self) -> None:
        """Leave the terminal as it should be. May be called more than once."""
