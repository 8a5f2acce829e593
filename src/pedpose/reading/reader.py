"""What all readers of moving sources have in common."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

from pedpose.reading.frame import Frame

DEFAULT_FPS = 25.0
"""Frames a second where a source does not tell."""


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


class FiniteReader:
    """What readers of files and recordings share: they are never lost, and wait to be read.

    A context manager that closes at the end of its block.

    Attributes:
        gaps: Always 0.
        live: Always False.
    """

    gaps: int = 0
    live: bool = False

    def __init__(self) -> None:
        """Begin without a wish to stop."""
        self._stopped = False

    def __enter__(self) -> Self:
        """Return the open reader."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close what it reads."""
        self.close()

    def close(self) -> None:
        """Let go of what it reads, and end an iteration that still runs."""
        self.stop()

    def stop(self) -> None:
        """Let a running iteration end soon, without an error; from any thread."""
        self._stopped = True
