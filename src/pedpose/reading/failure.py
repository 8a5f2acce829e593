"""Why a connection was not made, or broke."""

from __future__ import annotations

from pedpose.errors import SourceError


class ConnectionFailure(SourceError):
    """A file, camera or stream could not be opened, or stopped to give frames.

    The message is only the reason: whoever catches it adds what was to be opened.
    """

    def __init__(self, reason: str, final: bool = False) -> None:
        """Keep the reason, and whether trying again at once would give the same."""
        super().__init__(reason)
        self.final = final
