"""Joints and boxes without jitter: the one-euro filter.

Casiez, Roussel and Vogel, "1 Euro Filter: A Simple Speed-based Low-pass Filter for Noisy Input in
Interactive Systems", CHI 2012. What is slow is smoothed strongly, since jitter is seen there; what
is fast is smoothed little, since lag is seen there. The filter looks back only: a frame is smooth
as soon as it is there.

Three things are added. Points are filtered within the moving body, so that who walks does not
trail behind. Speeds are in body sizes, so that distance and resolution do not matter. And a joint
moves the filter by as much as its score says, so that one which is hidden follows the body.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pedpose.errors import ConfigError
from pedpose.geometry import Doubles
from pedpose.people import People
from pedpose.skeleton import Skeleton


@dataclass(frozen=True, slots=True)
class SmootherSettings:
    """How strongly joints and boxes are smoothed.

    The defaults are chosen by benchmarks/smoothing.py. A body size is the longer side of the box.

    Attributes:
        rest_hz: What changes more quickly than this is jitter where a point rests in the body.
        moving_hz: By how much that rises for each body size a second of the point's speed.
        speed_hz: What changes more quickly than this is jitter of a point's speed.
        body_hz: The same for the speed of the body.
        max_gap_s: A person who is not seen for longer is smoothed afresh.
    """

    rest_hz: float = 3.0
    moving_hz: float = 20.0
    speed_hz: float = 2.0
    body_hz: float = 2.0
    max_gap_s: float = 0.5

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        for name in ("rest_hz", "speed_hz", "body_hz", "max_gap_s"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name}: expected more than 0, found {getattr(self, name)}")
        if not 0 <= self.moving_hz < math.inf:
            raise ConfigError(f"moving_hz: expected 0 or more, found {self.moving_hz}")


@dataclass(frozen=True, slots=True)
class _State:
    """The filter of one track: K joints, then the two corners of its box.

    Attributes:
        raw: (K + 2, 2) points as last found.
        smooth: (K + 2, 2) points as last returned.
        speed: (K + 2, 2) of each point within the body, in pixels a second.
        body_speed: (2,) in pixels a second.
        known: (K + 2,) which points have been found, now or earlier.
        time_s: When it was last seen.
    """

    raw: Doubles
    smooth: Doubles
    speed: Doubles
    body_speed: Doubles
    known: NDArray[np.bool_]
    time_s: float


class Smoother:
    """Smooths the people of one source; forgets whom it has not seen for a while."""

    def __init__(self, skeleton: Skeleton, settings: SmootherSettings | None = None) -> None:
        """Begin with nobody."""
        self._joints = len(skeleton)
        self._settings = settings or SmootherSettings()
        self._states: dict[int, _State] = {}

    def __call__(self, people: People, time_s: float) -> People:
        """Return the people of a frame with smoothed joints and boxes.

        Scores stay as they are, and joints with score 0 stay where they are: none is invented.

        Args:
            people: Of the next frame, with track_ids.
            time_s: Time of the frame in seconds.

        Raises:
            ValueError: If people have no track_ids, or another skeleton.
        """
        if people.track_ids is None:
            raise ValueError("track_ids: expected people who are tracked, found None")
        if len(people.skeleton) != self._joints:
            raise ValueError(f"expected {self._joints} joints, found {len(people.skeleton)}")
        earliest = time_s - self._settings.max_gap_s
        self._states = {n: s for n, s in self._states.items() if s.time_s >= earliest}
        keypoints, boxes = people.keypoints.copy(), people.boxes.copy()
        for i, number in enumerate(people.track_ids.tolist()):
            points = np.concatenate([keypoints[i, :, :2], boxes[i].reshape(2, 2)], dtype=np.float64)
            trust = np.append(keypoints[i, :, 2].astype(np.float64), [1.0, 1.0])
            before = self._states.get(number)
            if before is None or time_s <= before.time_s:
                state = _first(points, trust, time_s)
            else:
                state = self._next(before, points, trust, time_s)
            self._states[number] = state
            found = trust[:-2] > 0
            keypoints[i, found, :2] = state.smooth[:-2][found]
            boxes[i] = state.smooth[-2:].ravel()
        return replace(people, keypoints=keypoints, boxes=boxes)

    def _next(self, before: _State, points: Doubles, trust: Doubles, time_s: float) -> _State:
        settings = self._settings
        passed = time_s - before.time_s
        moved = points - before.raw
        # The joints say how the body moves; where there is none, the corners of the box do.
        weights = trust * before.known
        if weights[:-2].any():
            weights[-2:] = 0
        body_moves = weights @ moved / weights.sum() / passed - before.body_speed
        body_speed = before.body_speed + _share(settings.body_hz, passed) * body_moves
        share = _share(settings.speed_hz, passed) * trust[:, None]
        speed = before.speed + share * (moved / passed - body_speed - before.speed)
        size = max(1.0, float((points[-1] - points[-2]).max()))
        cutoff = settings.rest_hz + settings.moving_hz * np.linalg.norm(speed, axis=1) / size
        expected = before.smooth + body_speed * passed
        smooth = expected + (_share(cutoff, passed) * trust)[:, None] * (points - expected)
        fresh = ~before.known
        smooth[fresh], speed[fresh] = points[fresh], 0.0
        raw = np.where((trust > 0)[:, None], points, expected)
        return _State(raw, smooth, speed, body_speed, before.known | (trust > 0), time_s)


def _first(points: Doubles, trust: Doubles, time_s: float) -> _State:
    return _State(points, points, np.zeros_like(points), np.zeros(2), trust > 0, time_s)


def _share(cutoff_hz: float | Doubles, passed_s: float) -> Doubles:
    """Return by how much a low-pass filter follows what is new: 1 / (1 + tau / passed)."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * np.asarray(cutoff_hz) * passed_s)))
