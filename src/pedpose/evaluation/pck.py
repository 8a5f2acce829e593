"""Percentage of correct keypoints (PCK).

A joint is right when it lies closer to its label than alpha times the larger side of the person's
annotated box: PCK of Yang & Ramanan, "Articulated human detection with flexible mixtures of
parts" (TPAMI 2013), who use alpha * max(h, w). Only labelled joints (v > 0) count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pedpose.data.coco import CocoData, Person, Picture
from pedpose.errors import DataError
from pedpose.evaluation.oks import LEAST_OKS, Prediction, check_predictions
from pedpose.geometry import oks

Doubles = NDArray[np.float64]

PCK_THRESHOLDS = (0.05, 0.1, 0.2, 0.5)

# Good matches are made before poor ones: else a false alarm with a high score could take the
# person that a better prediction belongs to. 0.5 is the lowest OKS at which COCO sees a match.
_ROUNDS = (0.5, LEAST_OKS)


@dataclass(frozen=True, slots=True)
class Match:
    """An annotated person and the prediction for it, or None where it was not found."""

    person: Person
    prediction: Prediction | None


@dataclass(frozen=True, slots=True)
class PckResult:
    """PCK in 0..1 at T thresholds; None where no joint is labelled.

    Attributes:
        thresholds: (T,) alphas.
        overall: (T,) share of right joints among all labelled joints.
        per_joint: (T, K) the same for each joint.
        joints: (K,) number of labels of each joint.
        people: Number of annotated people.
        found: Number of them that a prediction was matched with.
    """

    thresholds: tuple[float, ...]
    overall: tuple[float | None, ...]
    per_joint: tuple[tuple[float | None, ...], ...]
    joints: tuple[int, ...]
    people: int
    found: int


def evaluate_pck(
    data: CocoData,
    predictions: Sequence[Prediction],
    sigmas: tuple[float, ...],
    thresholds: Sequence[float] = PCK_THRESHOLDS,
) -> PckResult:
    """Measure PCK; the joints of people who were not found are wrong.

    Args:
        data: The annotations.
        predictions: In any order; those that match nobody do not count.
        sigmas: K per-joint sigmas, for matching predictions with people.
        thresholds: T alphas, as shares of the larger side of the annotated box.

    Raises:
        DataError: If a prediction does not fit the annotations.
    """
    matches = match_people(data, predictions, sigmas)
    errors = joint_errors(matches, len(data.skeleton))
    labels = (~np.isnan(errors)).sum(axis=0)
    right = np.array([(errors < alpha).sum(axis=0) for alpha in thresholds])  # NaN is never right
    return PckResult(
        thresholds=tuple(thresholds),
        overall=tuple(_share(row.sum(), labels.sum()) for row in right),
        per_joint=tuple(tuple(map(_share, row, labels)) for row in right),
        joints=tuple(labels.tolist()),
        people=len(matches),
        found=sum(match.prediction is not None for match in matches),
    )


def match_people(
    data: CocoData, predictions: Sequence[Prediction], sigmas: tuple[float, ...]
) -> list[Match]:
    """Find the prediction of each annotated person.

    Predictions with a ``person_id`` belong to that annotation. The others choose, in each
    picture, best score first, the person with the highest OKS who is still free: first where OKS
    is at least 0.5, then where it is at least 0.1. A person gets at most one prediction. People who
    get none were not found: all their labelled joints count as wrong.

    Returns:
        One match for each annotated person, in the order of the file.

    Raises:
        DataError: If a prediction does not fit the annotations, or its ``person_id`` is not an
            annotated person of its picture.
    """
    check_predictions(data, predictions)
    chosen: dict[int, Prediction] = {}
    unnamed: dict[int, list[Prediction]] = {picture.id: [] for picture in data.pictures}
    picture_of = {person.id: picture.id for picture in data.pictures for person in picture.people}
    for prediction in sorted(predictions, key=lambda p: -p.score):
        number = prediction.person_id
        if number is None:
            unnamed[prediction.picture_id].append(prediction)
        elif picture_of.get(number) != prediction.picture_id:
            raise DataError(
                f"{data.path}: prediction for picture {prediction.picture_id}: expected the id of "
                f"a person annotated in it, found {number}"
            )
        else:
            chosen.setdefault(number, prediction)
    for picture in data.pictures:
        _choose(picture, unnamed[picture.id], sigmas, chosen)
    people = (person for picture in data.pictures for person in picture.people)
    return [Match(person, chosen.get(person.id)) for person in people]


def joint_errors(matches: Sequence[Match], joints: int) -> Doubles:
    """Return how far each joint is off, in larger sides of the person's annotated box.

    Args:
        matches: P people.
        joints: K, the number of joints.

    Returns:
        (P, K); NaN where the joint is not labelled, infinite where the person was not found.
    """
    errors = np.full((len(matches), joints), np.inf)
    for row, match in zip(errors, matches, strict=True):
        person = match.person
        if match.prediction is not None:
            offset = match.prediction.keypoints[:, :2].astype(np.float64) - person.keypoints[:, :2]
            row[:] = np.hypot(*offset.T) / (person.box[2:] - person.box[:2]).max()
        row[person.keypoints[:, 2] == 0] = np.nan
    return errors


def _choose(
    picture: Picture,
    predictions: Sequence[Prediction],
    sigmas: tuple[float, ...],
    chosen: dict[int, Prediction],
) -> None:
    """Give the predictions (best first) of one picture to its people by OKS."""
    if not predictions or not picture.people:
        return
    labels = np.stack([person.keypoints for person in picture.people])
    similarity = oks(
        np.stack([prediction.keypoints for prediction in predictions]),
        labels,
        np.array([person.area for person in picture.people]),
        sigmas,
        labels[:, :, 2] > 0,
    )
    free = np.array([person.id not in chosen for person in picture.people])
    waiting = list(range(len(predictions)))
    for least in _ROUNDS:
        for index in tuple(waiting):
            similarities = np.where(free, similarity[index], 0)
            best = int(similarities.argmax())
            if similarities[best] >= least:
                chosen[picture.people[best].id] = predictions[index]
                free[best] = False
                waiting.remove(index)


def _share(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None
