"""Connections to cameras and streams."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2

from pedpose.geometry import Image
from pedpose.reading.addresses import camera_number
from pedpose.reading.failure import ConnectionFailure
from pedpose.reading.opencv_log import SILENCE
from pedpose.reading.reader import DEFAULT_FPS
from pedpose.reading.video_reader import count_of, picture_of, rate_of

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame

    from pedpose.reading.av_input import AvInput

# What streams announce above this is the unit of a clock, not a rate.
_HIGHEST_FPS = 240.0

# FFmpeg guesses the rate of a stream from so many frames before it counts as open. With its own
# 20 slow cameras take seconds longer to open.
_LOOK_FRAMES = 4


class Connection(Protocol):
    """An open camera or stream.

    Attributes:
        fps: Frames a second that it announces, 25 where it does not.
        decoder: How it is decoded.
    """

    fps: float
    decoder: str

    def grab(self) -> bool:
        """Wait for the next frame; return False where the other side has ended.

        Raises:
            ConnectionFailure: If the connection broke, or no frame came in time.
        """

    def picture(self) -> Image:
        """Return the frame that was grabbed last as (H, W, 3) RGB uint8."""

    def close(self) -> None:
        """Let go of the camera or connection."""


class OpenCvConnection:
    """A camera or stream that OpenCV has opened."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        """Take an open capture, which is released with this."""
        self.capture = capture
        self.fps = _sane(rate_of(capture))
        self.decoder = "opencv"

    def grab(self) -> bool:
        """Wait for the next frame; OpenCV does not tell an end from a failure."""
        return bool(self.capture.grab())

    def picture(self) -> Image:
        """Return the frame that was grabbed last as (H, W, 3) RGB uint8.

        Raises:
            ConnectionFailure: If it cannot be decoded.
        """
        return picture_of(self.capture)

    def close(self) -> None:
        """Release the device or connection."""
        self.capture.release()

    @property
    def is_finite(self) -> bool:
        """Whether it announces its length, as recordings do and live streams do not."""
        return count_of(self.capture) is not None


class AvConnection:
    """A stream that PyAV has opened."""

    def __init__(self, source: AvInput, patience_s: float) -> None:
        """Take an open input, which is closed with this; frames may be so many seconds apart."""
        self.source = source
        # Many cameras write one rate into the picture data and send at another.
        self.fps = _sane(float(source.stream.guessed_rate or source.fps))
        self.decoder = f"pyav {source.codec}"
        self._patience_s = patience_s
        self._frames = self._decoded()
        self._frame: VideoFrame | None = None

    def grab(self) -> bool:
        """Wait for the next frame; return False where the other side has ended.

        Raises:
            ConnectionFailure: If the connection broke, or no frame came in time.
        """
        self._frame = next(self._frames, None)
        return self._frame is not None

    def picture(self) -> Image:
        """Return the frame that was grabbed last as (H, W, 3) RGB uint8, upright."""
        from pedpose.reading.av_input import upright_rgb

        if self._frame is None:
            raise ConnectionFailure("no frame")
        return upright_rgb(self._frame)

    def close(self) -> None:
        """Close the connection."""
        self.source.close()

    def _decoded(self) -> Iterator[VideoFrame]:
        """Yield the frames as they arrive."""
        import av

        from pedpose.reading.av_input import reason_of

        last = time.monotonic()
        # All packets, so that sound which goes on does not hide that the picture stands still.
        packets = self.source.container.demux()
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                raise ConnectionFailure(reason_of(error)) from None
            if packet is None:
                return
            if packet.stream is self.source.stream:
                for frame in _frames_of(packet):
                    yield frame
                    last = time.monotonic()
            if time.monotonic() - last > self._patience_s:
                raise ConnectionFailure(f"no picture for {self._patience_s:g} s")


def connect(url: str, open_s: float, read_s: float) -> Connection:
    """Open a camera, or a stream by PyAV where it is installed, else by OpenCV.

    Args:
        url: Number of a camera, its device, or an address.
        open_s: Most seconds until the other side has to answer.
        read_s: Most seconds between two frames.

    Raises:
        ConnectionFailure: If it cannot be opened; the message is only the reason.
    """
    number = camera_number(url)
    if number is not None:
        return _open_camera(url, number)
    try:
        from pedpose.reading.av_input import AvInput
    except ImportError:
        return _open_by_opencv(url, open_s, read_s)
    options = {"fpsprobesize": str(_LOOK_FRAMES)}
    if url.lower().startswith("rtsp"):
        options["rtsp_flags"] = "prefer_tcp"
    source = AvInput(url, (open_s, read_s), options, threads="SLICE")
    return AvConnection(source, read_s)


def _frames_of(packet: Packet[Stream]) -> list[VideoFrame]:
    """Return the frames of a packet; one that cannot be decoded was damaged on the way."""
    import av
    from av.video.frame import VideoFrame

    try:
        return [frame for frame in packet.decode() if isinstance(frame, VideoFrame)]
    except av.FFmpegError:
        return []


def camera_devices() -> list[str]:
    """Return the cameras that Linux knows."""
    return sorted(str(path) for path in Path("/dev").glob("video*"))


def _open_camera(url: str, number: int) -> OpenCvConnection:
    """Open a camera by its number or device."""
    linux = sys.platform == "linux"
    if linux and f"/dev/video{number}" not in camera_devices():
        there = ", ".join(camera_devices()) or "none at all"
        raise ConnectionFailure(f"no camera {number}; cameras there are: {there}", final=True)
    with SILENCE:
        capture = cv2.VideoCapture(number, cv2.CAP_V4L2 if linux else cv2.CAP_ANY)
    if not capture.isOpened():
        raise ConnectionFailure(
            f"a device {url} that cannot be opened as a camera: it is not one, another program "
            "uses it, or you may not"
        )
    return OpenCvConnection(capture)


def _open_by_opencv(url: str, open_s: float, read_s: float) -> OpenCvConnection:
    """Open a stream by OpenCV."""
    limits = [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(open_s * 1000)),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(read_s * 1000)),
    ]
    with SILENCE:
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        raise ConnectionFailure("nothing that OpenCV can open there")
    return OpenCvConnection(capture)


def _sane(fps: float) -> float:
    """Return a rate that a camera can have."""
    return fps if fps <= _HIGHEST_FPS else DEFAULT_FPS
