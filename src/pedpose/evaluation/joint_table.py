"""Distances of all annotated joints to their predictions, as arrays that metrics are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pedpose.data.coco import CocoData
from pedpose.evaluation.matching import Match
from pedpose.sides import plain_name
from pedpose.skeleton import Skeleton

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

HEAD_OF_BOX = 0.6
"""Head size as a share of the diagonal of the head box, as in the MPII evaluation."""

_NECKS = ("neck", "upper_neck", "head_bottom")
_HEAD_TOPS = ("head_top", "top_head")


@dataclass(frozen=True, slots=True)
class JointTable:
    """P annotated people with K joints in N pictures.

    Attributes:
        pictures: N.
        picture: (P,) position of the picture of each person in the annotation file.
        distance: (P, K) pixels from label to prediction; NaN where the joint is not labelled,
            infinite where the person was not found.
        visibility: (P, K) v of the label: 0, 1 or 2.
        area: (P,) in square pixels.
        box_side: (P,) larger side of the annotated box in pixels.
        torso: (P,) pixels from left shoulder to right hip; NaN where one is not labelled.
        head: (P,) head size in pixels; NaN where it is not annotated.
        torso_reason: Why nobody has a torso; None where somebody has.
        head_reason: Why nobody has a head size; None where somebody has.
    """

    pictures: int
    picture: Integers
    distance: Doubles
    visibility: Integers
    area: Doubles
    box_side: Doubles
    torso: Doubles
    head: Doubles
    torso_reason: str | None
    head_reason: str | None

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """(P, K) which joints have a label."""
        return self.visibility > 0

    @property
    def found(self) -> NDArray[np.bool_]:
        """(P,) who has a prediction, of those with labelled joints."""
        return np.asarray(~np.isinf(self.distance).any(axis=1), bool)


def joint_table(data: CocoData, matches: Sequence[Match]) -> JointTable:
    """Measure all distances.

    Torso: from left shoulder to right hip, the diameter that PCK of torsos is measured by, as in
    the evaluation of JHMDB (Jhuang et al. 2013) and of MMPose. Head size: 0.6 times the diagonal
    of the head box, as in the evaluation of MPII (Andriluka et al., "2D Human Pose Estimation:
    New Benchmark and State of the Art Analysis", CVPR 2014), or, in data without head boxes, the
    distance from neck to head top, the head segment that the paper names.

    Args:
        data: The annotations.
        matches: One for each annotated person, in the order of the file.
    """
    skeleton = data.skeleton
    people = [person for picture in data.pictures for person in picture.people]
    labels = np.array([person.keypoints for person in people], np.float64)
    labels = labels.reshape(-1, len(skeleton), 3)
    boxes = np.array([person.box for person in people], np.float64).reshape(-1, 4)
    found = np.full((*labels.shape[:2], 2), np.inf)
    for row, match in zip(found, matches, strict=True):
        if match.prediction is not None:
            row[:] = match.prediction.keypoints[:, :2]
    distance = np.hypot(*np.moveaxis(found - labels[:, :, :2], 2, 0))
    distance[labels[:, :, 2] == 0] = np.nan
    torso, torso_reason = _torso(skeleton, labels)
    head, head_reason = _head(data, labels)
    return JointTable(
        pictures=len(data.pictures),
        picture=np.repeat(np.arange(len(data.pictures)), [len(p.people) for p in data.pictures]),
        distance=distance,
        visibility=labels[:, :, 2].astype(np.int64),
        area=np.array([person.area for person in people], np.float64),
        box_side=(boxes[:, 2:] - boxes[:, :2]).max(axis=1),
        torso=torso,
        head=head,
        torso_reason=torso_reason,
        head_reason=head_reason,
    )


def _torso(skeleton: Skeleton, labels: Doubles) -> tuple[Doubles, str | None]:
    length = _between(skeleton, labels, ("left_shoulder",), ("right_hip",))
    if length is None:
        return np.full(len(labels), np.nan), "the skeleton has no left_shoulder and right_hip"
    return length, None if np.isfinite(length).any() else (
        "nobody has both left_shoulder and right_hip labelled"
    )


def _head(data: CocoData, labels: Doubles) -> tuple[Doubles, str | None]:
    boxes = [person.head_box for picture in data.pictures for person in picture.people]
    if any(box is not None for box in boxes):
        missing = np.full(4, np.nan)
        corners = np.array([missing if box is None else box for box in boxes], np.float64)
        return HEAD_OF_BOX * np.hypot(*(corners[:, 2:] - corners[:, :2]).T), None
    length = _between(data.skeleton, labels, _NECKS, _HEAD_TOPS)
    if length is None:
        return np.full(len(labels), np.nan), (
            "no annotation has a head box (head_box, bbox_head or headbox) and the skeleton has "
            "no neck and head_top"
        )
    return length, None if np.isfinite(length).any() else (
        "no annotation has a head box and nobody has both neck and head_top labelled"
    )


def _between(
    skeleton: Skeleton, labels: Doubles, ones: Sequence[str], others: Sequence[str]
) -> Doubles | None:
    """Return pixels (P,) between two joints, NaN where one is not labelled or both coincide.

    None stands for a skeleton that does not have them under one of these names.
    """
    names = [plain_name(name) for name in skeleton.names]
    pair = [next((names.index(n) for n in group if n in names), None) for group in (ones, others)]
    if pair[0] is None or pair[1] is None:
        return None
    first, second = labels[:, pair[0]], labels[:, pair[1]]
    length = np.hypot(*(first - second)[:, :2].T)
    length[(first[:, 2] == 0) | (second[:, 2] == 0) | (length == 0)] = np.nan
    return np.asarray(length, np.float64)
