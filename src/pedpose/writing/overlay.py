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
from pedpose.skeleton import Skeleton

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

SHIFT = 4  # OpenCV draws at 1 / 2**4 of a pixel


@dataclass(frozen=True, slots=True)
class Mark:
    """What the box and the joints of a person look like.

    Attributes:
        text: Written above it; may be empty.
        colour: Of the box and of the ground of its text.
        size: Height of the letters in pixels; by the size of the picture where None.
        limbs: Width of the limbs in pixels; by the sizes of person and picture where None.
        rings: Indices of the joints that are drawn hollow.
        limb_colour: Of limbs and joints; by their sides where None.
        box: Whether the box is drawn.
    """

    text: str
    colour: Colour
    size: int | None = None
    limbs: int | None = None
    rings: frozenset[int] = frozenset()
    limb_colour: Colour | None = None
    box: bool = True


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
    draw_on(canvas, people, min_score, marks or [_mark(people, n) for n in range(len(people))])
    return canvas


def draw_on(canvas: Image, people: People, min_score: float, marks: Sequence[Mark]) -> None:
    """Draw as :func:`draw` does, into the picture itself."""
    points = fixed_point(canvas, people.keypoints[..., :2])
    corners = fixed_point(canvas, people.boxes.reshape(-1, 2, 2))
    widths = line_widths(canvas, people.boxes)
    shown = people.keypoints[..., 2] >= min_score
    look = _look(people.skeleton)
    for person in reversed(range(len(people))):  # the best last, on top
        mark, width = marks[person], widths[person]
        if mark.box:
            first, last = corners[person].tolist()
            thin = max(1, width // 2)
            cv2.rectangle(canvas, first, last, mark.colour, thin, cv2.LINE_AA, SHIFT)
        _draw_joints(canvas, points[person], shown[person], look, mark, mark.limbs or width)
    for person in reversed(range(len(people))):
        if marks[person].text:
            _draw_label(canvas, people.boxes[person], marks[person])


@dataclass(frozen=True, slots=True)
class _Look:
    """The limbs of a skeleton (L, 2) as joint indices, and the colours of limbs and joints."""

    limbs: NDArray[np.intp]
    limb_colours: tuple[Colour, ...]
    joint_colours: tuple[Colour, ...]


@lru_cache(maxsize=8)
def _look(skeleton: Skeleton) -> _Look:
    """Return the colours of the sides."""
    sides = skeleton.sides
    return _Look(
        np.array(skeleton.limbs, np.intp).reshape(-1, 2),
        tuple(SIDE_COLOURS[_common(sides[a], sides[b])] for a, b in skeleton.limbs),
        tuple(SIDE_COLOURS[side] for side in sides),
    )


def _draw_joints(
    canvas: Image,
    points: NDArray[np.int32],
    shown: NDArray[np.bool_],
    look: _Look,
    mark: Mark,
    width: int,
) -> None:
    """Draw the limbs and, over them, the joints (K, 2) of one person."""
    rim = max(1, width // 3)
    kept = np.flatnonzero(shown[look.limbs].all(axis=1)).tolist()
    lines = points[look.limbs]
    # Limbs of one colour go to OpenCV together: its call costs more than a line.
    cv2.polylines(canvas, list(lines[kept]), False, DARK, width + 2 * rim, cv2.LINE_AA, SHIFT)
    groups: dict[Colour, list[NDArray[np.int32]]] = {}
    for limb in kept:
        groups.setdefault(mark.limb_colour or look.limb_colours[limb], []).append(lines[limb])
    for colour, group in groups.items():
        cv2.polylines(canvas, group, False, colour, width, cv2.LINE_AA, SHIFT)
    places = points.tolist()
    for joint in np.flatnonzero(shown).tolist():
        colour = mark.limb_colour or look.joint_colours[joint]
        ring = joint in mark.rings
        radius = width << SHIFT
        radius += (radius // 2) * ring  # so that there is room for a hole
        outer = radius + (rim << SHIFT)
        cv2.circle(canvas, places[joint], outer, DARK, cv2.FILLED, cv2.LINE_AA, SHIFT)
        cv2.circle(canvas, places[joint], radius, colour, cv2.FILLED, cv2.LINE_AA, SHIFT)
        if ring:
            hole = radius * 2 // 3
            cv2.circle(canvas, places[joint], hole, DARK, cv2.FILLED, cv2.LINE_AA, SHIFT)


def _draw_label(canvas: Image, box: Floats, mark: Mark) -> None:
    """Write above the box, or inside where there is no room."""
    height, width = canvas.shape[:2]
    size = mark.size or max(11, min(height, width) // 45)
    label = _label(mark.text, size, mark.colour)[:height, :width]
    rows, columns = label.shape[:2]
    x1, y1 = np.nan_to_num(box[:2]).tolist()
    left = int(min(max(x1, 0), width - columns))
    above = y1 - rows if y1 >= rows else y1
    top = int(min(max(above, 0), height - rows))
    canvas[top : top + rows, left : left + columns] = label


@lru_cache(maxsize=512)
def _label(text: str, size: int, ground: Colour) -> Image:
    """Return dark text on a ground, with a margin."""
    font = ImageFont.load_default(size)
    ink = font.getmask(text)
    letters = np.asarray(ink, np.float32).reshape(ink.size[1], ink.size[0]) / 255
    mask = np.pad(letters, max(2, size // 4))[..., None]
    colours = np.array([ground, DARK], np.float32)
    return np.asarray(np.round(colours[0] + (colours[1] - colours[0]) * mask), np.uint8)


def line_widths(canvas: Image, boxes: Floats) -> list[int]:
    """Return widths of limbs for people (N, 4) of these sizes in a picture of this size."""
    sides = np.clip(np.nan_to_num(boxes[:, 2:] - boxes[:, :2]), 0, 1e5)
    widest = max(1, round(min(canvas.shape[:2]) / 120))
    widths = np.round(np.sqrt(sides.prod(axis=1)) / 42)
    return [int(width) for width in np.clip(widths, 1, widest)]


def fixed_point(canvas: Image, points: Floats) -> NDArray[np.int32]:
    """Convert points (..., 2) from continuous pixels to OpenCV's fixed-point pixel indices."""
    # Points far outside would overflow OpenCV's integers.
    limit = 4 * max(canvas.shape[:2])
    near = np.clip(np.nan_to_num(points), -limit, limit)
    return np.round((near - 0.5) * (1 << SHIFT)).astype(np.int32)


def _common(*sides: str) -> str:
    """Return the side that joints are on; joints without a side count for no side."""
    found = set(sides) - {"middle"}
    return found.pop() if len(found) == 1 else "middle"


def track_colour(track: int) -> Colour:
    """Return the colour of a track."""
    return TRACK_COLOURS[track % len(TRACK_COLOURS)]


def _mark(people: People, person: int) -> Mark:
    """Return score, track id and the colour of the track."""
    score = f"{people.scores[person]:.2f}"
    if people.track_ids is None:
        return Mark(score, WHITE)
    track = int(people.track_ids[person])
    return Mark(f"#{track}  {score}", track_colour(track))
