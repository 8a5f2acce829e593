"""How well each picture was predicted, person by person: which pictures are the worst.

People and predictions are matched as for the kinds of errors: at OKS 0.1 or above, best score
first. A missed person and a false one count with an OKS of 0, so that the mean over all of them is
low where joints are off, where people are missed and where there are false alarms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pedpose.data.coco import CocoData, Person, Picture
from pedpose.evaluation.joint_classes import matched_pairs
from pedpose.evaluation.oks import LEAST_OKS, Prediction, keypoint_matcher, match_pictures
from pedpose.geometry import oks


@dataclass(frozen=True, slots=True)
class Case:
    """An annotated person, a prediction, or both.

    Attributes:
        person: With labelled joints; None for a false alarm.
        prediction: None for a missed person.
        oks: Of the two; 0 where one is None.
    """

    person: Person | None
    prediction: Prediction | None
    oks: float


@dataclass(frozen=True, slots=True)
class PictureCases:
    """One picture.

    Attributes:
        picture: Which.
        cases: All people who count.
        ignored: Predictions that match a crowd or somebody without labels: neither right nor wrong.
    """

    picture: Picture
    cases: tuple[Case, ...]
    ignored: tuple[Prediction, ...]

    @property
    def mean_oks(self) -> float | None:
        """Mean over all cases; None where there is none."""
        return sum(case.oks for case in self.cases) / len(self.cases) if self.cases else None

    @property
    def missed(self) -> int:
        """Number of missed people."""
        return sum(case.prediction is None for case in self.cases)

    @property
    def false(self) -> int:
        """Number of false alarms."""
        return sum(case.person is None for case in self.cases)


@dataclass(frozen=True, slots=True)
class Selection:
    """Pictures that are worth a look.

    Attributes:
        worst: Those with the lowest mean OKS, worst first; of equals, those with most people.
        random: Drawn from all others, in the order of the annotation file.
        others: Number of all others.
    """

    worst: tuple[PictureCases, ...]
    random: tuple[PictureCases, ...]
    others: int


def picture_cases(
    data: CocoData,
    predictions: Sequence[Prediction],
    sigmas: tuple[float, ...],
    least_score: float | None,
) -> list[PictureCases]:
    """Match people with predictions in each picture.

    Args:
        data: The annotations.
        predictions: In any order; the 20 best of each picture count.
        sigmas: K per-joint sigmas.
        least_score: Of predictions that count; None for all.

    Returns:
        One entry a picture, in the order of the file.

    Raises:
        DataError: If a prediction does not fit the annotations.
    """
    kept = [p for p in predictions if least_score is None or p.score >= least_score]
    entries = match_pictures(keypoint_matcher(data, kept, sigmas), (LEAST_OKS,))
    of_person = {(place, person): kept[i] for i, place, person in matched_pairs(data, entries)}
    false: dict[int, list[Prediction]] = {}
    ignored: dict[int, list[Prediction]] = {}
    for entry in (entry for entry in entries if entry is not None):
        for number, truth, ignore in zip(
            entry["dtIds"], entry["dtMatches"][0], entry["dtIgnore"][0], strict=True
        ):
            if ignore or truth == 0:
                where = ignored if ignore else false
                where.setdefault(entry["image_id"], []).append(kept[int(number) - 1])
    result = []
    for place, picture in enumerate(data.pictures):
        people = [
            _case(person, of_person.get((place, i)), sigmas)
            for i, person in enumerate(picture.people)
            if person.labelled
        ]
        alarms = [Case(None, prediction, 0.0) for prediction in false.get(picture.id, ())]
        rest = tuple(ignored.get(picture.id, ()))
        result.append(PictureCases(picture, (*people, *alarms), rest))
    return result


def select_pictures(
    pictures: Sequence[PictureCases], worst: int, random: int, seed: int
) -> Selection:
    """Choose the worst pictures, and some of the others by chance.

    Args:
        pictures: All of them.
        worst: How many of the worst, of pictures with people or predictions.
        random: How many others.
        seed: Of the drawing.
    """
    ranked = sorted(
        (mean, -len(picture.cases), place)
        for place, picture in enumerate(pictures)
        if (mean := picture.mean_oks) is not None
    )
    chosen = [place for _, _, place in ranked[:worst]]
    others = sorted(set(range(len(pictures))) - set(chosen))
    drawn = np.random.default_rng(seed).permutation(len(others))[:random]
    return Selection(
        tuple(pictures[place] for place in chosen),
        tuple(pictures[others[i]] for i in sorted(drawn)),
        len(others),
    )


def _case(person: Person, prediction: Prediction | None, sigmas: tuple[float, ...]) -> Case:
    if prediction is None:
        return Case(person, None, 0.0)
    similarity = oks(
        prediction.keypoints[None],
        person.keypoints[None],
        np.array([person.area]),
        sigmas,
        person.keypoints[None, :, 2] > 0,
    )
    return Case(person, prediction, float(similarity[0, 0]))
