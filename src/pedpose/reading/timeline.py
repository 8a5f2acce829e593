"""Times of frames that never run backwards."""

from __future__ import annotations

# A larger step back means that the clock of the file began anew, as where recordings were joined.
_RESTART_S = 1.0


class Timeline:
    """Turns the time stamps of a video into seconds that never decrease.

    A frame without a stamp comes one frame's duration after the one before. Where the stamps begin
    anew in the middle, the times go on from the last frame; a small step back is held.
    """

    def __init__(self, fps: float) -> None:
        """Begin before the first frame; a video has fps frames a second."""
        self._step = 1 / fps
        self._shift = 0.0
        self._last: float | None = None

    def at(self, stamp: float | None) -> float:
        """Return the time of the next frame in seconds from its stamp, None where it has none."""
        last = self._last
        if stamp is None:
            time_s = 0.0 if last is None else last + self._step
        else:
            time_s = stamp + self._shift
            if last is not None and time_s < last - _RESTART_S:
                self._shift += last + self._step - time_s
                time_s = last + self._step
            elif last is not None:
                time_s = max(time_s, last)
        self._last = time_s
        return time_s
