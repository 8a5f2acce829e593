"""Which prediction belongs to which annotated person, for all that is measured joint by joint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pedpose.data.coco import CocoData, Person, Picture
from pedpose.errors import DataError
from pedpose.evaluation.oks import LEAST_OKS, Prediction, check_predictions
from pedpose.geometry import oks

# Good matches are made before poor ones: else a false alarm with a high score could take the
# person that a better prediction belongs to. 0.5 is the lowest OKS at which COCO sees a match.
_ROUNDS = (0.5, LEAST_OKS)


@dataclass(frozen=True, slots=True)
class Match:
    """An annotated person and the prediction for it, or None where it was not found."""

    person: Person
    prediction: Prediction | None


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
