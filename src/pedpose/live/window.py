"""A window on the screen that shows the newest pictures."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from pedpose.geometry import Image
from pedpose.live.display import check_display
from pedpose.live.scaling import fit
from pedpose.reading.sources import Source

SCREEN = 1280, 720
"""Largest width and height of what a window shows, in pixels: it must fit most screens."""

_GAP = 4
_ESCAPE = 27
_QUIT_KEYS = {ord("q"), ord("Q"), _ESCAPE}


class Window:
    """One window; several sources at once are shown in a grid.

    ``show`` and ``finish`` may be called by any thread. ``pump`` and ``close`` must be called by
    the main thread, as macOS and Qt want it, ``pump`` some thirty times a second: it draws the
    newest pictures and takes keys. The window opens with the first picture. q, Esc or closing it
    sets ``closed``.

    A context manager: the window is closed at the end of its block.
    """

    def __init__(self, title: str) -> None:
        """Check that a window can be opened.

        Args:
            title: What is written above it; also its name, so that each needs another.

        Raises:
            ConfigError: If no window can be opened here.
        """
        check_display()
        # OpenCV's Qt complains about fonts that it does not need here, at every start.
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
        self._title = title
        self._lock = threading.Lock()
        self._pictures: dict[str, Image] = {}
        self._ended: set[str] = set()
        self._changed = False
        self._open = False
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the user has closed it."""
        return self._closed

    def show(self, source: Source, picture: Image, people: int, time_s: float | None) -> None:
        """Keep the newest picture of a source; what has ended makes room for what begins."""
        with self._lock:
            if source.name not in self._pictures:
                for name in self._ended:
                    del self._pictures[name]
                self._ended.clear()
            self._pictures[source.name] = picture
            self._changed = True

    def finish(self, source: Source) -> None:
        """Let the last picture of a source stay until another source begins."""
        with self._lock:
            if source.name in self._pictures:
                self._ended.add(source.name)

    def pump(self) -> None:
        """Draw what is new and take keys; returns within milliseconds."""
        if self._closed:
            return
        with self._lock:
            pictures = list(self._pictures.values()) if self._changed else []
            self._changed = False
        if pictures:
            if not self._open:  # without the buttons that some systems put above it
                cv2.namedWindow(self._title, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
            cv2.imshow(self._title, np.ascontiguousarray(arrange(pictures)[:, :, ::-1]))
            self._open = True
        if self._open and (cv2.waitKey(1) & 0xFF in _QUIT_KEYS or not self._visible()):
            self.close()

    def close(self) -> None:
        """Take the window from the screen; nothing is shown in it any more."""
        if self._open and self._visible():
            cv2.destroyWindow(self._title)
            cv2.waitKey(1)  # without this it stays on the screen on some systems
        self._open = False
        self._closed = True

    def _visible(self) -> bool:
        try:
            return cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # Qt says so where no window is left
            return False

    def __enter__(self) -> Self:
        """Return the window."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


def arrange(pictures: Sequence[Image]) -> Image:
    """Put pictures into one of at most SCREEN pixels: one as it is, several into a grid.

    Args:
        pictures: At least one, (H, W, 3) of any sizes; larger ones are scaled down.
    """
    if len(pictures) == 1:
        return fit(pictures[0], *SCREEN)
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    width, height = SCREEN[0] // columns, SCREEN[1] // rows
    canvas = np.zeros((height * rows, width * columns, 3), np.uint8)
    for place, picture in enumerate(pictures):
        cell = fit(picture, max(1, width - _GAP), max(1, height - _GAP))
        top = place // columns * height + (height - cell.shape[0]) // 2
        left = place % columns * width + (width - cell.shape[1]) // 2
        canvas[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    return canvas
