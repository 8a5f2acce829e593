"""Read the frames of a video with PyAV: true times, quick starts, nothing lost in silence."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import av
from av.video.frame import VideoFrame

from pedpose.errors import SourceError
from pedpose.reading.av_input import AvInput, open_file, reason_of, upright_rgb
from pedpose.reading.av_seek import Landing, find_landing
from pedpose.reading.completeness import Announced
from pedpose.reading.failure import ConnectionFailure
from pedpose.reading.frame import Frame
from pedpose.reading.reader import FiniteReader
from pedpose.reading.selection import Selection
from pedpose.reading.taking import Taking
from pedpose.reading.timeline import Timeline

# A frame and the time stamp at which it is shown, in units of the stream.
_Stamped = tuple[VideoFrame, int | None]


class AvVideo(FiniteReader):
    """A video file, or a recording at an address, opened with PyAV.

    A context manager whose iteration gives each selected frame once, upright, with the time at
    which it is shown after the first frame of the video. A late start of a file begins to decode
    at the key frame before it; positions are counted from the first frame all the same. Of a
    recording at an address they are time times frame rate, because counting would fetch all that
    lies before.

    Attributes:
        fps: Frames a second, the average where it varies.
        frame_count: How many frames the video announces, which can be wrong, or None.
        decoder: How it is decoded.
    """

    def __init__(
        self,
        source: AvInput,
        selection: Selection,
        label: str,
        file: Path | None,
        reopen: Callable[[], AvInput],
    ) -> None:
        """Take an open input; use ``open_av_video`` for files.

        Args:
            source: What to read, closed with this.
            selection: Which frames are taken.
            label: What to call it in messages.
            file: The file; None where it is read over a network.
            reopen: Opens the same again, where it cannot seek.
        """
        super().__init__()
        self._source = source
        self._selection = selection
        self._file = file
        self._reopen = reopen
        self._broken = 0
        self._reason = ""
        expected = source.frame_count if selection.whole else None
        self._announced = Announced(label, file, expected, source.fps)
        self.fps = source.fps
        self.frame_count = source.frame_count
        self.decoder = f"pyav {source.codec}"

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def __iter__(self) -> Iterator[Frame]:
        """Yield the selected frames.

        Raises:
            SourceError: After the last frame, if the video ends before its header says (see
                ``Announced``, only where the selection has no end), if frames could not be
                decoded, or if the start lies behind the end.
        """
        taking = Taking(self._selection)
        timeline = Timeline(self.fps)
        index, origin, frames = self._begin()
        time_s = 0.0
        for frame, stamp in frames:
            if self._stopped:
                return
            origin = stamp if origin is None else origin
            time_s = timeline.at(self._seconds(stamp, origin))
            if taking.is_over(time_s):
                break
            index += 1
            if taking.takes(time_s):
                yield Frame(upright_rgb(frame), index - 1, time_s)
                if taking.full:
                    break
        if self._stopped:
            return
        begin_s = self._seconds(origin, 0) or 0.0
        self._announced.check(index, time_s, begin_s, self._broken, self._reason)
        taking.check_started(self._announced.label, time_s + 1 / self.fps)

    def _seconds(self, stamp: int | None, origin: int | None) -> float | None:
        """Return the seconds between two time stamps, None where one is not known."""
        if stamp is None or origin is None:
            return None
        return float((stamp - origin) * self._source.time_base)

    def _begin(self) -> tuple[int, int | None, Iterator[_Stamped]]:
        """Return the position of the first frame to come, the origin of times, and the frames."""
        if self._selection.start_s > 0:
            sought = self._at_address() if self._file is None else self._at_key_frame(self._file)
            if sought is not None:
                return sought
        return 0, None, self._decoded()

    def _at_key_frame(self, file: Path) -> tuple[int, int | None, Iterator[_Stamped]] | None:
        """Go to the key frame before the start, None where only the beginning is left."""
        landing = find_landing(file, self._selection.start_s)
        if landing is None or not self._seek(landing.seek_to):
            return None
        frames = self._decoded()
        found = self._find(frames, landing)
        if found is None:
            self._restart()
            return None
        return landing.index, landing.origin, _joined(found, frames)

    def _at_address(self) -> tuple[int, int | None, Iterator[_Stamped]] | None:
        """Go near the start over a network, None where only the beginning is left."""
        origin = self._source.stream.start_time or 0
        target = origin + int(self._selection.start_s / self._source.time_base)
        if not self._source.has_times or not self._seek(target):
            return None
        frames = self._decoded()
        first = next(frames, None)
        seconds = None if first is None else self._seconds(first[1], origin)
        if first is None or not seconds or seconds > self._selection.start_s:
            self._restart()
            return None
        index = round(seconds * self.fps)
        return index, origin, _joined(first, frames)

    def _seek(self, stamp: int) -> bool:
        """Go to the key frame at or before a time stamp; return whether that worked."""
        try:
            self._source.container.seek(stamp, stream=self._source.stream)
        except av.FFmpegError:
            self._restart()
            return False
        return True

    def _restart(self) -> None:
        """Open the video again, at its beginning."""
        self._source.close()
        try:
            self._source = self._reopen()
        except ConnectionFailure as failure:
            label = self._announced.label
            raise SourceError(f"{label}: expected it a second time, found: {failure}") from None
        self._broken, self._reason = 0, ""

    def _find(self, frames: Iterator[_Stamped], landing: Landing) -> _Stamped | None:
        """Skip to the frame of a landing; None where it does not come."""
        for frame, stamp in frames:
            if frame.pts == landing.stamp:
                return frame, stamp
            if frame.pts is None or frame.pts > landing.stamp or not self._source.has_times:
                return None
        return None

    def _decoded(self) -> Iterator[_Stamped]:
        """Yield the frames from here on, and count places that cannot be decoded."""
        seen = False
        stored: deque[int | None] = deque()
        packets = self._source.container.demux(self._source.stream)
        while not self._stopped:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                self._reason = reason_of(error)
                return
            if packet is None:
                return
            if packet.size:
                stored.append(packet.dts)
            try:
                frames = packet.decode()
            except av.error.EOFError:
                return
            except av.FFmpegError:
                # A recording may begin between key frames: nothing can be shown before one.
                self._broken += seen
                if packet.size:
                    stored.pop()
                continue
            for frame in frames:
                seen = True
                first = stored.popleft() if stored else None
                yield frame, frame.pts if self._source.has_times else first


def open_av_video(path: Path, selection: Selection) -> AvVideo:
    """Open a video file.

    Raises:
        SourceError: If the file is missing, empty, or not a video that PyAV can read.
    """
    return AvVideo(open_file(path), selection, str(path), path, lambda: open_file(path))


def _joined(first: _Stamped, others: Iterator[_Stamped]) -> Iterator[_Stamped]:
    """Yield a frame and the others after it."""
    yield first
    yield from others
