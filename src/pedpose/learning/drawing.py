"""Draw stick figures into cluttered pictures."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from pedpose.geometry import Image
from pedpose.learning.figure import LIMBS, Colour, Doubles, StickFigure

FINE = 4
"""Pictures are drawn this many times larger and made small by means: edges are smooth, and a joint
lies where its label says to a fraction of a pixel."""

_SHIFT = 4  # OpenCV takes places in sixteenths of a pixel
_CLUTTER = (8, 16)  # shapes in the background, least and most


def random_background(random: Generator, size: tuple[int, int]) -> Image:
    """Return a background with shapes of all colours, limb-like bars of limb colours among them.

    Colour alone therefore does not tell a figure from what is behind it: its shape has to be
    learned.

    Args:
        random: Decides everything.
        size: Height and width in pixels.
    """
    height, width = size
    # Half a grey and half a colour, as walls and meadows are: vivid ones would be a fairground.
    corners = (random.uniform(20, 235, (2, 2, 3)) + random.uniform(20, 235, (2, 2, 1))) / 2
    corners = corners.astype(np.float32)
    canvas = cv2.resize(corners, (width * FINE, height * FINE), interpolation=cv2.INTER_LINEAR)
    picture = canvas.astype(np.uint8)
    for _ in range(int(random.integers(*_CLUTTER, endpoint=True))):
        _draw_shape(picture, random)
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    grain = random.normal(0, random.uniform(2, 9), small.shape)
    return np.asarray(np.clip(small + grain, 0, 255), np.uint8)


def draw_figure(figure: StickFigure, background: Image) -> Image:
    """Return a picture (H, W, 3) of a figure in front of a background of the same size."""
    height, width = background.shape[:2]
    fine = (width * FINE, height * FINE)
    picture = np.asarray(cv2.resize(background, fine, interpolation=cv2.INTER_NEAREST), np.uint8)
    colours = {0: figure.warm, 1: figure.cold}
    behind = 1 if figure.left_in_front else 0
    _draw_side(picture, figure, behind, colours[behind])
    _draw_torso(picture, figure)
    _draw_side(picture, figure, 1 - behind, colours[1 - behind])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _draw_side(picture: Image, figure: StickFigure, side: int, colour: Colour) -> None:
    for first, second in (LIMBS[2 * side : 2 * side + 2], LIMBS[4 + 2 * side : 6 + 2 * side]):
        _line(picture, figure.joints[[*first, second[1]]], figure.thickness, colour)


def _draw_torso(picture: Image, figure: StickFigure) -> None:
    joints = figure.joints
    corners = joints[[1, 2, 8, 7]]
    cv2.fillPoly(picture, [_places(corners)], figure.torso, cv2.LINE_8, _SHIFT)
    _line(picture, joints[[1, 2, 8, 7, 1]], figure.thickness, figure.torso)
    neck = np.stack([joints[[1, 2]].mean(axis=0), joints[0]])
    _line(picture, neck, figure.thickness, figure.torso)
    _disc(picture, joints[0], figure.head_radius, figure.head)


def _draw_shape(picture: Image, random: Generator) -> None:
    """Draw a bar, a disc or a block of any colour."""
    height, width = picture.shape[:2]
    colour: Colour = tuple(int(c) for c in random.integers(0, 256, 3))  # type: ignore[assignment]
    room = np.array([width, height]) / FINE
    start = random.uniform(0, 1, 2) * room
    kind = random.random()
    if kind < 0.6:
        end = start + random.normal(0, 0.25, 2) * room
        _line(picture, np.stack([start, end]), random.uniform(1.5, 8), colour)
    elif kind < 0.8:
        _disc(picture, start, random.uniform(2, 14), colour)
    else:
        corners = start + random.normal(0, 0.2, (4, 2)) * room
        cv2.fillPoly(picture, [_places(corners)], colour, cv2.LINE_8, _SHIFT)


def _line(picture: Image, points: Doubles, thickness: float, colour: Colour) -> None:
    wide = max(round(thickness * FINE), 1)
    cv2.polylines(picture, [_places(points)], False, colour, wide, cv2.LINE_8, _SHIFT)


def _disc(picture: Image, centre: Doubles, radius: float, colour: Colour) -> None:
    x, y = (int(v) for v in _places(centre))
    cv2.circle(picture, (x, y), round(radius * FINE * 2**_SHIFT), colour, -1, cv2.LINE_8, _SHIFT)


def _places(points: Doubles) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    """Return points (..., 2) as OpenCV takes them: whole numbers are the middles of its pixels."""
    return np.asarray(np.round((points * FINE - 0.5) * 2**_SHIFT), np.int32)
