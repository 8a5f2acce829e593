"""The ways that people have come."""

from __future__ import annotations

from collections import deque
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.geometry import Image
from pedpose.people import Floats, People
from pedpose.writing.blending import blend
from pedpose.writing.overlay import SHIFT, fixed_point, line_widths, track_colour

LENGTH_S = 2.0
_MOST_POINTS = 64
_LEAST_STEP_S = LENGTH_S / _MOST_POINTS
_PARTS = 8  # A trail is drawn in parts, the older the fainter.
_STRENGTH = 0.9


class Trails:
    """Where the tracks of one source were on the ground in the last two seconds.

    It holds a bounded number of points for each track, and forgets tracks that are gone.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._points: dict[int, deque[tuple[float, float, float]]] = {}

    def add(self, people: People, time_s: float) -> None:
        """Note where people with tracks are: at the middle of the lower edge of their boxes."""
        if people.track_ids is not None:
            x1, _, x2, y2 = people.boxes.T
            places = np.column_stack([(x1 + x2) / 2, y2])
            for track, (x, y) in zip(people.track_ids.tolist(), places.tolist(), strict=True):
                points = self._points.setdefault(track, deque(maxlen=_MOST_POINTS))
                if len(points) > 1 and points[-1][0] - points[-2][0] < _LEAST_STEP_S:
                    points.pop()  # the newest one moves on until it is far enough in time
                points.append((time_s, x, y))
        oldest = time_s - LENGTH_S
        for track, points in list(self._points.items()):
            while points and points[0][0] < oldest:
                points.popleft()
            if not points:
                del self._points[track]

    def draw_on(self, canvas: Image, people: People, time_s: float) -> None:
        """Draw the ways of all tracks into a picture, in their colours and fading with age."""
        if not self._points:
            return
        width = max(2, *line_widths(canvas, people.boxes)) if len(people) else 2
        for track, points in self._points.items():
            if len(points) > 1:
                way = np.array(points)
                ages = np.clip((time_s - way[:, 0]) / LENGTH_S, 0, 1)
                line = fixed_point(canvas, _smooth(way[:, 1:]))
                paint = partial(_paint, ages=ages, width=width)
                blend(canvas, line, width, track_colour(track), paint)


def _paint(
    mask: NDArray[np.uint8], line: NDArray[np.int32], ages: NDArray[np.float64], width: int
) -> None:
    """Paint a trail (N, 2), the oldest part first; ages (N,) are 0 now and 1 at its end."""
    parts = np.minimum((1 - ages) * _PARTS, _PARTS - 1).astype(int)
    for part in range(_PARTS):
        chosen = np.flatnonzero(parts == part)
        if len(chosen):
            piece = line[max(0, chosen[0] - 1) : chosen[-1] + 1]
            strength = round(255 * _STRENGTH * (part + 1) / _PARTS)
            cv2.polylines(mask, [piece], False, strength, width, cv2.LINE_AA, SHIFT)


def _smooth(way: Floats) -> Floats:
    """Return points (N, 2) as means of three: boxes breathe with each step."""
    if len(way) < 3:
        return way
    middle = (way[:-2] + way[1:-1] + way[2:]) / 3
    return np.concatenate([way[:1], middle, way[-1:]])
