"""People made by hand, for tests of tracking: they stand and walk as told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pedpose.people import People
from pedpose.skeleton import COCO_17, Skeleton

# Joints of a person who faces the camera, 1 high and 0.3 wide, about the centre of the box.
FRONT = np.array(
    [
        *([0.0, -0.43], [0.02, -0.45], [-0.02, -0.45], [0.04, -0.44], [-0.04, -0.44]),
        *([0.1, -0.32], [-0.1, -0.32], [0.13, -0.17], [-0.13, -0.17], [0.14, -0.02]),
        *([-0.14, -0.02], [0.06, -0.05], [-0.06, -0.05], [0.06, 0.2], [-0.06, 0.2]),
        *([0.06, 0.44], [-0.06, 0.44]),
    ]
)


def person(x: float, y: float, height: float = 100.0, score: float = 0.9) -> People:
    """Return one person of 17 joints whose box has its centre at x, y."""
    joints = FRONT * height + [x, y]
    half = np.array([0.15, 0.5]) * height
    return People(
        COCO_17,
        np.column_stack([joints, np.full(17, score)])[None].astype(np.float32),
        np.array([[x - half[0], y - half[1], x + half[0], y + half[1]]], np.float32),
        np.array([score], np.float32),
    )


def together(people: Sequence[People], skeleton: Skeleton = COCO_17) -> People:
    """Return several people as those of one frame."""
    if not people:
        return People.empty(skeleton)
    return People(
        skeleton,
        *(
            np.concatenate([getattr(p, name) for p in people])
            for name in ("keypoints", "boxes", "scores")
        ),
    )


def tracked(people: People, ids: Sequence[int]) -> People:
    """Return people with numbers."""
    return replace(people, track_ids=np.array(ids, np.int64))
