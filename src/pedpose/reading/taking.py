"""Apply a selection to frames as they come."""

from __future__ import annotations

from pedpose.errors import SourceError
from pedpose.reading.selection import Selection

# Decoders give times as rounded fractions; 0.1 + 0.2 must still count as 0.3.
_SLACK_S = 1e-6


class Taking:
    """Says of each frame in turn whether it is taken."""

    def __init__(self, selection: Selection) -> None:
        """Begin before the first frame."""
        self._selection = selection
        self._started = False
        self._reached = 0
        self.taken = 0

    @property
    def full(self) -> bool:
        """Whether as many frames were taken as may be."""
        limit = self._selection.max_frames
        return limit is not None and self.taken >= limit

    def is_over(self, time_s: float) -> bool:
        """Whether neither a frame at this time nor a later one is taken."""
        self._started |= time_s >= self._selection.start_s - _SLACK_S
        return self.full or time_s >= self._selection.end_s - _SLACK_S

    def takes(self, time_s: float) -> bool:
        """Whether the next frame, at this time, is taken; to be asked once a frame."""
        self._started |= time_s >= self._selection.start_s - _SLACK_S
        if not self._started:
            return False
        taken = self._reached % self._selection.stride == 0
        self._reached += 1
        self.taken += taken
        return taken

    def check_started(self, label: str, length_s: float) -> None:
        """Make sure that the start lies in the video.

        Raises:
            SourceError: If all of its length, in seconds, was before the start.
        """
        if not self._started:
            raise SourceError(
                f"{label}: expected a start within the video, found {self._selection.start_s:g} s "
                f"where it is {length_s:.3f} s long"
            )
