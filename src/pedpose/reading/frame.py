"""What readers give: frames with their times, and how a source ended."""

from __future__ import annotations

from dataclasses import dataclass

from pedpose.geometry import Image


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture, or one picture of a video or stream.

    Attributes:
        image: (H, W, 3) RGB uint8, upright.
        index: 0-based position in the video, of a stream since it was opened; 0 for a picture.
            Frames that are left out are counted.
        time_s: Seconds since the start of the video, of a stream since it was opened; None for a
            picture. It never decreases.
        gap_s: Seconds before this frame that a stream was lost for; 0 where nothing is missing.
    """

    image: Image
    index: int
    time_s: float | None
    gap_s: float = 0.0


@dataclass(frozen=True, slots=True)
class End:
    """How the reading of a source ended.

    Attributes:
        frames: How many frames were looked at.
        error: Why it could not be read, or not to its end; None where it was.
        dropped: Frames of a live source that came while others were looked at, and were left out.
        gaps: How often a live source was lost and found again.
    """

    frames: int = 0
    error: str | None = None
    dropped: int = 0
    gaps: int = 0

    @property
    def partial(self) -> bool:
        """Whether some frames were looked at, and not all."""
        return self.error is not None and self.frames > 0
