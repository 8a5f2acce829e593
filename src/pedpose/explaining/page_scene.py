"""The picture with all who were found, and with the skeleton of the one who is explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pedpose.explaining.explanation import JointView, Subject
from pedpose.geometry import Image
from pedpose.people import People
from pedpose.skeleton import Skeleton
from pedpose.writing.overlay import SIDE_COLOURS, WHITE, YELLOW, Mark, draw

LEAST_SCORE = 0.5
"""Of joints that are drawn, as in the pictures of ``detect``."""

_SIDE = 1000  # pixels of the picture at most
_SMALLEST = 500  # pixels of its longer side, so that lines and numbers can be seen


@dataclass(frozen=True, slots=True)
class Stroke:
    """A limb over the crop, or a joint, whose ends are one.

    Attributes:
        ends: x1, y1, x2, y2 in pixels of the crop.
        colour: Of its side, as CSS has it.
    """

    ends: tuple[float, float, float, float]
    colour: str


def skeleton_strokes(joints: Sequence[JointView], skeleton: Skeleton) -> list[Stroke]:
    """Return the limbs, then the joints, whose scores are large enough to be drawn."""
    shown = [joint.score >= LEAST_SCORE for joint in joints]
    limbs = [(a, b) for a, b in skeleton.limbs if shown[a] and shown[b]]
    dots = [(joint, joint) for joint, seen in enumerate(shown) if seen]
    strokes = []
    for a, b in (*limbs, *dots):
        sides = {skeleton.sides[a], skeleton.sides[b]} - {"middle"}
        colour = SIDE_COLOURS[sides.pop() if len(sides) == 1 else "middle"]
        ends = (*joints[a].peak, *joints[b].peak)
        strokes.append(Stroke(ends, f"rgb{colour}".replace(" ", "")))
    return strokes


def draw_scene(subject: Subject, skeleton: Skeleton) -> Image:
    """Return the picture (H, W, 3), resized, with boxes and numbers, and the person's joints."""
    longest = max(subject.image.shape[:2])
    zoom = min(_SIDE / longest, max(1.0, _SMALLEST / longest))
    size = (
        max(1, round(subject.image.shape[1] * zoom)),
        max(1, round(subject.image.shape[0] * zoom)),
    )
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    image = np.asarray(cv2.resize(subject.image, size, interpolation=how), np.uint8)
    count, explained = len(subject.boxes), subject.number - 1
    keypoints = np.zeros((count, len(skeleton), 3), np.float32)
    keypoints[explained] = subject.keypoints * np.array([zoom, zoom, 1], np.float32)
    boxes = (subject.boxes * zoom).astype(np.float32)
    people = People(skeleton, keypoints, boxes, subject.scores)
    marks = [Mark(str(n + 1), YELLOW if n == explained else WHITE) for n in range(count)]
    # The one who is explained is drawn last, over all the others.
    order = np.array([explained, *(n for n in range(count) if n != explained)])
    return draw(image, people.select(order), LEAST_SCORE, [marks[n] for n in order])
