"""Find where to begin decoding, so that frames keep their true positions."""

from __future__ import annotations

from array import array
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from pedpose.reading.av_input import AvInput, open_file


@dataclass(frozen=True, slots=True)
class Landing:
    """A key frame from which on a video can be decoded.

    Attributes:
        index: 0-based position of the key frame among all frames.
        stamp: Time stamp that its decoded frame carries, in units of the stream.
        seek_to: Time stamp to seek, in units of the stream.
        origin: Time stamp of the first frame of the video; in AVI of the first one stored.
    """

    index: int
    stamp: int
    seek_to: int
    origin: int


@dataclass(frozen=True, slots=True)
class _Key:
    """A compressed key frame: when it is shown, and its time stamps as they are stored."""

    shown: int
    pts: int
    dts: int


def find_landing(path: Path, start_s: float) -> Landing | None:
    """Find the last key frame that is shown at a time or before.

    The compressed frames before it are counted, not decoded, which takes about a hundredth of the
    time.

    Returns:
        None where the file does not tell times well enough, or where the key frame is the first:
        then decode from the beginning.
    """
    try:
        with closing(open_file(path)) as source:
            first = next(source.container.decode(source.stream), None)
            if first is None or first.pts is None:
                return None
        with closing(open_file(path)) as source:
            return _land(source, first.pts, start_s)
    except av.FFmpegError:
        return None


def _land(source: AvInput, origin: int, start_s: float) -> Landing | None:
    """Count the frames of a video whose first one is shown at a time stamp."""
    target = None
    times = array("q")
    keys: list[_Key] = []
    last = None
    for packet in source.container.demux(source.stream):
        if packet.size == 0 or packet.is_discard:
            continue
        if packet.pts is None or packet.dts is None or (last is not None and packet.dts < last):
            return None
        last = packet.dts
        # In AVI the first frame shown has the time of the first one stored, and so on.
        shown = packet.pts if source.has_times else packet.dts
        if target is None:
            origin = origin if source.has_times else packet.dts
            target = origin + int(Fraction(start_s) / source.time_base)
        # Frames are stored before they are shown: from here on all of them are later.
        if packet.dts > target:
            break
        if shown >= origin:
            times.append(shown)
            if packet.is_keyframe and shown <= target:
                keys.append(_Key(shown, packet.pts, packet.dts))
    if not keys:
        return None
    key = max(keys, key=lambda key: key.shown)
    index = sum(time < key.shown for time in times)
    return Landing(index, key.pts, key.dts, origin) if index else None
