"""Draw the colours of clothes beside their people."""

from __future__ import annotations

import numpy as np

from pedpose.clothing import ClothColour, Clothes
from pedpose.geometry import Image
from pedpose.people import Floats
from pedpose.writing.overlay import DARK


def draw_swatches(canvas: Image, box: Floats, clothes: Clothes) -> None:
    """Draw two bars right of a box (4,), the clothes above and, under it, those below.

    Each is divided as the colours share the pixels. They lie in the box where there is no room
    beside it; what is not seen has no bar.
    """
    height, width = canvas.shape[:2]
    side = max(10, min(height, width) // 45)
    columns, rows = min(2 * side, width), min(2 * side, height)
    _, y1, x2, _ = np.nan_to_num(box).tolist()
    beside = x2 + side / 4
    left = int(min(max(beside if beside + columns <= width else x2 - columns, 0), width - columns))
    top = int(min(max(y1, 0), height - rows))
    for number, colours in enumerate((clothes.upper, clothes.lower)):
        if colours:
            place = canvas[top + number * rows // 2 : top + (number + 1) * rows // 2]
            _draw_bar(place[:, left : left + columns], colours)


def _draw_bar(place: Image, colours: tuple[ClothColour, ...]) -> None:
    """Fill a part of a picture with colours in a dark frame."""
    place[:] = DARK
    inner = place[1:-1, 1:-1]
    start = 0.0
    for colour in colours:
        end = start + colour.share * inner.shape[1]
        inner[:, round(start) : round(end)] = tuple(bytes.fromhex(colour.rgb[1:]))
        start = end
