"""In which way each predicted joint is right or wrong.

Source: Ronchi & Perona, "Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation"
(ICCV 2017), section 3.1, and their code. Predictions are matched with people at the low OKS of
0.1. Each labelled joint of a matched person is then classed by its keypoint similarity
ks = exp(-d^2 / (2 area (2 sigma)^2)) to its own label, to the label of its mirror joint, and to
both labels of the other people of the picture, whose own areas count:

- good: nearest to its own label, ks of 0.85 or above;
- jitter: nearest to its own label, ks of 0.5 to 0.85;
- inversion: nearest to the label of the mirror joint of the same person, ks of 0.5 or above;
- swap: nearest to the joint, or its mirror, of another person, ks of 0.5 or above;
- miss: ks below 0.5 to all of them.

Corrected, jitter is at a ks of 0.85, a miss at 0.5, and inversions and swaps at their own label
with the ks that they have at the wrong one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pedpose.data.coco import CocoData
from pedpose.evaluation.average_precision import MatchTable, match_table
from pedpose.evaluation.oks import (
    LEAST_OKS,
    Prediction,
    keypoint_matcher,
    match_pictures,
    truth_order,
)

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

CLASSES = ("good", "jitter", "inversion", "swap", "miss")
GOOD, JITTER, INVERSION, SWAP, MISS = range(len(CLASSES))
UNLABELLED = -1

_JITTER_KS, _GOOD_KS = 0.5, 0.85


@dataclass(frozen=True, slots=True)
class ClassedJoints:
    """The joints of M predictions that are matched with a person at OKS 0.1.

    Attributes:
        table: All matches at that OKS.
        prediction: (M,) position in the list of predictions.
        picture: (M,) position of the picture in the annotation file.
        person: (M,) position of the person among those of the picture.
        classes: (M, K) position in CLASSES, UNLABELLED where there is no label.
        corrected_ks: (M, K) the similarity to its own label that a joint has when corrected.
    """

    table: MatchTable
    prediction: Integers
    picture: Integers
    person: Integers
    classes: Integers
    corrected_ks: Doubles


def class_joints(
    data: CocoData, predictions: Sequence[Prediction], sigmas: tuple[float, ...]
) -> ClassedJoints:
    """Match predictions at OKS 0.1 and class their joints.

    Raises:
        DataError: If a prediction does not fit the annotations.
    """
    entries = match_pictures(keypoint_matcher(data, predictions, sigmas), (LEAST_OKS,))
    table = match_table(entries, [picture.id for picture in data.pictures], thresholds=1)
    rows = matched_pairs(data, entries)
    mirror = np.array(data.skeleton.mirrors)
    classes = np.full((len(rows), len(sigmas)), UNLABELLED)
    corrected = np.ones((len(rows), len(sigmas)))
    for picture in np.unique(rows[:, 1]):
        here = np.flatnonzero(rows[:, 1] == picture)
        people = data.pictures[picture].people
        labels = np.array([person.keypoints for person in people], np.float64)  # (G, K, 3)
        areas = np.array([person.area for person in people])
        scale = 2 * areas[:, None] * np.square(2 * np.array(sigmas))  # (G, K)
        points = np.array([predictions[i].keypoints for i in rows[here, 0]], np.float64)
        classes[here], corrected[here] = _classify(points, labels, scale, rows[here, 2], mirror)
    return ClassedJoints(table, rows[:, 0], rows[:, 1], rows[:, 2], classes, corrected)


def correct(
    data: CocoData,
    predictions: Sequence[Prediction],
    sigmas: tuple[float, ...],
    joints: ClassedJoints,
    kind: int,
) -> list[Prediction]:
    """Return the predictions with the joints of one class moved towards their labels.

    A corrected joint lies beside its label, to the right, at the distance that its similarity
    stands for.
    """
    corrected = list(predictions)
    for row in np.flatnonzero((joints.classes == kind).any(axis=1)):
        person = data.pictures[joints.picture[row]].people[joints.person[row]]
        distance = np.sqrt(-2 * np.log(joints.corrected_ks[row]) * person.area) * 2 * sigmas
        target = person.keypoints[:, :2] + np.column_stack([distance, np.zeros(len(sigmas))])
        wrong = joints.classes[row] == kind
        before = predictions[joints.prediction[row]]
        keypoints = before.keypoints.astype(np.float64)
        keypoints[wrong, :2] = target[wrong]
        corrected[joints.prediction[row]] = replace(before, keypoints=keypoints)
    return corrected


def _classify(
    points: Doubles, labels: Doubles, scale: Doubles, person: Integers, mirror: Integers
) -> tuple[Integers, Doubles]:
    """Class the joints of m predictions of one picture with G people.

    Args:
        points: (m, K, 3) predictions.
        labels: (G, K, 3) annotations.
        scale: (G, K) by which squared distances are divided.
        person: (m,) whom each prediction is matched with.
        mirror: (K,) position of the joint on the other side.

    Returns:
        (m, K) classes and (m, K) similarities when corrected.
    """
    direct = _similarity(points, labels, scale)  # (m, G, K)
    mirrored = _similarity(points, labels[:, mirror], scale)
    mirrored[:, :, mirror == np.arange(len(mirror))] = 0  # a joint in the middle has no mirror
    every = np.arange(len(points))
    own, inverted = direct[every, person], mirrored[every, person]
    best = np.maximum(direct, mirrored).max(axis=1)  # of whomever
    cases = [best < _JITTER_KS, (own == best) & (own >= _GOOD_KS), own == best, inverted == best]
    classes = np.select(cases, [MISS, GOOD, JITTER, INVERSION], SWAP)
    corrected = np.select(
        [classes == MISS, classes == JITTER], [_JITTER_KS, _GOOD_KS], np.maximum(best, _JITTER_KS)
    )
    return np.where(labels[person, :, 2] > 0, classes, UNLABELLED), corrected


def _similarity(points: Doubles, labels: Doubles, scale: Doubles) -> Doubles:
    """Return (m, G, K) similarity of m people to the labels of G, 0 where there is no label."""
    squared = np.square(points[:, None, :, :2] - labels[None, :, :, :2]).sum(axis=3)
    return np.asarray(np.exp(-squared / scale) * (labels[None, :, :, 2] > 0), np.float64)


def matched_pairs(data: CocoData, entries: Sequence[dict[str, Flags] | None]) -> Integers:
    """Return (M, 3) prediction, picture and person of all matches with labelled people."""
    numbers: dict[int, tuple[int, int]] = {}
    number = 0  # counted as the matcher does
    for place, picture in enumerate(data.pictures):
        for person, _ in truth_order(picture):
            number += 1
            if person is not None:
                numbers[number] = (place, person)
    pairs = [
        (int(found) - 1, *numbers[int(truth)])
        for entry in entries
        if entry is not None
        for found, truth, ignored in zip(
            entry["dtIds"], entry["dtMatches"][0], entry["dtIgnore"][0], strict=True
        )
        if truth > 0 and not ignored
    ]
    return np.array(pairs, np.int64).reshape(-1, 3)
