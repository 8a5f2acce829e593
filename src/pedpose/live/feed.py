"""The newest picture of one source, for any number of clients."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pedpose.geometry import Image
from pedpose.live.scaling import fit
from pedpose.pictures import encode_jpeg

LARGEST = 1280
"""Pictures are sent with at most this many pixels a side."""
MOST_RATE = 25.0
"""Most pictures that are encoded a second."""
_QUALITY = 80
_RATE_OVER_S = 5.0


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as JPEG.

    Attributes:
        number: 1 for the first picture of the source that was pushed, and so on.
        at: When it was encoded, by the clock of the feed.
        jpeg: The file.
    """

    number: int
    at: float
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Status:
    """How a source is doing.

    Attributes:
        name: Of the source.
        people: In its newest picture.
        frames: Pictures so far.
        rate: Pictures a second in the last seconds, 0 before there are two.
        time_s: Of the newest picture in the source; None for a picture.
        size: Width and height of the newest picture before it is scaled down.
        ended: Whether there will be no more.
    """

    name: str
    people: int
    frames: int
    rate: float
    time_s: float | None
    size: tuple[int, int]
    ended: bool


class Feed:
    """Keeps one picture; who comes late or is slow misses the others.

    ``push`` never waits for a client: pictures are encoded by the thread of the client that asks
    first, once for all of them.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin before the first picture; nothing can be asked before it.

        Args:
            name: Of the source.
            clock: Tells seconds.
        """
        self._name = name
        self._clock = clock
        self._changed = threading.Condition()
        self._encoding = threading.Lock()
        self._picture: Image = np.zeros((1, 1, 3), np.uint8)
        self._size = 1, 1
        self._people = 0
        self._frames = 0
        self._time_s: float | None = None
        self._times: deque[float] = deque()
        self._ended = False
        self._encoded: Encoded | None = None

    def push(self, picture: Image, people: int, time_s: float | None) -> None:
        """Put a picture (H, W, 3) RGB in the place of the last one."""
        now = self._clock()
        with self._changed:
            self._picture = picture
            self._size = picture.shape[1], picture.shape[0]
            self._people = people
            self._time_s = time_s
            self._frames += 1
            self._times.append(now)
            self._forget(now)
            self._changed.notify_all()

    def finish(self) -> None:
        """Say that there will be no more, and keep a small copy of the last one only."""
        with self._changed:
            self._picture = fit(self._picture, LARGEST, LARGEST)
            self._ended = True
            self._changed.notify_all()

    def status(self) -> Status:
        """Return how the source is doing."""
        now = self._clock()
        with self._changed:
            self._forget(now)
            times = self._times
            past = now - times[0] if len(times) > 1 else 0.0
            rate = (len(times) - 1) / past if past > 0 and not self._ended else 0.0
            return Status(
                self._name,
                self._people,
                self._frames,
                rate,
                self._time_s,
                self._size,
                self._ended,
            )

    def wait(self, after: int, seconds: float) -> bool:
        """Wait for a picture with a larger number than this, or for the end of the source.

        Args:
            after: A number of a picture, 0 for none.
            seconds: Longest time to wait.

        Returns:
            Whether there is such a picture.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._frames > after or self._ended, seconds)
            return self._frames > after

    @property
    def ended(self) -> bool:
        """Whether there will be no more pictures."""
        with self._changed:
            return self._ended

    def newest(self) -> Encoded:
        """Return the newest picture, or one that was the newest when last one was encoded."""
        with self._encoding:
            with self._changed:
                picture, number, ended = self._picture, self._frames, self._ended
            last = self._encoded
            now = self._clock()
            if last is not None and (
                last.number == number or (now - last.at < 1 / MOST_RATE and not ended)
            ):
                return last
            self._encoded = Encoded(number, now, _encode(picture))
            return self._encoded

    def _forget(self, now: float) -> None:
        """Drop the times that the rate is no longer measured over."""
        while self._times and self._times[0] < now - _RATE_OVER_S:
            self._times.popleft()


def _encode(picture: Image) -> bytes:
    return encode_jpeg(fit(picture, LARGEST, LARGEST), _QUALITY)
