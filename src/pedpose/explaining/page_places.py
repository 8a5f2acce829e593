"""Places of the crop in words, by the joints that lie there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from pedpose.explaining.explanation import JointView

_SURE = 0.3
"""Least score of another joint that a place is named after."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the crop.

    Attributes:
        words: Where it is.
        own: Whether it is on the joint that it is seen from.
    """

    words: str
    own: bool


def name_place(
    x: float, y: float, joint: JointView, joints: Sequence[JointView], reach: float
) -> Place:
    """Name a place by the nearest joint.

    Args:
        x: In pixels of the crop.
        y: In pixels of the crop.
        joint: That it is seen from.
        joints: All of the person.
        reach: Up to what distance, in pixels, a place counts as that of a joint.
    """
    away = _distance(x, y, joint)
    if away <= reach:
        return Place("the joint itself", own=True)
    near = [
        (_distance(x, y, other), number)
        for number, other in enumerate(joints)
        if other is not joint and other.score >= _SURE
    ]
    words = f"a place {away:.0f} px {_direction(x - joint.peak[0], y - joint.peak[1])}"
    if near and min(near)[0] <= reach:
        words = f"{joints[min(near)[1]].name} ({away:.0f} px away)"
    return Place(words, own=False)


def _distance(x: float, y: float, joint: JointView) -> float:
    return hypot(x - joint.peak[0], y - joint.peak[1])


def _direction(dx: float, dy: float) -> str:
    """Return where something lies, as seen in the crop."""
    if abs(dx) > abs(dy):
        return "to the left" if dx < 0 else "to the right"
    return "above" if dy < 0 else "below"
