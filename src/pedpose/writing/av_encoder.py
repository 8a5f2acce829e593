"""H.264 by PyAV (extra ``video``); imported only where it is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.error import FFmpegError
from av.video import VideoStream
from av.video.reformatter import VideoReformatter

from pedpose.geometry import Image

# The first that this build of PyAV has. OpenH264 is in builds without GPL, MPEG-4 in all.
_CODECS = (("libx264", "H.264"), ("libopenh264", "H.264"), ("mpeg4", "MPEG-4"))
# No B-frames: where frames come at uneven times, MP4 would take the order in which they are
# decoded for their times, and the video would seem to end too early.
_OPTIONS = {
    "libx264": {"crf": "23", "preset": "veryfast", "bf": "0"},
    "libopenh264": {"rc_mode": "quality"},
    "mpeg4": {"qscale": "4"},
}
# Holds the frames of all usual rates, 29.97 included, and is below the 65536 of MPEG-4.
_TICKS = 60000
_THREADS = min(4, os.cpu_count() or 1)  # each keeps frames
_BT601 = 6  # SMPTE 170M in ITU-T H.273: how swscale makes YUV of RGB
_LIMITED_RANGE = 1


class AvEncoder:
    """Writes frames with the times at which they were seen."""

    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        """Open a file for frames of an even width and height.

        Raises:
            OSError: If it cannot be written.
        """
        name, label = next(c for c in _CODECS if c[0] in av.codecs_available)
        self.codec = f"{label} by PyAV"
        self._path = path
        self._interval = max(1, round(_TICKS / fps))
        self._start_s: float | None = None
        self._last = -1
        self._reformatter = VideoReformatter()
        self._closed = self._broken = False
        with self._os_errors():
            # The index comes first, so that a browser begins before it has the whole file.
            self._file = av.open(str(path), "w", options={"movflags": "+faststart"})
            stream = self._file.add_stream(name, rate=Fraction(round(fps * 100), 100))
            self._stream = cast(VideoStream, stream)
            self._stream.width, self._stream.height = size
            self._stream.pix_fmt = "yuv420p"
            self._stream.options = dict(_OPTIONS[name])
            context = self._stream.codec_context
            context.time_base = Fraction(1, _TICKS)
            context.thread_count = _THREADS
            context.colorspace = _BT601
            context.color_range = _LIMITED_RANGE

    def write(self, image: Image, time_s: float) -> None:
        """Append a frame (H, W, 3) RGB uint8; of two at one time, the second is a tick later.

        Raises:
            OSError: If it cannot be written.
        """
        if self._start_s is None:
            self._start_s = time_s
        frame = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(image, format="rgb24"),
            format="yuv420p",
            interpolation="AREA",
        )
        self._last = max(round((time_s - self._start_s) * _TICKS), self._last + 1)
        frame.pts, frame.time_base = self._last, Fraction(1, _TICKS)
        with self._os_errors():
            self._mux(frame)

    def close(self) -> None:
        """Write what the codec holds back, and the index.

        Raises:
            OSError: If it cannot be written.
        """
        if self._broken:  # nothing more may be written: FFmpeg would crash
            with suppress(FFmpegError):
                self._file.close()
        elif not self._closed:
            self._closed = True
            with self._os_errors():
                self._mux(None)
                self._file.close()

    def _mux(self, frame: av.VideoFrame | None) -> None:
        """Encode a frame, or what the codec holds back, and write what is done."""
        for packet in self._stream.encode(frame):
            packet.duration = self._interval  # how long the last frame stands
            self._file.mux(packet)

    @contextmanager
    def _os_errors(self) -> Iterator[None]:
        """Make FFmpeg's errors errors of writing this file."""
        try:
            yield
        except FFmpegError as error:
            self._broken = True
            raise OSError(error.errno, error.strerror, str(self._path)) from error
