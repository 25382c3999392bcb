"""The view of those who want the answer and nothing else."""

from fuseline.types.events import Event


class QuietView:
    """Shows nothing."""

    def show(self, event: Event) -> None:
        """Take no notice."""

    def beat(self) -> None:
        """Draw nothing."""

    def close(self) -> None:
        """Leave nothing behind."""
