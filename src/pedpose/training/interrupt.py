"""Let Ctrl-C wait for the end of a training step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupt_held_back() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether the user has asked to stop.

    Weights and optimiser belong together only between two steps: an interrupt in the middle of
    one could not be saved. A second Ctrl-C interrupts at once. Outside of the main thread, where
    Python takes no signals, nothing is held back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
