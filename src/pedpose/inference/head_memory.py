"""Heads that were there a moment ago and are not found now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pedpose.geometry import Doubles
from pedpose.inference.head_regions import Circles

GROWTH = 1.0
"""By how many of its radii a region that follows nobody any more has grown when it is dropped."""

_MOST_SPEED = 15.0  # radii a second: a little more than 10 m/s
_SAME_PLACE = 1.0  # radii: how far a head may have moved from where it is expected
_SAME_SIZE = 2.0  # times: how much larger or smaller it may have become
_SMOOTHING = 0.5  # the share of what is new in a speed
_A_MOMENT = 1e-6  # seconds: differences of times are not exact


@dataclass(slots=True)
class _Kept:
    """A head as it was when it was last found.

    Attributes:
        region: (3,) x, y, radius in pixels.
        seen_s: When that was.
        speed: (2,) x, y in pixels a second.
    """

    region: Doubles
    seen_s: float
    speed: Doubles

    def at(self, time_s: float, keep_s: float) -> Doubles:
        """Return the region (3,), moved on and grown by its age."""
        age = time_s - self.seen_s
        grown = 1 + GROWTH * (age / keep_s if keep_s > 0 else 0.0)
        return np.append(self.region[:2] + self.speed * age, self.region[2] * grown)


class HeadMemory:
    """The heads of one moving source."""

    def __init__(self, keep_s: float) -> None:
        """Begin without heads; each is kept for this time after it was last found."""
        self._keep_s = keep_s
        self._kept: list[_Kept] = []

    def with_missing(self, regions: Circles, time_s: float) -> Circles:
        """Return the regions of a frame and, moved on and enlarged, those that it misses.

        Args:
            regions: (R, 3) x, y, radius of the heads that are found.
            time_s: Of the frame.

        Returns:
            (R + M, 3) the same and the missing ones.
        """
        alive = [
            kept for kept in self._kept if 0 <= time_s - kept.seen_s <= self._keep_s + _A_MOMENT
        ]
        missing = {i: kept.at(time_s, self._keep_s) for i, kept in enumerate(alive)}
        current = []
        for region in regions:
            match = _nearest(region, missing)
            speed = np.zeros(2)
            if match is not None:
                del missing[match]
                speed = _speed(alive[match], region, time_s)
            current.append(_Kept(region, time_s, speed))
        self._kept = [*current, *(alive[i] for i in missing)]
        return np.concatenate([regions, np.reshape(list(missing.values()), (-1, 3))])


def _nearest(region: Doubles, others: dict[int, Doubles]) -> int | None:
    """Return which of the others is the same head: near and of like size."""
    best, least = None, np.inf
    for index, other in others.items():
        away = float(np.hypot(*(region[:2] - other[:2])))
        ratio = region[2] / max(other[2], 1e-9)
        if away < min(least, _SAME_PLACE * other[2]) and 1 / _SAME_SIZE < ratio < _SAME_SIZE:
            best, least = index, away
    return best


def _speed(before: _Kept, region: Doubles, time_s: float) -> Doubles:
    """Return the smoothed speed (2,) in pixels a second."""
    passed = time_s - before.seen_s
    if passed <= 0:
        return before.speed
    now = (region[:2] - before.region[:2]) / passed
    speed = before.speed + _SMOOTHING * (now - before.speed)
    most = _MOST_SPEED * region[2]
    return np.asarray(speed * min(1.0, most / max(float(np.hypot(*speed)), 1e-9)))
