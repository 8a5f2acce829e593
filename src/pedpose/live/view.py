"""Where pictures are shown while they are found."""

from __future__ import annotations

from typing import Protocol

from pedpose.geometry import Image
from pedpose.reading.sources import Source


class View(Protocol):
    """Shows the newest picture of each source; never holds up who hands them over."""

    def show(self, source: Source, picture: Image, people: int, time_s: float | None) -> None:
        """Take a picture in the place of the source's last one.

        Args:
            source: What it is of.
            picture: (H, W, 3) RGB uint8 with the people drawn in; it is kept, so nobody may
                change it any more.
            people: How many there are in it.
            time_s: Its time in the source in seconds; None for a picture.
        """

    def finish(self, source: Source) -> None:
        """Take note that a source has ended, also one that nothing was shown of."""

    @property
    def closed(self) -> bool:
        """Whether the user has ended it, and wants the run to end."""
