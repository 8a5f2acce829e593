"""What the errors of a joint network are to be compared with: chance, and another human.

Both are figures as :func:`pedpose.diagnosis.figures.figures` measures them, in the true boxes.
Below chance a network has learned nothing; at the human's figures there is nothing left to learn,
since what remains is the noise of the labels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pedpose.data.coco import CocoData, Person
from pedpose.diagnosis.figures import ERROR_CAP, THRESHOLDS, figures
from pedpose.errors import DataError
from pedpose.evaluation.oks import Prediction, evaluate_oks
from pedpose.skeleton import DEFAULT_SIGMA

Doubles = NDArray[np.float64]

_SEED = 0
_PEOPLE = 1000  # small sets are labelled again and again until about this many
_MOST_ROUNDS = 50


def sigmas_of(data: CocoData) -> tuple[float, ...]:
    """Return the K sigmas of annotations, ``DEFAULT_SIGMA`` where they bring none."""
    return data.skeleton.sigmas or (DEFAULT_SIGMA,) * len(data.skeleton)


def chance(
    train: CocoData, val: CocoData, sigmas: Sequence[float] | None = None
) -> dict[str, float]:
    """Return the figures of somebody who never looks at the picture.

    They say the mean pose of the training people: the mean place of each joint in the box, in
    parts of its width and height, each label counting by its weight. A joint that is labelled
    nowhere is put into the middle of the box.

    Args:
        train: With the joints of ``val``.
        val: Whose people are answered for, in their true boxes.
        sigmas: K sigmas of OKS; None for those of ``val``.

    Raises:
        DataError: If the joints differ, or nobody in ``val`` has a labelled joint.
    """
    if train.skeleton.names != val.skeleton.names:
        raise DataError(
            f"{val.path}: expected the joints of {train.path}, {', '.join(train.skeleton.names)}, "
            f"found {', '.join(val.skeleton.names)}"
        )
    pose = mean_pose(train)
    predictions = [
        _prediction(picture_id, person, _corner(person) + pose * _size(person))
        for picture_id, person in _people(val)
    ]
    return figures(val, predictions, sigmas_of(val) if sigmas is None else sigmas)


def mean_pose(data: CocoData) -> Doubles:
    """Return the weighted mean place (K, 2) of each joint in the box, in parts of its size."""
    total = np.zeros((len(data.skeleton), 2))
    weight = np.zeros((len(data.skeleton), 1))
    for _, person in _people(data):
        counts = np.where(person.keypoints[:, 2] > 0, person.weights, 0).astype(np.float64)
        places = (person.keypoints[:, :2] - _corner(person)) / _size(person)
        total += counts[:, None] * np.where(counts[:, None] > 0, places, 0)
        weight += counts[:, None]
    middle = np.full_like(total, 0.5)
    return np.divide(total, weight, out=middle, where=weight > 0)


def human(val: CocoData, sigmas: Sequence[float]) -> dict[str, float]:
    r"""Return the figures of a second careful annotator, measured by the labels of the first.

    COCO measured its sigmas on pictures that several people labelled: sigma_i^2 = E[d_i^2 / s^2],
    where d_i is the distance of a label of joint i and s^2 the area of the person
    (https://cocodataset.org/#keypoints-eval). Taken as a Gaussian of the same width in x and y, so
    that each has the variance sigma_i^2 s^2 / 2, the distance is Rayleigh distributed:
    P(d > x) = exp(-x^2 / (sigma_i s)^2). With the longer side b of the box, the labelled joint
    counts for

    - ``pck@t``: 1 - exp(-(t b)^2 / (sigma_i s)^2);
    - ``error``: the integral of P(d > x) from 0 to c b, over b, where c is ``ERROR_CAP``:
      sqrt(pi) / 2 * r * erf(c / r) with r = sigma_i s / b.

    ``ap`` has no closed form: labels are drawn with a fixed seed and measured. All draws have the
    same score, since annotators give none; a network that knows which of its answers are good may
    reach a little more.

    Real labels have a few gross errors beside this noise, and sigmas that nobody measured make all
    of this a guess: it is what to strive for, not a bound.

    Args:
        val: The annotations.
        sigmas: K sigmas of OKS.

    Raises:
        DataError: If nobody has a labelled joint, or there are not K sigmas.
    """
    if len(sigmas) != len(val.skeleton):
        raise DataError(
            f"{val.path}: expected {len(val.skeleton)} sigmas, one a joint, found {len(sigmas)}"
        )
    ratios = [
        np.asarray(sigmas)[person.keypoints[:, 2] > 0]
        * (math.sqrt(person.area) / float(_size(person).max()))
        for _, person in _people(val)
    ]
    ratio = np.concatenate([np.zeros(0), *ratios])
    if not ratio.size:
        raise DataError(f"{val.path}: expected at least one labelled joint, found none")
    error = np.array([math.sqrt(math.pi) / 2 * r * math.erf(ERROR_CAP / r) for r in ratio])
    return {
        "ap": _human_ap(val, tuple(sigmas)),
        **{f"pck@{t:g}": float(np.mean(-np.expm1(-((t / ratio) ** 2)))) for t in THRESHOLDS},
        "error": float(error.mean()),
    }


def _human_ap(val: CocoData, sigmas: tuple[float, ...]) -> float:
    random = np.random.default_rng(_SEED)
    people = list(_people(val))
    rounds = min(math.ceil(_PEOPLE / len(people)), _MOST_ROUNDS)
    values = []
    for _ in range(rounds):
        predictions = []
        for picture_id, person in people:
            spread = np.array(sigmas)[:, None] * math.sqrt(person.area / 2)
            noise = random.normal(size=(len(sigmas), 2)) * spread
            predictions.append(_prediction(picture_id, person, person.keypoints[:, :2] + noise))
        values.append(evaluate_oks(val, predictions, sigmas).ap or 0.0)
    return float(np.mean(values))


def _people(data: CocoData) -> list[tuple[int, Person]]:
    return [(picture.id, person) for picture in data.pictures for person in picture.people]


def _prediction(picture_id: int, person: Person, places: Doubles) -> Prediction:
    keypoints = np.column_stack([places, np.ones(len(places))])
    return Prediction(picture_id, keypoints, person.box, 1.0, person.id)


def _corner(person: Person) -> Doubles:
    return person.box[:2].astype(np.float64)


def _size(person: Person) -> Doubles:
    return np.asarray(person.box[2:] - person.box[:2], np.float64)
