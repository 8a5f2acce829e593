"""Video by OpenCV, which is always there."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import cv2

from pedpose.geometry import Image

# H.264 plays everywhere, but OpenCV from PyPI can write it on macOS and Windows only, and where it
# cannot it floods the terminal with errors of its own. MPEG-4 is in all of its builds.
_MPEG_4 = ("mp4v", "MPEG-4")
_CODECS = (("avc1", "H.264"), _MPEG_4) if sys.platform in ("darwin", "win32") else (_MPEG_4,)


class OpenCvEncoder:
    """Writes frames at a fixed rate."""

    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        """Open a file for frames of an even width and height.

        Raises:
            OSError: If it cannot be written.
        """
        self._path = path
        for code, label in _CODECS:
            self._file = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), fps, size)
            if self._file.isOpened():
                self.codec = f"{label} by OpenCV"
                return
        raise OSError(errno.EIO, "OpenCV cannot write a video there", str(path))

    def write(self, image: Image, time_s: float) -> None:
        """Append a frame (H, W, 3) RGB uint8; its time is not kept.

        Raises:
            OSError: If OpenCV tells that it could not; not all of its versions do.
        """
        written: object = self._file.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        if written is False:
            raise OSError(errno.EIO, "OpenCV cannot write; the disk may be full", str(self._path))

    def close(self) -> None:
        """Finish the file; whether that worked shows in the file only."""
        self._file.release()
