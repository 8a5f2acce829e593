"""A skeleton as a picture file, in the colours in which people are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageDraw, ImageFont

from pedpose.describing.layout import Layout, lay_out
from pedpose.errors import ConfigError
from pedpose.files import atomic_path
from pedpose.geometry import Image
from pedpose.people import People
from pedpose.skeleton import Skeleton
from pedpose.writing.overlay import SIDE_COLOURS, Colour, Mark, draw

GROUND: Colour = (52, 56, 64)
_MUTED: Colour = (150, 154, 162)
_DRAWING = 900  # pixels of its longer side
_LETTERS, _NOTE = 19, 17
_MARGIN, _MOST_MARGIN = 40, 420
_LIMB, _GAP = 7, 14
_LONGEST = 40

Box = tuple[float, float, float, float]
Doubles = NDArray[np.float64]


def write_skeleton_picture(path: Path, skeleton: Skeleton) -> None:
    """Write a PNG of a skeleton, atomically.

    Raises:
        ConfigError: If the name is not one of a PNG file.
        OSError: If the file cannot be written.
    """
    check_name(path)
    drawn = draw_skeleton(skeleton, lay_out(skeleton))
    with atomic_path(path) as temporary:
        PIL.Image.fromarray(drawn).save(temporary, format="PNG", optimize=True)


def check_name(path: Path) -> None:
    """Refuse names of files that are no PNG.

    Raises:
        ConfigError: With what was expected.
    """
    if path.suffix.lower() != ".png":
        raise ConfigError(f"--skeleton: expected a name that ends in .png, found {path}")


def draw_skeleton(skeleton: Skeleton, layout: Layout) -> Image:
    """Draw limbs, joints and their numbers and names; the sides as where people are drawn.

    Returns:
        (H, W, 3) RGB uint8.
    """
    font = ImageFont.load_default(_LETTERS)
    names = [f"{joint} {_short(name)}" for joint, name in enumerate(skeleton.names)]
    sizes = [_size(font, name) for name in names]
    margin = round(min(_MARGIN + max(wide for wide, _ in sizes) + _GAP, _MOST_MARGIN))
    points = layout.points * _DRAWING + (margin, _MARGIN)
    width, height = (round(x) for x in points.max(axis=0).tolist())
    width, height = width + margin, height + _MARGIN
    note = _note(skeleton, layout)
    notes = ImageFont.load_default(_NOTE)
    width = max(width, round(_MARGIN + sum(_size(notes, text)[0] + _GAP for text, _ in note)))
    points[:, 0] += (width - points[:, 0].min() - points[:, 0].max()) / 2
    ground = np.full((height + 2 * _NOTE + _GAP, width, 3), GROUND, np.uint8)
    picture = PIL.Image.fromarray(draw(ground, _person(skeleton, points), 0.0, [_MARK]))
    pen = ImageDraw.Draw(picture)
    room = _Room(skeleton, points)
    middle = float(points[:, 0].mean())
    for joint, (x, y) in enumerate(points.tolist()):
        whole = (0.0, 0.0, float(width), float(height))
        box = _free(x, y, sizes[joint], x < middle - 1, whole, room)
        if box is not None:
            room.taken.append(box)
            colour = SIDE_COLOURS[skeleton.side(joint)]
            pen.text(box[:2], names[joint], colour, font, anchor="la")
    x = _MARGIN / 2
    for text, colour in note:
        pen.text((x, height + _NOTE / 2), text, colour, notes, anchor="la")
        x += _size(notes, text)[0] + _GAP
    return np.array(picture)


_MARK = Mark("", SIDE_COLOURS["middle"], limbs=_LIMB, box=False)


class _Room:
    """What names must not cover: joints and other names at all, limbs if it can be helped.

    Attributes:
        taken: Boxes of joints, and of names as they are written.
        limbs: (M, 2) points along the limbs.
    """

    def __init__(self, skeleton: Skeleton, points: Doubles) -> None:
        self.taken: list[Box] = [
            (x - _LIMB, y - _LIMB, x + _LIMB, y + _LIMB) for x, y in points.tolist()
        ]
        ends = np.array(skeleton.limbs, np.intp).reshape(-1, 2)
        share = np.linspace(0, 1, 100)[:, None, None]
        self.limbs = (points[ends[:, 0]] * (1 - share) + points[ends[:, 1]] * share).reshape(-1, 2)


def _person(skeleton: Skeleton, points: Doubles) -> People:
    """Return somebody whose joints (K, 2) these are."""
    keypoints = np.concatenate([points, np.ones((len(points), 1))], axis=1, dtype=np.float32)
    box = np.concatenate([points.min(axis=0), points.max(axis=0)], dtype=np.float32)
    return People(skeleton, keypoints[None], box[None], np.ones(1, np.float32))


def _free(
    x: float, y: float, size: tuple[float, float], leftwards: bool, whole: Box, room: _Room
) -> Box | None:
    """Return a place for a name near its joint that meets no other, and few limbs if any.

    None if there is none.
    """
    best: tuple[int, Box] | None = None
    wide, high = size
    for left, top in _around(x, y, wide, high, leftwards):
        box = (left, top, left + wide, top + high)
        inside = left >= 0 and top >= 0 and box[2] <= whole[2] and box[3] <= whole[3]
        if not inside or any(_meet(box, other) for other in room.taken):
            continue
        covered = int(((room.limbs > box[:2]) & (room.limbs < box[2:])).all(axis=1).sum())
        if best is None or covered < best[0]:
            best = covered, box
        if covered == 0:
            break
    return None if best is None else best[1]


def _around(
    x: float, y: float, wide: float, high: float, leftwards: bool
) -> Iterator[tuple[float, float]]:
    """Give left and top of places for a name, best first."""
    beside = [x - _GAP - wide, x + _GAP] if leftwards else [x + _GAP, x - _GAP - wide]
    for lines in (0.0, 0.7, -0.7, 1.2, -1.2, 1.8, -1.8):
        for left in beside:
            yield left, y + (lines - 0.5) * high
        if abs(lines) > 1:
            yield x - wide / 2, y + (lines - 0.5) * high


def _meet(one: Box, other: Box) -> bool:
    """Tell whether two boxes overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _note(skeleton: Skeleton, layout: Layout) -> list[tuple[str, Colour]]:
    """Return what is written below: what the colours mean, and from where it is seen."""
    sides = set(skeleton.sides)
    if sides == {"middle"}:
        return []
    words = {"left": "left side", "right": "right side", "middle": "no side"}
    shown = [(word, SIDE_COLOURS[side]) for side, word in words.items() if side in sides]
    if layout.from_front:
        shown.append(("seen from the front", _MUTED))
    return shown


def _size(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str) -> tuple[float, float]:
    """Return width and height of text in pixels."""
    left, top, right, bottom = font.getbbox(text, anchor="la")
    return right - min(left, 0), bottom - min(top, 0)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."
