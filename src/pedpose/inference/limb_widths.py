"""How thick the parts of a dressed body are, as parts of the body height.

The numbers were fitted to 450 rendered people (MakeHuman bodies in everyday clothes, all of them
unhidden) and rounded, so that the area and the four edges of the outline agree with the rendered
ones. They are people of average build: a wide coat or skirt is wider than its outline, see
benchmarks/shape.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pedpose.inference.body_scale import Place
from pedpose.inference.heads import SHOULDERS, find_head

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LimbWidths:
    """Radii and lengths in parts of the body height.

    Attributes:
        crown: Radius of the upper half of the head.
        jaw: Radius of its lower half.
        neck: Radius.
        shoulder: Radius of the trunk's upper corners.
        hip: Radius of its lower corners.
        chest: Radius of the trunk seen from the side, at the chest.
        belly: Radius of the trunk seen from the side, at the hips.
        arm: Radius at the shoulder.
        elbow: Radius.
        wrist: Radius.
        hand: How far the hand reaches beyond the wrist.
        thigh: Radius at the hip.
        knee: Radius.
        ankle: Radius.
        foot: How far the foot reaches beyond the ankle.
    """

    crown: float = 0.065
    jaw: float = 0.043
    neck: float = 0.035
    shoulder: float = 0.044
    hip: float = 0.042
    chest: float = 0.102
    belly: float = 0.090
    arm: float = 0.040
    elbow: float = 0.033
    wrist: float = 0.025
    hand: float = 0.065
    thigh: float = 0.061
    knee: float = 0.036
    ankle: float = 0.028
    foot: float = 0.034


FITTED = LimbWidths()

HIPS = ("left_hip", "right_hip")

_SIDES = ("left", "right")
_ARM = ("shoulder", "elbow", "wrist")
_LEG = ("hip", "knee", "ankle")
_HEAD_REACH = 0.065
_CHEST_BELOW_SHOULDERS = 0.25

Capsules = list[tuple[float, ...]]


def body_parts(places: Mapping[str, Place], height: float) -> tuple[Doubles, Doubles]:
    """Return the capsules and the corners of the trunk that a body is made of.

    Args:
        places: x, y of the joints that are seen, by plain name.
        height: Of the body in pixels.

    Returns:
        Capsules (M, 6): x, y, radius of one end and of the other, in pixels; discs (D, 3) whose
        convex hull is the trunk.
    """
    trunk, discs = trunk_parts(places, height)
    capsules = [
        *arm_parts(places, height),
        *leg_parts(places, height),
        *trunk,
        *_head_parts(places, height),
    ]
    return np.array(capsules).reshape(-1, 6), np.array(discs).reshape(-1, 3)


def arm_parts(places: Mapping[str, Place], height: float, widths: LimbWidths = FITTED) -> Capsules:
    """Return the capsules of upper arms, forearms and hands, as :func:`body_parts` has them."""
    capsules: Capsules = []
    for side in _SIDES:
        shoulder, elbow, wrist = (places.get(f"{side}_{part}") for part in _ARM)
        if shoulder is not None and elbow is not None:
            capsules.append(_capsule(height, shoulder, widths.arm, elbow, widths.elbow))
        if elbow is not None and wrist is not None:
            hand = _beyond(elbow, wrist, widths.hand * height)
            capsules.append(_capsule(height, elbow, widths.elbow, wrist, widths.wrist))
            capsules.append(_capsule(height, wrist, widths.wrist, hand, widths.wrist))
    return capsules


def leg_parts(places: Mapping[str, Place], height: float, widths: LimbWidths = FITTED) -> Capsules:
    """Return the capsules of thighs, lower legs and feet, as :func:`body_parts` has them."""
    capsules: Capsules = []
    for side in _SIDES:
        hip, knee, ankle = (places.get(f"{side}_{part}") for part in _LEG)
        if hip is not None and knee is not None:
            capsules.append(_capsule(height, hip, widths.thigh, knee, widths.knee))
        if knee is not None and ankle is not None:
            foot = _beyond(knee, ankle, widths.foot * height)
            capsules.append(_capsule(height, knee, widths.knee, ankle, widths.ankle))
            capsules.append(_capsule(height, ankle, widths.ankle, foot, widths.ankle))
    return capsules


def trunk_parts(
    places: Mapping[str, Place], height: float, widths: LimbWidths = FITTED
) -> tuple[Capsules, Capsules]:
    """Return the capsule of the trunk and the discs at its corners, as :func:`body_parts` does."""
    shoulders = [places[name] for name in SHOULDERS if name in places]
    hips = [places[name] for name in HIPS if name in places]
    discs: Capsules = [(*place, widths.shoulder * height) for place in shoulders]
    discs += [(*place, widths.hip * height) for place in hips]
    if not shoulders or not hips:
        return [], discs
    top, bottom = np.mean(shoulders, axis=0), np.mean(hips, axis=0)
    chest = top + _CHEST_BELOW_SHOULDERS * (bottom - top)
    return [_capsule(height, chest, widths.chest, bottom, widths.belly)], discs


def _head_parts(places: Mapping[str, Place], height: float) -> Capsules:
    head = find_head(places, height)
    if head is None:
        return []
    reach = _HEAD_REACH * height
    crown = head.middle + head.up * (reach - FITTED.crown * height)
    jaw = head.middle - head.up * (reach - FITTED.jaw * height)
    capsules = [_capsule(height, crown, FITTED.crown, jaw, FITTED.jaw)]
    shoulders = [places[name] for name in SHOULDERS if name in places]
    if shoulders:
        middle = np.mean(shoulders, axis=0)
        capsules.append(_capsule(height, jaw, FITTED.neck, middle, FITTED.neck))
    return capsules


def _capsule(
    height: float, first: Place, radius: float, second: Place, other: float
) -> tuple[float, ...]:
    """Return a capsule in pixels whose radii are given in parts of the body height."""
    return (*first, radius * height, *second, other * height)


def _beyond(start: Place, end: Place, length: float) -> Place:
    """Return the place at this distance beyond the end of a limb."""
    along = end - start
    return np.asarray(end + along * (length / max(float(np.hypot(*along)), 1e-9)))
