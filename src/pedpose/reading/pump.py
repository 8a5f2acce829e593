"""Take from an iterator that may block, without being blocked by it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

# How long a stop may go unnoticed.
_POLL_S = 0.1
_WAIT_S = 0.02
_CLOSE_S = 1.0


class Pump(Generic[T]):
    """Runs an iterator in a thread of its own and hands on what it yields.

    The thread alone touches the iterator, so whatever that holds open is closed there, at the
    latest when the call that blocks it returns. Nothing waits for a thread that is still blocked.
    """

    def __init__(
        self, items: Generator[T, None, None], stopped: threading.Event, ahead: int
    ) -> None:
        """Begin to take from an iterator, at most so many items ahead, until it is stopped."""
        self._items = items
        self._stopped = stopped
        self._queue: queue.Queue[T] = queue.Queue(ahead)
        self._error: BaseException | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pedpose-reader", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        """Yield the items; raise what the iterator raised. Ends early where it is stopped."""
        while not self._stopped.is_set():
            ended = self._ended.is_set()
            try:
                item = self._queue.get(timeout=0 if ended else _POLL_S)
            except queue.Empty:
                if not ended:
                    continue
                if self._error is not None:
                    raise self._error from None
                return
            yield item

    def wait(self, seconds: float) -> bool:
        """Wait for the first item or the end; return whether one of them came in time."""
        deadline = time.monotonic() + seconds
        while self._queue.empty() and not self._stopped.is_set():
            if self._ended.wait(_WAIT_S):
                break
            if time.monotonic() > deadline:
                return False
        return True

    def close(self) -> None:
        """Stop, and give the thread a moment to close what it holds."""
        self._stopped.set()
        self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        """Fill the queue until the iterator ends or nobody listens."""
        try:
            for item in self._items:
                if not self._put(item):
                    return
        except BaseException as error:  # raised again where the items are taken
            self._error = error
        finally:
            self._items.close()
            self._ended.set()

    def _put(self, item: T) -> bool:
        """Wait for room; return False where the pump was stopped meanwhile."""
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False
