"""Notice when a video gave fewer frames than it announces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pedpose.errors import SourceError
from pedpose.reading.edit_list import shown_share

# Formats whose header counts the frames. For others the count is duration times frame rate,
# which is far off where the frame rate varies or the sound is longer than the picture.
_COUNTED_SUFFIXES = (".avi", ".m4v", ".mov", ".mp4")
# Formats whose length counts from time 0, even where the first frame is later.
_FROM_ZERO = (".mkv", ".webm")
_COUNT_TOLERANCE = 0.01
_TIME_TOLERANCE = 0.1


@dataclass(frozen=True, slots=True)
class Announced:
    """What the header of a video says of its length.

    Attributes:
        label: What to call the video in messages.
        file: The file; None where it is read over a network.
        frames: How many frames it announces, or None.
        fps: Frames a second.
    """

    label: str
    file: Path | None
    frames: int | None
    fps: float

    def check(
        self,
        read: int,
        time_s: float,
        begin_s: float = 0.0,
        broken: int = 0,
        reason: str = "",
    ) -> None:
        """Compare with what came out of the whole video.

        Args:
            read: How many frames came out.
            time_s: Time of the last one after the first one.
            begin_s: Time of the first one by the clock of the file.
            broken: How many places could not be decoded.
            reason: Why the reading stopped, where it was not at the end.

        Raises:
            SourceError: If no frame came out, if frames were lost to broken places, or if the
                video ends before its header says: by more than one frame and 1 % where the
                format counts frames and nothing is trimmed, else by more than 10 % of the
                duration.
        """
        because = f" ({reason})" if reason else ""
        if read == 0:
            raise SourceError(f"{self.label}: expected a video, found no readable frame in it")
        if broken and not reason:
            places = "1 place" if broken == 1 else f"{broken} places"
            wanted = "" if self.frames is None else f"expected {self.frames} frames, "
            raise SourceError(
                f"{self.label}: the video is damaged: {wanted}found {read} frames "
                f"and {places} that cannot be decoded"
            )
        if self._is_short(read, time_s + (begin_s if self._suffix in _FROM_ZERO else 0.0)):
            share = self._shown_share()
            expected = round((self.frames or 0) * share)
            raise SourceError(
                f"{self.label}: the video breaks off: expected {expected} frames, "
                f"found {read}{because}"
            )
        if reason:
            raise SourceError(
                f"{self.label}: expected a video that can be read to its end, "
                f"found {read} frames and then: {reason}"
            )

    def _is_short(self, read: int, reached_s: float) -> bool:
        """Whether more is missing than a header may be wrong by."""
        if self.frames is None:
            return False
        tolerance = max(1.0, _COUNT_TOLERANCE * self.frames)
        if self._suffix == ".avi":
            # AVI counts the empty places of frames that a camera has dropped, too; some may follow
            # the last frame.
            places = round(reached_s * self.fps) + 1
            read, tolerance = places, max(tolerance, places / read)
        if self.frames - read <= tolerance:
            return False
        share = self._shown_share()
        duration = self.frames / self.fps * share
        counts = self._is_counted() and share > 1 - _COUNT_TOLERANCE
        return counts or reached_s + 1 / self.fps < duration * (1 - _TIME_TOLERANCE)

    def _is_counted(self) -> bool:
        """Whether the header counts frames."""
        return self._suffix in _COUNTED_SUFFIXES

    @property
    def _suffix(self) -> str:
        """The suffix of the file in lower case, empty where there is no file."""
        return "" if self.file is None else self.file.suffix.lower()

    def _shown_share(self) -> float:
        """Return which share of the frames an edit list shows."""
        return shown_share(self.file) if self.file is not None and self._is_counted() else 1.0
