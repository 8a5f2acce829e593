"""SIGTERM, by which systems and schedulers end a program."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SAME_S = 1.0


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """Let SIGTERM do in the block what Ctrl-C does: what is done is kept, the rest removed.

    A second one at once is the same: some programs, as ``timeout``, send two. A later one ends the
    process on the spot, as where a file on a dead network share cannot be waited for. Where
    somebody else has taken or ignores the signal, or outside of the main thread, all is left as it
    is.
    """
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return
    asked_at: float | None = None

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal asked_at
        if asked_at is None:
            asked_at = time.monotonic()
            raise KeyboardInterrupt
        if time.monotonic() - asked_at > _SAME_S:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        # Where it has come the process is about to end, by its own exit code: Python itself takes
        # handlers away before that.
        signal.signal(signal.SIGTERM, signal.SIG_DFL if asked_at is None else signal.SIG_IGN)
