"""A video that appears under its name when it is complete."""

from __future__ import annotations

import errno
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import cv2

from pedpose.files import atomic_path
from pedpose.geometry import Image
from pedpose.writing.mp4_index import frames_in_mp4

LEAST_SIDE = 2
MOST_SIDE = 8190
_DEFAULT_FPS = 25.0
_LARGEST_FPS = 600.0


class Encoder(Protocol):
    """Writes frames of one size into a file.

    Attributes:
        codec: What it writes, by what, as users are told.
    """

    codec: str

    def write(self, image: Image, time_s: float) -> None:
        """Append a frame (H, W, 3) RGB uint8 with even sides."""

    def close(self) -> None:
        """Finish the file."""


class VideoFile:
    """A video, written frame by frame; a context manager.

    With PyAV it is H.264 that browsers play, and each frame stands for as long as it was seen.
    Without, it is what OpenCV can write, at the average frame rate. An odd last row or column is
    cut off, since codecs halve the resolution of colour; frames of another size than the first
    are scaled to it. Where no frame is written there is no file.

    Attributes:
        codec: What is written, such as "H.264 by PyAV"; empty before the first frame.
    """

    def __init__(self, path: Path, fps: float | None) -> None:
        """Prepare to write.

        Args:
            path: Where it appears; .mp4.
            fps: Average frames a second; 25 where it is None or 0.
        """
        self.codec = ""
        self._path = path
        # MPEG-4 counts time in up to 65535 parts of a second: a rate of many digits has no form.
        self._fps = min(round(fps or _DEFAULT_FPS, 2), _LARGEST_FPS) or _DEFAULT_FPS
        self._size = 0, 0
        self._frames = 0
        self._temporary = path
        self._encoder: Encoder | None = None
        self._file = ExitStack()

    def write(self, image: Image, time_s: float) -> None:
        """Append a frame.

        Args:
            image: (H, W, 3) RGB uint8.
            time_s: When it was seen, not before the last one; the first one is where the video
                begins.

        Raises:
            OSError: If the file cannot be written.
            ValueError: If the first frame is smaller or larger than a video can be.
        """
        if self._encoder is None:
            self._encoder = self._open(image)
        width, height = self._size
        if (image.shape[1] // 2 * 2, image.shape[0] // 2 * 2) != self._size:
            image = cv2.resize(image, self._size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        self._encoder.write(image[:height, :width], time_s)
        self._frames += 1

    def __enter__(self) -> Self:
        """Return the video."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file, or remove it where the block raised.

        Raises:
            OSError: If the file cannot be written to its end.
        """
        with self._file:
            if error is not None:
                raise error  # so that the file is told that it is not finished
            if self._encoder is not None:
                self._encoder.close()
                self._check()

    def _open(self, image: Image) -> Encoder:
        height, width = image.shape[:2]
        if min(height, width) < LEAST_SIDE or max(height, width) > MOST_SIDE:
            raise ValueError(
                f"{self._path}: expected sides of {LEAST_SIDE} to {MOST_SIDE} pixels, found "
                f"{width} x {height}"
            )
        self._size = width // 2 * 2, height // 2 * 2
        self._temporary = self._file.enter_context(atomic_path(self._path))
        encoder = _encoder(self._temporary, self._fps, self._size)
        self._file.callback(encoder.close)
        self.codec = encoder.codec
        return encoder

    def _check(self) -> None:
        """Refuse a file that lacks frames: OpenCV does not tell of a full disk."""
        found = frames_in_mp4(self._temporary)
        if found != self._frames:
            raise OSError(
                errno.EIO,
                f"expected a video of {self._frames} frames after writing, found {found}; the "
                "disk may be full",
                str(self._path),
            )


def _encoder(path: Path, fps: float, size: tuple[int, int]) -> Encoder:
    """Open the best encoder that is installed."""
    try:
        from pedpose.writing.av_encoder import AvEncoder
    except ImportError:  # PyAV is an extra
        from pedpose.writing.opencv_encoder import OpenCvEncoder

        return OpenCvEncoder(path, fps, size)
    return AvEncoder(path, fps, size)
