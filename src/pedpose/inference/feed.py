"""Frames of several sources, read ahead by threads of their own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from pedpose.errors import SourceError
from pedpose.reading.frame import End, Frame
from pedpose.reading.open import Reader
from pedpose.reading.sources import Source
from pedpose.timing import Stopwatch

_LIVE_WAITING = 2
_MOST_BYTES = 256 << 20
_IDLE_S = 0.05


@dataclass(frozen=True, slots=True)
class Started:
    """A source was opened."""

    source: Source
    fps: float | None
    frame_count: int | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A frame has come."""

    source: Source
    frame: Frame


@dataclass(frozen=True, slots=True)
class Ended:
    """No more frames of a source will come; ``end.frames`` is not known here."""

    source: Source
    end: End


Event = Started | Arrived | Ended


class Feed:
    """Reads files one after another and streams all at once, into a bounded queue.

    Files wait until there is room. A live source cannot wait: where its frames come faster than
    they are taken, the oldest that waits is dropped and counted. A context manager: at the end
    of its block reading stops.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        open_source: Callable[[Source], Reader],
        limit: int,
        files_at_once: int = 1,
        watch: Stopwatch | None = None,
    ) -> None:
        """Prepare to read.

        Args:
            sources: All sources.
            open_source: Opens one of them; raises SourceError where it cannot.
            limit: Most frames that wait.
            files_at_once: How many files are read at the same time.
            watch: Is told how long reading took, as ``decode``.
        """
        self._open_source = open_source
        self._limit = limit
        self._watch = watch or Stopwatch()
        self._changed = threading.Condition()
        self._events: deque[Event] = deque()
        self._frames = 0
        self._bytes = 0
        self._dropped: dict[str, int] = {}
        self._readers: dict[str, Reader] = {}
        self._skipped: set[str] = set()
        self._stopped = False
        streams = [source for source in sources if source.kind == "stream"]
        files = iter([source for source in sources if source.kind != "stream"])
        lists = [iter([source]) for source in streams]
        lists += [files] * min(files_at_once, len(sources) - len(streams))
        self._lists = lists
        self._pool = ThreadPoolExecutor(max(1, len(lists)), "pedpose-read")
        self._work_left: list[Future[None]] = []

    def __enter__(self) -> Self:
        """Begin to read."""
        for each in self._lists:
            work = self._pool.submit(self._work, each)
            self._work_left.append(work)
            work.add_done_callback(self._wake)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop reading."""
        self.stop()
        self._pool.shutdown()

    def stop(self) -> None:
        """Make all readers end soon."""
        with self._changed:
            self._stopped = True
            readers = list(self._readers.values())
            self._changed.notify_all()
        for reader in readers:
            reader.stop()

    def skip(self, source: Source) -> None:
        """Read no more of a source, since its frames are of no use."""
        with self._changed:
            self._skipped.add(source.name)
            self._changed.notify_all()
            reader = self._readers.get(source.name)
        if reader is not None:
            reader.stop()

    def left(self) -> list[Ended]:
        """Return how sources ended, after the block, of which not all was taken."""
        return [event for event in self._events if isinstance(event, Ended)]

    def take(self, most: int, idle: Callable[[], bool] = lambda: False) -> list[Event]:
        """Return what has come, in order: at least one event, and at most so many frames.

        Args:
            most: Frames.
            idle: Called now and then while nothing comes; the wait ends where it returns True.

        Returns:
            Nothing where all sources have ended or the wait was ended.
        """
        with self._changed:
            while not self._events and not all(work.done() for work in self._work_left):
                # A wait without an end could not be interrupted on Windows.
                self._changed.wait(_IDLE_S)
                if idle():
                    return []
            for work in self._work_left:
                if work.done():
                    work.result()  # raises what was raised there
            taken: list[Event] = []
            frames = 0
            while self._events and frames < most:
                event = self._events.popleft()
                taken.append(event)
                if isinstance(event, Arrived):
                    frames += 1
                    self._count_out(event.frame)
            self._changed.notify_all()
            return taken

    def _wake(self, _: Future[None]) -> None:
        with self._changed:
            self._changed.notify_all()

    def _work(self, sources: Iterator[Source]) -> None:
        """Read sources one after another, in a thread."""
        while (source := self._next(sources)) is not None:
            self._read(source)

    def _next(self, sources: Iterator[Source]) -> Source | None:
        """Return the next source of a list that several threads may share."""
        with self._changed:
            return None if self._stopped else next(sources, None)

    def _read(self, source: Source) -> None:
        """Read one source to its end."""
        error, gaps = None, 0
        try:
            with self._watch("decode"):
                reader = self._open_source(source)
            with reader:
                with self._changed:
                    self._readers[source.name] = reader
                if self._unwanted(source):
                    reader.stop()
                self._put(Started(source, reader.fps, reader.frame_count))
                try:
                    self._read_frames(source, reader)
                finally:
                    gaps = reader.gaps
        except SourceError as problem:
            error = str(problem)
        with self._changed:
            self._readers.pop(source.name, None)
            dropped = self._dropped.pop(source.name, 0)
        self._put(Ended(source, End(error=error, dropped=dropped, gaps=gaps)))

    def _read_frames(self, source: Source, reader: Reader) -> None:
        """Put the frames of a source into the queue, each as soon as there is room."""
        frames = iter(reader)
        while True:
            with self._watch("decode"):
                frame = next(frames, None)
            if frame is None or not self._put_frame(source, frame, reader.live):
                return

    def _put(self, event: Started | Ended) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def _put_frame(self, source: Source, frame: Frame, live: bool) -> bool:
        """Put a frame into the queue; return whether more are wanted."""
        with self._changed:
            if live:
                frame = self._make_room(source, frame)
            else:
                self._changed.wait_for(lambda: self._unwanted(source) or self._has_room())
            if self._unwanted(source):
                return False
            self._events.append(Arrived(source, frame))
            self._bytes += frame.image.nbytes
            self._frames += 1
            self._changed.notify_all()
            return True

    def _unwanted(self, source: Source) -> bool:
        return self._stopped or source.name in self._skipped

    def _has_room(self) -> bool:
        return self._frames == 0 or (self._frames < self._limit and self._bytes < _MOST_BYTES)

    def _make_room(self, source: Source, frame: Frame) -> Frame:
        """Drop the oldest waiting frame of a live source if need be; its gap goes to the next."""
        waiting = [e for e in self._events if isinstance(e, Arrived) and e.source is source]
        if len(waiting) < _LIVE_WAITING:
            return frame
        oldest, *later = waiting
        place = next(i for i, event in enumerate(self._events) if event is oldest)
        del self._events[place]
        self._count_out(oldest.frame)
        self._dropped[source.name] = self._dropped.get(source.name, 0) + 1
        if not oldest.frame.gap_s:
            return frame
        second = later[0]
        place = next(i for i, event in enumerate(self._events) if event is second)
        gap_s = second.frame.gap_s + oldest.frame.gap_s
        self._events[place] = Arrived(source, replace(second.frame, gap_s=gap_s))
        return frame

    def _count_out(self, frame: Frame) -> None:
        self._frames -= 1
        self._bytes -= frame.image.nbytes
