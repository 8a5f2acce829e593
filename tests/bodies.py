"""A standing person, seen from the front, as joints."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pedpose.people import People
from pedpose.skeleton import COCO_17

# x to the right and y down from the crown, in parts of the body height.
_STANDING = (
    *((0, 0.09), (0.018, 0.072), (-0.018, 0.072), (0.047, 0.08), (-0.047, 0.08)),
    *((0.105, 0.20), (-0.105, 0.20), (0.14, 0.35), (-0.14, 0.35), (0.16, 0.49), (-0.16, 0.49)),
    *((0.072, 0.468), (-0.072, 0.468), (0.075, 0.708), (-0.075, 0.708)),
    *((0.078, 0.948), (-0.078, 0.948)),
)


def standing(x: float = 200, y: float = 50, height: float = 400, score: float = 0.9) -> People:
    """One person whose crown is at x, y."""
    keypoints = np.column_stack([np.array(_STANDING) * height + (x, y), np.full(17, score)])
    box = [x - 0.2 * height, y, x + 0.2 * height, y + height]
    return People(
        COCO_17,
        keypoints[None].astype(np.float32),
        np.array([box], np.float32),
        np.array([score], np.float32),
    )


def with_scores(people: People, scores: dict[str, float], others: float) -> People:
    """The same people with scores by joint name."""
    keypoints = people.keypoints.copy()
    keypoints[:, :, 2] = [scores.get(name, others) for name in people.skeleton.names]
    return People(people.skeleton, keypoints, people.boxes, people.scores)


def together(*groups: People) -> People:
    """People of several groups in one."""
    return People(
        groups[0].skeleton,
        np.concatenate([people.keypoints for people in groups]),
        np.concatenate([people.boxes for people in groups]),
        np.concatenate([people.scores for people in groups]),
    )


def any_people() -> st.SearchStrategy[People]:
    """One person whose joints may be anywhere, in a picture or far outside, and seen or not."""
    joint = st.tuples(
        st.floats(-300, 700), st.floats(-300, 700), st.sampled_from([0.0, 0.2, 0.31, 1.0])
    )
    return st.lists(joint, min_size=17, max_size=17).map(
        lambda joints: People(
            COCO_17,
            np.array([joints], np.float32),
            np.zeros((1, 4), np.float32),
            np.ones(1, np.float32),
        )
    )
