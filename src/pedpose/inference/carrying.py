"""Boxes of people between the frames that the finder looks at, by their joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pedpose.geometry import iou
from pedpose.inference.detector import Estimate
from pedpose.people import Floats, People

Boxes = tuple[Floats, Floats]
"""Boxes (N, 4) x1, y1, x2, y2 and the finder's scores (N,)."""

AUTOMATIC_S = 0.2
_HOLD_S = 0.2
"""Longest time for which boxes may stay where they were: who walks moves by a sixth of the own
height, which the rim of a crop holds."""
_ROUNDING_S = 5e-4
_IN_SIGHT = 0.3
_FEWEST = 4
_LEAST_SPAN = 0.6
_LEAST_IOU = 0.3
# What a box holds beyond the outermost joints, in shares of its height: there is hair above the
# eyes, a sole below the ankle, and cloth around arms.
_ABOVE, _BELOW, _BESIDE = 0.08, 0.06, 0.05


class Carrier:
    """Carries the people of one source from frame to frame.

    The finder looks at each n-th frame or, automatically, where 0.2 s have passed or somebody was
    lost. In between people are expected around their last joints, or on the way from there, and
    from where the finder has found them, to where it finds them next, so that several frames can
    go through the joint network together. People who come into the picture are seen from the next
    look of the finder on.
    """

    def __init__(self, every: int | None, nobody: Estimate) -> None:
        """Begin with nobody; the finder looks at each n-th frame, automatically if None."""
        self._every = every
        self._last = nobody
        self._last_at = 0.0
        self._frames_since = 0
        self._found_at = 0.0
        self._at_once = True

    def span(self, times: Sequence[float]) -> tuple[int, list[int]]:
        """Tell how many of the next frames can be looked at together.

        Args:
            times: Of the next frames in seconds, at least one.

        Returns:
            How many, and which of them (from 0 on) the finder has to look at.
        """
        due: list[int] = []
        since, found_at, now = self._frames_since, self._found_at, self._at_once
        for number, time_s in enumerate(times):
            if self._every is not None:
                wanted = since >= self._every
            else:
                wanted = time_s - found_at >= AUTOMATIC_S - _ROUNDING_S
            if now or wanted:
                due.append(number)
                since, found_at, now = 0, time_s, False
            since += 1
        last, last_at = (due[-1], times[due[-1]]) if due else (-1, self._last_at)
        held = [time_s for time_s in times[last + 1 :] if time_s - last_at <= _HOLD_S + _ROUNDING_S]
        return max(1, last + 1 + len(held)), due

    def boxes(self, count: int, found: Mapping[int, Boxes]) -> dict[int, Boxes]:
        """Return boxes in the next frames that the finder does not look at.

        Args:
            count: How many frames there are.
            found: Boxes (N, 4) and scores (N,) in those that it does look at, by number.

        Returns:
            Boxes and scores in the others, by number.
        """
        start = -1
        here, scores = boxes_around(self._last.people), self._last.found
        carried: dict[int, Boxes] = {}
        for number in range(count):
            if number in found:
                start, (here, scores) = number, found[number]
                continue
            end = next((later for later in range(number, count) if later in found), None)
            boxes = here
            if end is not None:
                share = np.float32((number - start) / (end - start))
                boxes = here + share * (_on_the_way(here, found[end][0]) - here)
            carried[number] = boxes, scores
        return carried

    def update(self, estimate: Estimate, by_finder: bool, time_s: float) -> None:
        """Take the people of the next frame, and whether the finder has looked at it."""
        if by_finder:
            self._frames_since, self._found_at, self._at_once = 0, time_s, False
        elif self._every is None:
            self._at_once |= len(estimate.people) < len(self._last.people)
        self._frames_since += 1
        self._last, self._last_at = estimate, time_s


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


def _on_the_way(here: Floats, fresh: Floats) -> Floats:
    """Return for each box (N, 4) the one of fresh boxes (M, 4) that it becomes, else itself."""
    if not len(here) or not len(fresh):
        return here
    overlap = iou(here, fresh)
    best = overlap.argmax(axis=1)
    known = overlap.max(axis=1) >= _LEAST_IOU
    return np.where(known[:, None], fresh[best], here)
