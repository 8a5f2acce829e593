"""Hand what is found to the views, as one of the writers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pedpose.geometry import Image
from pedpose.live.view import View
from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.seen import Seen


class LiveWriter:
    """Draws each frame once and shows it in every view that is still open."""

    def __init__(self, views: Sequence[View], draw: Callable[[Source, Seen], Image]) -> None:
        """Show in these views.

        Args:
            views: Windows and pages.
            draw: Returns a frame with its people drawn in, (H, W, 3) RGB uint8, of its own.
        """
        self._views = views
        self._draw = draw

    def start(self, source: Source, fps: float | None) -> None:
        """Begin a source; a view learns of it by its first frame."""

    def write(self, source: Source, seen: Seen) -> None:
        """Show a frame."""
        views = [view for view in self._views if not view.closed]
        if views:
            picture = self._draw(source, seen)
            for view in views:
                view.show(source, picture, len(seen.people), seen.frame.time_s)

    def finish(self, source: Source, end: End) -> None:
        """End a source."""
        for view in self._views:
            view.finish(source)
