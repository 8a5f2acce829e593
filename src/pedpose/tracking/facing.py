"""Which way a person faces, from the shoulders and the head."""

from __future__ import annotations

from typing import Literal

import numpy as np

from pedpose.geometry import Doubles
from pedpose.people import People
from pedpose.sides import plain_name
from pedpose.skeleton import Skeleton

Facing = Literal["toward", "right", "away", "left", "unknown"]
FACINGS: tuple[Facing, ...] = ("toward", "right", "away", "left", "unknown")

_SEEN = 0.3  # score from which on a joint says anything
_SHOULDERS_OF_TORSO = 0.75  # width of shoulders that are seen from the front, in torso lengths
_TORSO_OF_BOX = 0.27  # length of an upright person's torso in heights of the box
_FACE = ("nose", "left_eye", "right_eye")
_EARS = ("left_ear", "right_ear")


class FacingEstimator:
    """Finds which way the people of one skeleton face."""

    def __init__(self, skeleton: Skeleton) -> None:
        """Find shoulders, hips and head by their names; what is not there says nothing."""
        index = {plain_name(name): joint for joint, name in enumerate(skeleton.names)}
        self._pairs = {
            part: (index[f"left_{part}"], index[f"right_{part}"])
            for part in ("shoulder", "hip")
            if {f"left_{part}", f"right_{part}"} <= index.keys()
        }
        self._face = [index[name] for name in _FACE if name in index]
        self._ears = [index[name] for name in _EARS if name in index]

    def __call__(self, people: People) -> Doubles:
        """Return the angle (N,) that each person's chest is turned by, in degrees.

        0 is toward the camera, 90 toward the right of the picture, 180 away from the camera and
        -90 toward its left; NaN where the shoulders are not seen. The left shoulder is on the
        right of the picture where a person faces the camera; how far apart both are, in lengths
        of the torso, says how much the body is turned, if coarsely near 0 and 180; the face says
        to which side.
        """
        angles = np.full(len(people), np.nan)
        if "shoulder" not in self._pairs:
            return angles
        for i, (joints, box) in enumerate(zip(people.keypoints, people.boxes, strict=True)):
            angles[i] = self._angle(joints.astype(np.float64), float(box[3] - box[1]))
        return angles

    def _angle(self, joints: Doubles, box_height: float) -> float:
        left, right = joints[list(self._pairs["shoulder"])]
        if min(left[2], right[2]) < _SEEN:
            return np.nan
        middle = (left + right) / 2
        torso = _TORSO_OF_BOX * box_height
        if "hip" in self._pairs:
            hips = joints[list(self._pairs["hip"])]
            if hips[:, 2].min() >= _SEEN:
                torso = float(np.linalg.norm(hips[:, :2].mean(axis=0) - middle[:2]))
        across = (left[0] - right[0]) / max(_SHOULDERS_OF_TORSO * torso, 1.0)
        toward = float(np.clip(across, -1.0, 1.0))
        sideways = np.sqrt(1 - toward**2) * self._side(joints, float(middle[0]))
        return float(np.degrees(np.arctan2(sideways, toward)))

    def _side(self, joints: Doubles, middle: float) -> float:
        """Return 1 where the head looks to the right of the picture, -1 to the left, 0 unknown."""
        face, ears = (
            [joints[j, 0] for j in group if joints[j, 2] >= _SEEN]
            for group in (self._face, self._ears)
        )
        if face and ears:
            return float(np.sign(np.mean(face) - np.mean(ears)))
        # The head is in front of the shoulders.
        return float(np.sign(np.mean(face + ears) - middle)) if face or ears else 0.0


def facing_of(angle: float) -> Facing:
    """Return the word for an angle in degrees: each has a quarter of the circle, about its own."""
    if np.isnan(angle):
        return "unknown"
    return FACINGS[round(angle / 90) % 4]
