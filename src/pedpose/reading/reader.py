"""What all readers of moving sources have in common."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

from pedpose.reading.frame import Frame


class Reader(Protocol):
    """An open video, sequence, camera or stream; a context manager that gives frames once.

    Attributes:
        fps: Frames a second, the average where it varies.
        frame_count: How many frames it announces, which can be wrong; None where it does not, and
            for live sources.
        gaps: How often a live source was lost and found again so far.
        live: Whether frames come at their own pace, whether or not somebody takes them.
        decoder: How it is decoded, such as ``pyav h264`` or ``opencv``.
    """

    fps: float
    frame_count: int | None
    gaps: int
    live: bool
    decoder: str

    def __enter__(self) -> Self:
        """Return the open reader."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close what it reads."""

    def __iter__(self) -> Iterator[Frame]:
        """Yield the selected frames.

        Raises:
            SourceError: After the last frame, if some that were asked for could not be read.
        """

    def stop(self) -> None:
        """Let a running iteration end soon, without an error; from any thread."""
