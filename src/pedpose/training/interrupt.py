"""Let Ctrl-C and SIGTERM wait for the end of a training step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupt_held_back() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether the user, or the system, has asked to stop.

    Weights and optimiser belong together only between two steps: an interrupt in the middle of
    one could not be saved. A second Ctrl-C interrupts at once; a second SIGTERM does not, since
    some programs send two. Outside of the main thread, where Python takes no signals, nothing is
    held back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
