"""Writing beside the networks, in a thread of its own."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Self

from pedpose.errors import SourceError
from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.timing import Stopwatch
from pedpose.writing.seen import Seen
from pedpose.writing.writers import Writers

Prepare = Callable[[], Seen]
"""Makes of a frame what is written: outlines, covered faces and the like."""


class Sink:
    """Hands frames on to writers, in their order, while the next ones are looked at.

    A context manager: at the end of its block all that waits is written; where the block raises,
    what waits is given up. Whoever gives frames faster than they are written has to wait.

    Attributes:
        refused: Names of sources with a frame that no output can hold; nothing more is written of
            them.
    """

    def __init__(
        self,
        writers: Writers,
        limit: int,
        watch: Stopwatch,
        finished: Callable[[Source, End], None],
    ) -> None:
        """Prepare to write.

        Args:
            writers: What to write by.
            limit: Most frames that wait.
            watch: Is told how long writing took, as ``write``.
            finished: Is told when all of a source is written, and how it ended.
        """
        self.refused: dict[str, str] = {}
        self._writers = writers
        self._limit = limit
        self._finished = finished
        self._watch = watch
        self._written: Counter[str] = Counter()
        self._pool = ThreadPoolExecutor(1, "pedpose-write")
        self._waiting: deque[Future[None]] = deque()
        self._broken = False

    def __enter__(self) -> Self:
        """Return the sink."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what waits."""
        self._pool.shutdown(wait=True, cancel_futures=error is not None)
        if error is None:
            self._wait(0)

    def start(self, source: Source, fps: float | None) -> None:
        """Begin a source.

        Raises:
            OSError: If something given before could not be written; so do the other methods.
        """
        self._hand_on(lambda: self._writers.start(source, fps))

    def write(self, source: Source, prepare: Prepare) -> None:
        """Write a frame, which is prepared in the thread that writes."""
        self._hand_on(lambda: self._write(source, prepare))

    def finish(self, source: Source, end: End) -> None:
        """End a source; how many frames it had is known here."""
        self._hand_on(lambda: self._finish(source, end))

    def _hand_on(self, work: Callable[[], None]) -> None:
        self._wait(self._limit - 1)
        self._waiting.append(self._pool.submit(self._do, work))

    def _wait(self, most: int) -> None:
        """Wait until no more than this is left to do; raise what was raised there."""
        while self._waiting and (len(self._waiting) > most or self._waiting[0].done()):
            self._waiting[0].result()
            self._waiting.popleft()

    def _do(self, work: Callable[[], None]) -> None:
        """Do work, unless some before it failed: no output may miss a part and look whole."""
        if self._broken:
            return
        self._broken = True
        with self._watch("write"):
            work()
        self._broken = False

    def _write(self, source: Source, prepare: Prepare) -> None:
        if source.name in self.refused:
            return
        try:
            self._writers.write(source, prepare())
        except SourceError as problem:
            self.refused[source.name] = str(problem)
        else:
            self._written[source.name] += 1

    def _finish(self, source: Source, end: End) -> None:
        error = self.refused.get(source.name, end.error)
        frames = self._written.pop(source.name, 0)
        end = replace(end, frames=frames, error=error)
        self._writers.finish(source, end)
        self._finished(source, end)
