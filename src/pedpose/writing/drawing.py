"""Draw the frames of sources in a style, with what goes from frame to frame."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.geometry import Image
from pedpose.people import Floats, People
from pedpose.reading.sources import Source
from pedpose.writing.blending import blend, plain
from pedpose.writing.overlay import (
    SHIFT,
    WHITE,
    Colour,
    Mark,
    draw_on,
    fixed_point,
    line_widths,
    track_colour,
)
from pedpose.writing.seen import Seen
from pedpose.writing.swatches import draw_swatches
from pedpose.writing.themes import Style
from pedpose.writing.trails import Trails

PAPER: Colour = (246, 241, 230)
PENCIL: Colour = (168, 160, 146)
_SHAPE_STRENGTH = 0.35


class Drawing:
    """Draws frames in a style; all who show frames share one, so that each is drawn once.

    Frames of several sources may come in turns, those of one source in order.
    """

    def __init__(self, style: Style | None = None) -> None:
        """Draw in a style, by default that of the theme ``sides``."""
        self.style = style or Style()
        self._trails: dict[str, Trails] = {}
        self._last: tuple[Seen, Image] | None = None

    def __call__(self, source: Source, seen: Seen) -> Image:
        """Return a frame with its people drawn.

        Returns:
            (H, W, 3) RGB uint8 that cannot be written to, since others are given it too.
        """
        if self._last is None or self._last[0] is not seen:
            self._last = seen, self._draw(source, seen)
        return self._last[1]

    def finish(self, source: Source) -> None:
        """Forget what is known of a source."""
        self._trails.pop(source.name, None)
        self._last = None

    def _draw(self, source: Source, seen: Seen) -> Image:
        people, time_s = seen.people, seen.frame.time_s
        canvas = self._ground(seen.frame.image)
        if self.style.trails and time_s is not None:
            trails = self._trails.setdefault(source.name, Trails())
            trails.add(people, time_s)
            trails.draw_on(canvas, people, time_s)
        colours = [self._colour(people, person) for person in range(len(people))]
        if self.style.shapes and seen.shapes is not None:
            widths = line_widths(canvas, people.boxes)
            for person in reversed(range(len(people))):
                _draw_shape(canvas, seen.shapes[person], colours[person], widths[person])
        marks = [self._mark(people, person, colours[person]) for person in range(len(people))]
        draw_on(canvas, people, self.style.min_score, marks)
        if self.style.swatches and seen.clothes is not None:
            for person in reversed(range(len(people))):
                draw_swatches(canvas, people.boxes[person], seen.clothes[person])
        canvas.setflags(write=False)
        return canvas

    def _ground(self, image: Image) -> Image:
        """Return what is drawn on."""
        return image.copy() if self.style.ground == "picture" else plain(image, PAPER)

    def _colour(self, people: People, person: int) -> Colour:
        """Return the colour of a person."""
        if people.track_ids is None:
            return WHITE if self.style.ground == "picture" else PENCIL
        return track_colour(int(people.track_ids[person]))

    def _mark(self, people: People, person: int, colour: Colour) -> Mark:
        """Return what the box and the joints of a person look like."""
        words = []
        tracked = people.track_ids is not None
        if people.track_ids is not None and self.style.ids:
            words.append(f"#{people.track_ids[person]}")
        if self.style.scores:
            words.append(f"{people.scores[person]:.2f}")
        limbs = colour if tracked and self.style.limbs == "track" else None
        return Mark("  ".join(words), colour, limb_colour=limbs, box=self.style.boxes)


def _draw_shape(canvas: Image, shape: Floats, colour: Colour, width: int) -> None:
    """Fill the shape (M, 2) of a body, translucent, and draw its outline."""
    if len(shape) < 3:
        return
    outline = fixed_point(canvas, shape)

    def fill(mask: NDArray[np.uint8], moved: NDArray[np.int32]) -> None:
        cv2.fillPoly(mask, [moved], round(255 * _SHAPE_STRENGTH), cv2.LINE_AA, SHIFT)

    blend(canvas, outline, width, colour, fill)
    cv2.polylines(canvas, [outline], True, colour, max(1, width // 2), cv2.LINE_AA, SHIFT)
