"""Open files and streams with PyAV."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pedpose.errors import SourceError
from pedpose.geometry import Image
from pedpose.reading.failure import ConnectionFailure
from pedpose.reading.files import MOST_PIXELS, check_video_file, too_large
from pedpose.reading.reader import DEFAULT_FPS

# Playlists: their size tells nothing of the length of what they list.
_PLAYLISTS = ("dash", "hls")

_FINAL = (
    av.error.DecoderNotFoundError,
    av.error.DemuxerNotFoundError,
    av.error.HTTPBadRequestError,
    av.error.HTTPForbiddenError,
    av.error.HTTPNotFoundError,
    av.error.HTTPOtherClientError,
    av.error.HTTPUnauthorizedError,
    av.error.ProtocolNotFoundError,
)


class AvInput:
    """The pictures of a file or stream, opened; to be closed.

    Attributes:
        container: All that is in it.
        stream: Its best series of pictures.
        fps: Frames a second, the average where it varies; 25 where it does not tell.
        frame_count: How many frames it announces, which can be wrong, or None.
        has_times: Whether it tells when a frame is shown. AVI only counts what it stores.
    """

    container: InputContainer
    stream: VideoStream

    def __init__(
        self,
        url: str,
        timeout: tuple[float, float] | None = None,
        options: Mapping[str, str] | None = None,
        threads: str = "AUTO",
    ) -> None:
        """Open a file or address.

        Args:
            url: An absolute path, or an address that may hold a password.
            timeout: Most seconds to open it, and to wait for data.
            options: Settings of FFmpeg for the format and protocol.
            threads: ``AUTO``, or ``SLICE`` where frames must come out at once.

        Raises:
            ConnectionFailure: If it cannot be opened or has no moving picture; the message is only
                the reason, without the address.
        """
        try:
            self.container = av.open(
                url, timeout=timeout, options=dict(options or {}), metadata_errors="ignore"
            )
        except (av.FFmpegError, ValueError) as error:
            # FFmpeg's message repeats the address, so neither it nor its traceback goes on.
            raise ConnectionFailure(reason_of(error), final=_is_final(error)) from None
        moving = [s for s in self.container.streams.video if not _is_cover(s)]
        if not moving:
            kinds = ", ".join(sorted({stream.type for stream in self.container.streams}))
            self.container.close()
            raise ConnectionFailure(f"no moving picture but {kinds or 'nothing'}", final=True)
        best = self.container.streams.best("video")
        self.stream = best if isinstance(best, VideoStream) and best in moving else moving[0]
        if self.stream.codec_context is None:
            self.container.close()
            raise ConnectionFailure("moving pictures of a kind that cannot be decoded", final=True)
        width, height = self.stream.codec_context.width, self.stream.codec_context.height
        if width * height > MOST_PIXELS:
            self.container.close()
            raise ConnectionFailure(too_large(width, height), final=True)
        # The size may grow between two frames, too.
        self.stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
        self.stream.thread_type = threads
        self.fps = float(self.stream.average_rate or 0) or DEFAULT_FPS
        seconds = self._duration_s
        announced = self.stream.frames or (round(seconds * self.fps) if seconds else 0)
        self.frame_count = announced if announced > 0 else None
        self.has_times = self.container.format.name != "avi"

    def close(self) -> None:
        """Close the file or connection."""
        self.container.close()

    @property
    def codec(self) -> str:
        """The name of its compression."""
        return self.stream.codec_context.name

    @property
    def time_base(self) -> Fraction:
        """Seconds of one unit of its time stamps."""
        return self.stream.time_base or Fraction(1, 1)

    @property
    def is_finite(self) -> bool:
        """Whether its length is told: in seconds by its header, or in bytes by the server."""
        if self.container.format.name.split(",")[0] in _PLAYLISTS:
            return self._duration_s > 0
        return self._duration_s > 0 or self.container.size > 0

    @property
    def _duration_s(self) -> float:
        """Its length in seconds, 0 where it does not tell."""
        if self.stream.duration:
            return float(self.stream.duration * self.time_base)
        return (self.container.duration or 0) / av.time_base


def open_file(path: Path) -> AvInput:
    """Open a video file.

    Raises:
        SourceError: If the file is missing, empty, or not a video that PyAV can read.
    """
    check_video_file(path)
    try:
        # A file may name others to be read along; none of them shall be on a network.
        return AvInput(str(path.absolute()), options={"protocol_whitelist": "file"})
    except ConnectionFailure as failure:
        raise SourceError(f"{path}: expected a video, found: {failure}") from None


def upright_rgb(frame: VideoFrame) -> Image:
    """Return a frame as (H, W, 3) RGB uint8, turned by the rotation it carries."""
    # One thread: waiting for several takes longer than the work, and decoding needs them.
    image = np.asarray(frame.reformat(format="rgb24", threads=1).to_ndarray(), np.uint8)
    return np.ascontiguousarray(np.rot90(image, round(frame.rotation / 90) % 4))


def reason_of(error: Exception) -> str:
    """Return what went wrong, without the address that FFmpeg repeats in its messages."""
    if isinstance(error, av.error.ExitError):
        return "no answer in time"
    return str(getattr(error, "strerror", None) or type(error).__name__)


def _is_final(error: Exception) -> bool:
    """Whether trying again would give the same."""
    return not isinstance(error, av.FFmpegError) or isinstance(error, _FINAL)


def _is_cover(stream: VideoStream) -> bool:
    """Whether it is the one picture that goes with a piece of music."""
    return bool(stream.disposition & Disposition.attached_pic)
