"""Where a person's box is expected: a Kalman filter of constant velocity.

Kalman, "A New Approach to Linear Filtering and Prediction Problems", 1960, with white noise as
acceleration. It runs on seconds, not on frames, so that gaps, strides and variable frame rates
need no care. All noise is in units of the person's size, the longer side of the box: who is far
away is small, and moves and errs by fewer pixels.
"""

from __future__ import annotations

import numpy as np

from pedpose.geometry import Doubles, Floats

_MEASUREMENT_STD = 0.06  # of a found box's centre and sides, in sizes
_ACCELERATION = 0.2  # density of the noise, in sizes squared a cubic second
_SPEED_STD = 1.0  # of the speed of a person who has just come, in sizes a second
_DAMPING_S = 0.5  # a side that changes is not expected to go on changing for longer


class BoxMotion:
    """Centre and sides of one box, with their velocities.

    The four numbers share one covariance, in squared sizes, since their noise is the same.

    Attributes:
        time_s: When the box was last seen.
    """

    def __init__(self, box: Floats, time_s: float) -> None:
        """Begin with a box (4,) x1, y1, x2, y2 of unknown velocity."""
        self.time_s = time_s
        self._place = _centre_sides(box)
        self._velocity = np.zeros(4)
        self._covariance = np.diag([_MEASUREMENT_STD**2, _SPEED_STD**2])

    def box_at(self, time_s: float) -> Doubles:
        """Return the expected box (4,) x1, y1, x2, y2."""
        place = self._place_at(time_s)
        half = np.maximum(place[2:], 1.0) / 2
        return np.concatenate([place[:2] - half, place[:2] + half])

    def see(self, box: Floats, time_s: float) -> None:
        """Take the box (4,) x1, y1, x2, y2 where it was found."""
        passed = time_s - self.time_s
        step = np.array([[1.0, passed], [0.0, 1.0]])
        noise = np.array([[passed**3 / 3, passed**2 / 2], [passed**2 / 2, passed]])
        covariance = step @ self._covariance @ step.T + _ACCELERATION * noise
        gain = covariance[:, 0] / (covariance[0, 0] + _MEASUREMENT_STD**2)
        expected = self._place_at(time_s)
        surprise = _centre_sides(box) - expected
        self._place = expected + gain[0] * surprise
        self._velocity = self._velocity + gain[1] * surprise
        self._covariance = covariance - np.outer(gain, covariance[0])
        self.time_s = time_s

    def _place_at(self, time_s: float) -> Doubles:
        passed = time_s - self.time_s
        damped = _DAMPING_S * (1 - np.exp(-passed / _DAMPING_S))
        place: Doubles = self._place + self._velocity * [passed, passed, damped, damped]
        return place


def _centre_sides(box: Floats) -> Doubles:
    low, high = box[:2].astype(np.float64), box[2:].astype(np.float64)
    return np.concatenate([(low + high) / 2, high - low])
