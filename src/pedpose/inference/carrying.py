"""Boxes of people in the next frame by their joints in this one, so that the finder may rest."""

from __future__ import annotations

import numpy as np

from pedpose.geometry import Image, clip_boxes
from pedpose.inference.detector import Estimate
from pedpose.people import Floats, People

AUTOMATIC_S = 0.2
_IN_SIGHT = 0.3
_FEWEST = 4
_LEAST_SPAN = 0.6
# What a box holds beyond the outermost joints, in shares of its height: there is hair above the
# eyes, a sole below the ankle, and cloth around arms.
_ABOVE, _BELOW, _BESIDE = 0.08, 0.06, 0.05


class Carrier:
    """Carries the people of one source from frame to frame.

    The finder looks at each n-th frame or, automatically, where 0.2 s have passed, nobody is
    carried or somebody was lost. People who come into the picture are seen from then on.
    """

    def __init__(self, every: int | None) -> None:
        """Begin without people; the finder looks at each n-th frame, automatically if None."""
        self._every = every
        self._last: Estimate | None = None
        self._frames_since = 0
        self._found_at = 0.0
        self._lost = False

    def due(self, time_s: float) -> bool:
        """Tell whether the finder has to look at the next frame, at this time in seconds."""
        if self._last is None:
            return True
        if self._every is not None:
            return self._frames_since >= self._every
        # Half a millisecond for times that are rounded.
        waited = time_s - self._found_at >= AUTOMATIC_S - 5e-4
        return waited or self._lost or len(self._last.people) == 0

    def boxes(self, image: Image) -> tuple[Floats, Floats]:
        """Return boxes (N, 4) in the next frame (H, W, 3) and the finder's scores (N,)."""
        if self._last is None:
            raise ValueError("expected a frame that the finder has looked at, found none")
        height, width = image.shape[:2]
        boxes = clip_boxes(boxes_around(self._last.people), width, height)
        inside = ((boxes[:, 2:] - boxes[:, :2]) >= 1).all(axis=1)
        return boxes[inside], self._last.found[inside]

    def update(self, estimate: Estimate, by_finder: bool, time_s: float) -> None:
        """Take the people of a frame, and whether the finder has looked at it."""
        if by_finder:
            self._frames_since, self._found_at, self._lost = 0, time_s, False
        elif self._last is not None:
            self._lost = len(estimate.people) < len(self._last.people)
        self._frames_since += 1
        self._last = estimate


def boxes_around(people: People) -> Floats:
    """Return boxes (N, 4) around the joints in sight.

    Where these are few, or span much less than the old box, as those of a face alone do, they do
    not tell how large the person is: the old box stays.
    """
    boxes = people.boxes.copy()
    for box, keypoints in zip(boxes, people.keypoints, strict=True):
        seen = keypoints[keypoints[:, 2] >= _IN_SIGHT, :2]
        if len(seen) < _FEWEST:
            continue
        low, high = seen.min(axis=0), seen.max(axis=0)
        if (high - low).max() < _LEAST_SPAN * (box[2:] - box[:2]).max():
            continue
        height = (high[1] - low[1]) / (1 - _ABOVE - _BELOW)
        box[:2] = low - np.array([_BESIDE, _ABOVE], np.float32) * height
        box[2:] = high + np.array([_BESIDE, _BELOW], np.float32) * height
    return boxes
