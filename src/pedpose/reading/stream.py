"""Read cameras and streams, and find them again when they are lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from types import TracebackType
from typing import Self

from pedpose.errors import SourceError
from pedpose.reading.connection import Connection, connect
from pedpose.reading.failure import ConnectionFailure
from pedpose.reading.frame import Frame
from pedpose.reading.pump import Pump
from pedpose.reading.reader import DEFAULT_FPS
from pedpose.reading.reconnect import Outage, Reconnect
from pedpose.reading.recording import recording_of
from pedpose.reading.selection import Selection
from pedpose.reading.sources import Source
from pedpose.reading.taking import Taking

_RECONNECT = Reconnect()
_AHEAD = 2  # frames that wait in memory
_PATIENCE_S = 1.0


class Stream:
    """A camera or stream; a context manager whose iteration gives its frames as they arrive.

    Times are those of arrival: seconds of a monotonic clock since it was opened. A lost stream is
    connected again; the first frame after that tells how long nothing came, and none is invented.

    An address that tells its length, in seconds by its header or in bytes by its server, is not
    live but a recording, such as a video file on a web server: it has the times at which its
    frames are shown, ends where it ends, and is an error where it breaks off. OpenCV only sees
    lengths in seconds.

    Attributes:
        fps: Frames a second that it announces, 25 where it does not.
        frame_count: None for a live stream; of a recording what it announces.
        gaps: How often it was lost and found again.
        live: Whether it is no recording.
        decoder: How it is decoded.
    """

    def __init__(
        self,
        source: Source,
        selection: Selection,
        reconnect: Reconnect = _RECONNECT,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        """Connect.

        Args:
            source: A source of kind ``stream``.
            selection: Which frames are taken; times count from the opening.
            reconnect: When to try again, and when to give up.
            clock: Gives seconds that never run backwards.
            sleep: Waits for seconds; by default until it is stopped.

        Raises:
            SourceError: If it does not answer within a few tries; the message names the address
                without a password, and how often it was tried.
        """
        self._source = source
        self._selection = selection
        self._reconnect = reconnect
        self._clock = clock
        self._stopped = threading.Event()
        self._sleep = sleep or self._stopped.wait
        self._opened_s = clock()
        self.fps = DEFAULT_FPS
        self.frame_count: int | None = None
        self.gaps = 0
        self.live = True
        self.decoder = ""
        self._pump: Pump[Frame | None] = Pump(self._run(), self._stopped, _AHEAD)
        self._items = iter(self._pump)
        # Looking up the name of a host has no limit of its own.
        if not self._pump.wait(reconnect.begin_s + _PATIENCE_S):
            self._stopped.set()
            raise SourceError(f"{source.label}: expected a camera or stream, found: no answer")
        next(self._items, None)  # the sign that it is connected

    def __enter__(self) -> Self:
        """Return the open stream."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._pump.close()

    def stop(self) -> None:
        """Let a running iteration end soon, without an error; from any thread."""
        self._stopped.set()

    def __iter__(self) -> Iterator[Frame]:
        """Yield the selected frames as they arrive.

        Raises:
            SourceError: If a lost stream is given up: the message tells why and what was tried.
        """
        for frame in self._items:
            if frame is not None:
                yield frame

    def _run(self) -> Generator[Frame | None, None, None]:
        """Yield None once connected, then the frames."""
        outage = Outage(self._reconnect, self._clock(), begun=False)
        connection = self._connect(outage)
        if connection is None:
            return
        recording = recording_of(
            connection, self._source.url, self._selection, self._source.label, self._reconnect
        )
        self.fps, self.decoder = connection.fps, connection.decoder
        if recording is None:
            yield None
            yield from self._live(connection, outage)
            return
        self.fps, self.frame_count, self.live = recording.fps, recording.frame_count, False
        yield None
        with recording:
            yield from recording

    def _live(self, connection: Connection | None, outage: Outage | None) -> Iterator[Frame]:
        """Yield frames as they arrive, over as many connections as it takes."""
        taking = Taking(self._selection)
        index, last_s, gap_s = 0, 0.0, 0.0
        while connection is not None:
            with closing(connection):
                reason = "the stream ended"
                while not self._stopped.is_set():
                    try:
                        if not connection.grab():
                            break
                        time_s = max(self._elapsed_s(), last_s)
                        if taking.is_over(time_s):
                            return
                        if outage is not None and outage.begun:
                            gap_s += time_s - last_s
                            self.gaps += 1
                        outage, last_s = None, time_s
                        index += 1
                        if taking.takes(time_s):
                            yield Frame(connection.picture(), index - 1, time_s, gap_s)
                            gap_s = 0.0
                        if taking.full:
                            return
                    except ConnectionFailure as failure:
                        reason = str(failure)
                        break
            if outage is None:
                outage = Outage(self._reconnect, self._clock(), begun=True)
            outage.reason = reason
            connection = self._connect(outage)

    def _connect(self, outage: Outage) -> Connection | None:
        """Connect again and again; None where it was stopped or the selection has ended.

        Raises:
            SourceError: If it is given up.
        """
        while not self._stopped.is_set() and self._elapsed_s() < self._selection.end_s:
            wait_s = outage.next_wait_s(self._clock())
            if wait_s is None:
                raise SourceError(self._given_up(outage))
            if wait_s > 0:
                self._sleep(wait_s)
            if self._stopped.is_set():
                break
            outage.tries += 1
            try:
                open_s = outage.open_s(self._clock())
                return connect(self._source.url, open_s, self._reconnect.read_s)
            except ConnectionFailure as failure:
                outage.reason = str(failure)
                if failure.final and not outage.begun:
                    raise SourceError(self._given_up(outage)) from None
        return None

    def _given_up(self, outage: Outage) -> str:
        """Return the sentence that tells what was tried."""
        number = outage.tries
        tried = f"{number} {'try' if number == 1 else 'tries'}"
        seconds = f"{self._clock() - outage.since_s:.1f} s"
        found = f"found: {outage.reason} ({tried} in {seconds})"
        if outage.begun:
            return f"{self._source.label}: the stream was lost and not found again, {found}"
        return f"{self._source.label}: expected a camera or stream, {found}"

    def _elapsed_s(self) -> float:
        """Return the seconds since it was opened."""
        return self._clock() - self._opened_s
