"""How much average precision each kind of error costs.

Source: Ronchi & Perona, "Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation"
(ICCV 2017). The cost of a kind is the AP, over people of all sizes, that is gained when all
errors of this kind alone are corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pedpose.data.coco import CocoData
from pedpose.evaluation.average_precision import (
    OKS_THRESHOLDS,
    MatchTable,
    average_precision,
    match_table,
)
from pedpose.evaluation.joint_classes import (
    CLASSES,
    INVERSION,
    JITTER,
    MISS,
    SWAP,
    ClassedJoints,
    class_joints,
    correct,
)
from pedpose.evaluation.oks import Prediction, keypoint_matcher, match_pictures

STEPS = 5
"""How often ``diagnose`` reports that it has advanced."""

SIMPLIFICATIONS = (
    "each kind of error is corrected alone, so costs do not add up",
    "predictions are matched with people by OKS, best score first, even where their annotation is "
    "known",
    "joints of a missed person are in no class but 'not found'",
    "a missed person is one that no prediction matches at OKS 0.1; its cost is the AP gained when "
    "these people do not count",
    "a false person is a prediction that matches nobody at OKS 0.1, a duplicate of a person who is "
    "matched included; its cost is the AP gained when these predictions do not count",
    "a corrected joint lies beside its label, to the right, at the distance that its similarity "
    "stands for",
    "errors in the ranking by scores are not diagnosed",
)


@dataclass(frozen=True, slots=True)
class JointErrors:
    """How often each class occurs among the labels of one joint; together they are all labels."""

    good: int
    jitter: int
    inversion: int
    swap: int
    miss: int
    not_found: int


@dataclass(frozen=True, slots=True)
class ErrorCost:
    """One kind of error.

    Attributes:
        kind: ``jitter``, ``inversion``, ``swap``, ``miss``, ``missed person`` or ``false person``.
        count: Number of joints, people or predictions with it.
        cost: AP that is gained when it is corrected; None where AP cannot be measured.
    """

    kind: str
    count: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class ErrorTypes:
    """The diagnosis.

    Attributes:
        costs: One for each kind.
        joints: (K,) counts of each joint.
        simplifications: Where it is simpler than the truth, in words.
    """

    costs: tuple[ErrorCost, ...]
    joints: tuple[JointErrors, ...]
    simplifications: tuple[str, ...] = SIMPLIFICATIONS


def diagnose(
    data: CocoData,
    predictions: Sequence[Prediction],
    sigmas: tuple[float, ...],
    table: MatchTable,
    advance: Callable[[], None] = lambda: None,
) -> ErrorTypes:
    """Class all errors and measure what each kind costs.

    Args:
        data: The annotations.
        predictions: The same that ``table`` was made of.
        sigmas: K per-joint sigmas.
        table: Their matches, people of all sizes.
        advance: Is called after each of the STEPS.

    Raises:
        DataError: If a prediction does not fit the annotations.
    """
    joints = class_joints(data, predictions, sigmas)
    advance()
    base = _ap(table)
    costs = []
    for kind in (JITTER, INVERSION, SWAP, MISS):
        count = int((joints.classes == kind).sum())
        better = base
        if count:
            better = _ap_of(data, correct(data, predictions, sigmas, joints, kind), sigmas)
        costs.append(ErrorCost(CLASSES[kind], count, _gain(better, base)))
        advance()
    # Both tables hold the same predictions in the same order: matched at OKS 0.1 and above.
    matched, ignored = joints.table.matched[0], joints.table.ignored[0]
    found = np.bincount(table.picture[matched & ~ignored], minlength=len(table.people))
    false = ~matched & ~ignored
    counted = replace(table, people=found)
    missed = int((table.people - found).sum())
    costs.append(ErrorCost("missed person", missed, _gain(_ap(counted), base)))
    gain = _gain(_ap(table.without(false)), base)
    costs.append(ErrorCost("false person", int(false.sum()), gain))
    return ErrorTypes(tuple(costs), _count(data, joints))


def _ap_of(
    data: CocoData, predictions: Sequence[Prediction], sigmas: tuple[float, ...]
) -> float | None:
    entries = match_pictures(keypoint_matcher(data, predictions, sigmas), OKS_THRESHOLDS)
    ids = [picture.id for picture in data.pictures]
    return _ap(match_table(entries, ids, len(OKS_THRESHOLDS)))


def _ap(table: MatchTable) -> float | None:
    ap = average_precision(table, np.ones((1, len(table.people)))).of("ap")[0]
    return None if np.isnan(ap) else float(ap)


def _gain(better: float | None, base: float | None) -> float | None:
    return None if better is None or base is None else better - base


def _count(data: CocoData, joints: ClassedJoints) -> tuple[JointErrors, ...]:
    labels = np.zeros(len(data.skeleton), np.int64)
    for picture in data.pictures:
        for person in picture.people:
            labels += person.keypoints[:, 2] > 0
    classed: list[NDArray[np.int64]] = [
        (joints.classes == kind).sum(axis=0) for kind in range(len(CLASSES))
    ]
    rest = labels - sum(classed)
    return tuple(
        JointErrors(*(int(count) for count in counts))
        for counts in zip(*classed, rest, strict=True)
    )
