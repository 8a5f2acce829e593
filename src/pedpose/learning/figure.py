"""Stick figures as data: where their joints are and what they look like."""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pedpose.skeleton import Skeleton

Doubles = NDArray[np.float64]
Colour = tuple[int, int, int]

_NAMES = (
    *("head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
    *("left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee"),
    *("left_ankle", "right_ankle"),
)
LIMBS = (
    *((1, 3), (3, 5), (2, 4), (4, 6), (7, 9), (9, 11), (8, 10), (10, 12)),
    *((1, 2), (7, 8), (1, 7), (2, 8), (0, 1), (0, 2)),
)
"""Pairs of joints; the first eight are arms and legs, in the order they are bent in."""

SKELETON = Skeleton(
    names=_NAMES,
    limbs=LIMBS,
    # Those of the same joints in COCO, of the ears for the head: so AP means what it means there,
    # and the errors are compared with those of people who label photographs.
    sigmas=(
        *(0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087),
        *(0.089, 0.089),
    ),
)
"""The 13 joints of a stick figure. The sides have colours: left is warm, right is cold."""

_WARM = (-20.0, 35.0)  # degrees of hue: from crimson to orange
_COLD = (175.0, 245.0)  # from cyan to blue
_GREY = (0.0, 360.0)

# Parts of the body's height, about those of a person.
_TORSO, _SHOULDER, _HIP, _NECK = 0.30, 0.12, 0.075, 0.15
_UPPER_ARM, _FOREARM, _THIGH, _SHANK = 0.18, 0.17, 0.25, 0.24


@dataclass(frozen=True, slots=True)
class StickFigure:
    """One figure in a picture.

    Attributes:
        joints: (13, 2) x, y in pixels of the picture, in the order of ``SKELETON``.
        thickness: Of its limbs, in pixels.
        head_radius: In pixels.
        warm: Colour of the left arm and leg.
        cold: Colour of the right arm and leg.
        head: Colour of the head.
        torso: Colour of the torso.
        left_in_front: Whether the left limbs are drawn over the right ones.
    """

    joints: Doubles
    thickness: float
    head_radius: float
    warm: Colour
    cold: Colour
    head: Colour
    torso: Colour
    left_in_front: bool

    @property
    def box(self) -> Doubles:
        """The (4,) x1, y1, x2, y2 that surround all that is drawn."""
        radius = np.full((len(self.joints), 1), self.thickness / 2)
        radius[0] = self.head_radius
        low, high = (self.joints - radius).min(axis=0), (self.joints + radius).max(axis=0)
        return np.concatenate([low, high])


def random_figure(random: Generator, size: tuple[int, int]) -> StickFigure:
    """Draw a pose, a look and a place for a figure that lies wholly inside a picture.

    Args:
        random: Decides everything.
        size: Height and width of the picture in pixels.
    """
    joints = _pose(random)
    thickness, radius = random.uniform(0.045, 0.075), random.uniform(0.065, 0.09)
    looks = (
        *(_colour(random, _WARM, 0.6), _colour(random, _COLD, 0.6)),
        *(_colour(random, _GREY, 0.0), _colour(random, _GREY, 0.0)),
        bool(random.random() < 0.5),
    )
    unit = StickFigure(joints, thickness, radius, *looks)
    low, high = unit.box[:2], unit.box[2:]
    room = np.array(size[::-1], np.float64)
    zoom = float((random.uniform(0.6, 0.94) * room / (high - low)).min())
    corner = random.uniform(0.02, 0.98, 2) * (room - (high - low) * zoom)
    placed = (joints - low) * zoom + corner
    return StickFigure(placed, thickness * zoom, radius * zoom, *looks)


def _pose(random: Generator) -> Doubles:
    """Return joints (13, 2) of a body of about height one, its hips at the origin."""
    lean = math.radians(random.uniform(-25, 25))
    # Seen from the front the left limbs are on the right of the picture, from behind on the left.
    facing = 1.0 if random.random() < 0.5 else -1.0
    turned = facing * random.uniform(0.35, 1.0)  # less than one: half turned to the side
    joints = np.zeros((len(SKELETON), 2))
    for place, side in enumerate((turned, -turned)):
        sign = math.copysign(1.0, side)
        shoulder = np.array([side * _SHOULDER, -_TORSO])
        hip = np.array([side * _HIP, 0.0])
        arm, leg = random.uniform(-20, 165), random.uniform(-15, 65)
        elbow = shoulder + _UPPER_ARM * _stretch(random) * _towards(arm, sign)
        wrist = elbow + _FOREARM * _stretch(random) * _towards(arm + random.uniform(-50, 120), sign)
        knee = hip + _THIGH * _stretch(random) * _towards(leg, sign)
        ankle = knee + _SHANK * _stretch(random) * _towards(leg - random.uniform(-10, 80), sign)
        joints[[1 + place, 3 + place, 5 + place]] = shoulder, elbow, wrist
        joints[[7 + place, 9 + place, 11 + place]] = hip, knee, ankle
    joints[0] = (random.uniform(-0.03, 0.03), -_TORSO - _NECK * _stretch(random))
    turn = np.array([[math.cos(lean), math.sin(lean)], [-math.sin(lean), math.cos(lean)]])
    # The torso leans; the legs stand.
    above = [0, 1, 2, 3, 4, 5, 6]
    joints[above] = joints[above] @ turn
    return joints


def _stretch(random: Generator) -> float:
    return float(random.uniform(0.85, 1.15))


def _towards(degrees: float, sign: float) -> Doubles:
    """Return the direction (2,) of an angle from straight down to outward on one side."""
    angle = math.radians(degrees)
    return np.array([sign * math.sin(angle), math.cos(angle)])


def _colour(random: Generator, hues: tuple[float, float], saturation: float) -> Colour:
    """Return a colour of a range of hues; grey ones are of little saturation."""
    hue = random.uniform(*hues) % 360 / 360
    vivid = random.uniform(saturation, saturation + 0.4)
    red, green, blue = colorsys.hsv_to_rgb(hue, vivid, random.uniform(0.55, 1.0))
    return round(255 * red), round(255 * green), round(255 * blue)
