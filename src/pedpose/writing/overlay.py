"""Draw people on a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from pedpose.geometry import Image
from pedpose.people import Floats, People

Colour = tuple[int, int, int]

# Okabe and Ito's palette, whose colours people with any kind of colour blindness can tell apart.
ORANGE: Colour = (230, 159, 0)
SKY_BLUE: Colour = (86, 180, 233)
YELLOW: Colour = (240, 228, 66)
GREEN: Colour = (0, 158, 115)
VERMILION: Colour = (213, 94, 0)
PURPLE: Colour = (204, 121, 167)
WHITE: Colour = (245, 245, 245)
DARK: Colour = (24, 24, 24)

SIDE_COLOURS = {"left": ORANGE, "right": SKY_BLUE, "middle": WHITE}
TRACK_COLOURS = (YELLOW, SKY_BLUE, VERMILION, GREEN, PURPLE, ORANGE)

_SHIFT = 4  # OpenCV draws at 1 / 2**4 of a pixel


@dataclass(frozen=True, slots=True)
class Mark:
    """What the box and the joints of a person look like.

    Attributes:
        text: Written above it; may be empty.
        colour: Of the box and of the ground of its text.
        size: Height of the letters in pixels; by the size of the picture where None.
        limbs: Width of the limbs in pixels; by the sizes of person and picture where None.
        rings: Indices of the joints that are drawn hollow.
    """

    text: str
    colour: Colour
    size: int | None = None
    limbs: int | None = None
    rings: frozenset[int] = frozenset()


def draw(
    image: Image, people: People, min_score: float = 0.5, marks: Sequence[Mark] | None = None
) -> Image:
    """Draw boxes, limbs and joints.

    The person's left side is orange, the right side blue, what has no side or joins both is
    white. Boxes have the colour of the track, white without one, and bear the score, where no
    other marks are given.

    Args:
        image: (H, W, 3) RGB uint8; it is not changed.
        people: Whom to draw, in continuous pixels of the picture.
        min_score: Joints with a lower score are not drawn, nor limbs that end in one; 0.5 draws
            what is more likely right than wrong.
        marks: One for each person.

    Returns:
        (H, W, 3) RGB uint8.
    """
    canvas = image.copy()
    marks = marks or [_mark(people, person) for person in range(len(people))]
    sides = people.skeleton.sides
    for person in reversed(range(len(people))):  # the best last, on top
        _draw_box(canvas, people.boxes[person], marks[person].colour)
        _draw_joints(canvas, people, person, sides, min_score, marks[person])
    for person in reversed(range(len(people))):
        if marks[person].text:
            _draw_label(canvas, people.boxes[person], marks[person])
    return canvas


def _draw_box(canvas: Image, box: Floats, colour: Colour) -> None:
    """Draw a thin box."""
    width = max(1, _line_width(canvas, box) // 2)
    corners = _fixed_point(canvas, box.reshape(2, 2))
    cv2.rectangle(canvas, corners[0], corners[1], colour, width, cv2.LINE_AA, _SHIFT)


def _draw_joints(
    canvas: Image, people: People, person: int, sides: Sequence[str], min_score: float, mark: Mark
) -> None:
    """Draw the limbs and, over them, the joints of one person."""
    keypoints = people.keypoints[person]
    width = mark.limbs or _line_width(canvas, people.boxes[person])
    rim = max(1, width // 3)
    shown = keypoints[:, 2] >= min_score
    points = _fixed_point(canvas, keypoints[:, :2])
    limbs = [limb for limb in people.skeleton.limbs if shown[list(limb)].all()]
    for a, b in limbs:
        cv2.line(canvas, points[a], points[b], DARK, width + 2 * rim, cv2.LINE_AA, _SHIFT)
    for a, b in limbs:
        colour = SIDE_COLOURS[_common(sides[a], sides[b])]
        cv2.line(canvas, points[a], points[b], colour, width, cv2.LINE_AA, _SHIFT)
    for joint in np.flatnonzero(shown).tolist():
        colour = SIDE_COLOURS[sides[joint]]
        ring = joint in mark.rings
        radius = width << _SHIFT
        radius += (radius // 2) * ring  # so that there is room for a hole
        outer = radius + (rim << _SHIFT)
        cv2.circle(canvas, points[joint], outer, DARK, cv2.FILLED, cv2.LINE_AA, _SHIFT)
        cv2.circle(canvas, points[joint], radius, colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)
        if ring:
            hole = radius * 2 // 3
            cv2.circle(canvas, points[joint], hole, DARK, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def _draw_label(canvas: Image, box: Floats, mark: Mark) -> None:
    """Write above the box, or inside where there is no room."""
    height, width = canvas.shape[:2]
    mask = _text_mask(mark.text, mark.size or max(11, min(height, width) // 45))
    mask = mask[:height, :width]
    rows, columns = mask.shape
    x1, y1 = np.nan_to_num(box[:2])
    left = int(np.clip(x1, 0, width - columns))
    above = y1 - rows if y1 >= rows else y1
    top = int(np.clip(above, 0, height - rows))
    patch = canvas[top : top + rows, left : left + columns]
    colours = np.array([mark.colour, DARK], np.float32)
    patch[:] = np.round(colours[0] + (colours[1] - colours[0]) * mask[..., None])


@lru_cache(maxsize=256)
def _text_mask(text: str, size: int) -> NDArray[np.float32]:
    """Return text (rows, columns) with a margin: 0 for ground, 1 for ink."""
    font = ImageFont.load_default(size)
    ink = font.getmask(text)
    letters = np.asarray(ink, np.float32).reshape(ink.size[1], ink.size[0]) / 255
    margin = max(2, size // 4)
    return np.pad(letters, margin)


def _line_width(canvas: Image, box: Floats) -> int:
    """Return the width of limbs for a person of this size in a picture of this size."""
    person = np.sqrt(np.prod(np.clip(np.nan_to_num(box[2:] - box[:2]), 0, 1e5)))
    picture = min(canvas.shape[:2])
    return int(np.clip(round(person / 55), 1, max(1, round(picture / 120))))


def _fixed_point(canvas: Image, points: Floats) -> list[tuple[int, int]]:
    """Convert points (N, 2) from continuous pixels to OpenCV's fixed-point pixel indices."""
    # Points far outside would overflow OpenCV's integers.
    limit = 4 * max(canvas.shape[:2])
    near = np.clip(np.nan_to_num(points), -limit, limit)
    return [(int(x), int(y)) for x, y in np.round((near - 0.5) * (1 << _SHIFT))]


def _common(*sides: str) -> str:
    """Return the side that joints are on; joints without a side count for no side."""
    found = set(sides) - {"middle"}
    return found.pop() if len(found) == 1 else "middle"


def _mark(people: People, person: int) -> Mark:
    """Return score, track id and the colour of the track."""
    score = f"{people.scores[person]:.2f}"
    if people.track_ids is None:
        return Mark(score, WHITE)
    track = int(people.track_ids[person])
    return Mark(f"#{track} {score}", TRACK_COLOURS[track % len(TRACK_COLOURS)])
