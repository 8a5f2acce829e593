"""All sources that are shown on a page."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict
from typing import Any

from pedpose.geometry import Image
from pedpose.live.feed import Feed
from pedpose.live.paths import picture_path, stream_path

KEPT = 12
"""Most sources that are kept after their end: a run may have any number of them."""


class Board:
    """The feeds of a run, by the names of their sources; for use by many threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._running: dict[str, Feed] = {}
        self._ended: dict[str, Feed] = {}
        self._all_ended = 0
        self._over = False
        self._began = time.monotonic()

    def show(self, name: str, picture: Image, people: int, time_s: float | None) -> None:
        """Take the newest picture of a source, (H, W, 3) RGB; none after the run's end."""
        with self._lock:
            if self._over:
                return
            feed = self._running.get(name) or Feed(name)
            feed.push(picture, people, time_s)
            self._running[name] = feed

    def finish(self, name: str) -> None:
        """End a source, if anything was shown of it; of those only the last are kept."""
        with self._lock:
            self._finish(name)

    def close(self) -> None:
        """End the run: all sources, and so all streams to clients."""
        with self._lock:
            self._over = True
            for name in list(self._running):
                self._finish(name)

    def feed(self, name: str) -> Feed | None:
        """Return the feed of a source, None if there is none."""
        with self._lock:
            return self._running.get(name) or self._ended.get(name)

    def status(self) -> dict[str, Any]:
        """Return how all sources are doing, as plain data.

        First those that run, in the order they began in, then the ended ones, the last first.
        """
        with self._lock:
            feeds = [*self._running.values(), *reversed(self._ended.values())]
            head = {
                "running_s": round(time.monotonic() - self._began, 1),
                "running": len(self._running),
                "ended": self._all_ended,
                "over": self._over,
            }
        return {**head, "sources": [_entry(feed) for feed in feeds]}

    def _finish(self, name: str) -> None:
        feed = self._running.pop(name, None)
        if feed is None:
            return
        feed.finish()
        self._all_ended += 1
        self._ended.pop(name, None)
        self._ended[name] = feed
        if len(self._ended) > KEPT:
            del self._ended[next(iter(self._ended))]


def _entry(feed: Feed) -> dict[str, Any]:
    status = feed.status()
    entry = asdict(status)
    entry["rate"] = round(status.rate, 2)
    if status.time_s is not None:
        entry["time_s"] = round(status.time_s, 3)
    return {**entry, "picture": picture_path(status.name), "stream": stream_path(status.name)}
