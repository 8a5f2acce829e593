"""Estimate OKS sigmas from several people's labels of the same pictures.

COCO defines the sigma of joint i by sigma_i^2 = E[d_i^2 / s^2], where d_i is the distance of a
label from the true place and s^2 the area of the person
(https://cocodataset.org/#keypoints-eval). Nobody knows the true place, but annotators who err
independently and equally are apart by twice that: E[d^2 / s^2] = 2 sigma^2 for the distance d of
two labels. Of n labels of a joint, the mean of d^2 over all pairs is 2 / (n - 1) times the sum of
squared distances from their mean, the usual unbiased variance; people count by n - 1.

What annotators agree on and all get wrong is not seen this way, and labels that one annotator
corrected after another are too near each other: both make sigmas too small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pedpose import __version__
from pedpose.errors import DataError
from pedpose.evaluation.bootstrap import Resampling, interval
from pedpose.surveying.same_people import SamePeople

Doubles = NDArray[np.float64]

FEWEST_PAIRS = 10
"""Pairs of labels below which a sigma is not worth writing down."""

OUTLIER = 3.0
"""Sigmas from the true place beyond which a label is an outlier, not an inaccuracy."""


@dataclass(frozen=True, slots=True)
class JointSigma:
    """What repeated labels tell of one joint.

    Attributes:
        name: Of the joint.
        pairs: Number of pairs of labels of the same joint of the same person.
        alone: Number of people in whom some annotators labelled it and others did not.
        sigma: Of COCO's definition; None without pairs.
        low: Lower end of its 95 % interval; None where there are too few people.
        high: Upper end.
        robust: Sigma by the median of distances, which a few gross errors do not change.
        outliers: Number of pairs whose distance is beyond 3 robust sigmas a label.
        identical: Number of pairs whose distance is 0.
    """

    name: str
    pairs: int
    alone: int
    sigma: float | None
    low: float | None
    high: float | None
    robust: float | None
    outliers: int
    identical: int

    @property
    def too_few(self) -> bool:
        """Whether there are too few pairs."""
        return self.pairs < FEWEST_PAIRS

    @property
    def problem(self) -> str | None:
        """Why the sigma must not be used; None where it may."""
        if self.too_few:
            return f"too few pairs of labels ({self.pairs}, expected {FEWEST_PAIRS})"
        if self.sigma is None or self.robust is None or self.sigma <= 0 or self.robust <= 0:
            return f"{self.identical} of {self.pairs} pairs are identical: not labelled twice"
        return None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the files of several annotators tell of all joints.

    Attributes:
        files: Of the annotators.
        pictures: Number of pictures that the first file shares with another.
        matched: For each file but the first, how many of its people are people of the first.
        unmatched: For each file but the first, how many of its people in shared pictures are not.
        missed: For each file but the first, how many people of the first in pictures that both
            have it does not have.
        estimated_areas: Number of people whose area was missing, in all files.
        joints: K joints.
        resampling: How intervals were found, over people.
    """

    files: tuple[str, ...]
    pictures: int
    matched: tuple[int, ...]
    unmatched: tuple[int, ...]
    missed: tuple[int, ...]
    estimated_areas: int
    joints: tuple[JointSigma, ...]
    resampling: Resampling

    @property
    def problems(self) -> list[str]:
        """Why the sigmas must not be used, joint by joint; empty where they may."""
        return [f"{j.name}: {j.problem}" for j in self.joints if j.problem is not None]

    @property
    def sigmas(self) -> tuple[float, ...]:
        """K sigmas, rounded to four digits after the point.

        Raises:
            DataError: If they must not be used.
        """
        if self.problems:
            raise DataError(f"{self.files[0]}: no sigmas: " + "; ".join(self.problems))
        return tuple(max(round(joint.sigma or 0.0, 4), 1e-4) for joint in self.joints)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; ``sigmas`` is null where they must not be used."""
        others = zip(self.files[1:], self.matched, self.unmatched, self.missed, strict=True)
        return {
            "pedpose": __version__,
            "files": self.files,
            "pictures": self.pictures,
            "others": [
                {"file": f, "matched": m, "unmatched": u, "missed": o} for f, m, u, o in others
            ],
            "estimated_areas": self.estimated_areas,
            "resamples": self.resampling.resamples,
            "seed": self.resampling.seed,
            "joints": [
                {
                    **{name: getattr(joint, name) for name in joint.__slots__},
                    "problem": joint.problem,
                }
                for joint in self.joints
            ],
            "sigmas": None if self.problems else self.sigmas,
        }


def estimate(names: Sequence[str], people: SamePeople, resampling: Resampling) -> Agreement:
    """Estimate the sigma of each joint.

    Args:
        names: K names of joints.
        people: Labels of the same people by A annotators.
        resampling: For the intervals; people are drawn, not pictures.
    """
    return Agreement(
        files=tuple(map(str, people.files)),
        pictures=people.pictures,
        matched=people.matched,
        unmatched=people.unmatched,
        missed=people.missed,
        estimated_areas=people.estimated_areas,
        joints=tuple(
            _joint(name, people.keypoints[:, :, joint], people.areas, resampling)
            for joint, name in enumerate(names)
        ),
        resampling=resampling,
    )


def _joint(name: str, labels: Doubles, areas: Doubles, resampling: Resampling) -> JointSigma:
    """Estimate the sigma of one joint.

    Args:
        name: Of the joint.
        labels: (P, A, 3) x, y, v of P people by A annotators; v is 0 where there is no label, and
            NaN where an annotator does not have the person.
        areas: (P,) in square pixels.
        resampling: For the interval.
    """
    labelled = labels[:, :, 2] > 0
    number = labelled.sum(axis=1)
    alone = (number > 0) & (labels[:, :, 2] == 0).any(axis=1)
    repeated = number > 1
    labels, labelled, number = labels[repeated], labelled[repeated], number[repeated]
    # (people, pairs of annotators): half of d^2 / s^2, whose mean is sigma^2.
    pairs = list(combinations(range(labels.shape[1]), 2))
    both = np.stack([labelled[:, a] & labelled[:, b] for a, b in pairs], axis=1)
    apart = np.stack([labels[:, a, :2] - labels[:, b, :2] for a, b in pairs], axis=1)
    squared = np.square(apart).sum(axis=2) / areas[repeated, None] / 2
    squared[~both] = 0
    if not len(labels):
        return JointSigma(name, 0, int(alone.sum()), None, None, None, None, 0, 0)
    freedom = (number - 1).astype(np.float64)
    # The mean over a person's pairs, which are n (n - 1) / 2, counted n - 1 times.
    sums = squared.sum(axis=1) * 2 / number
    variance = sums.sum() / freedom.sum()
    samples = [(w @ sums) / (w @ freedom) for w in resampling.weights(len(sums))]
    low, high = interval(
        [np.sqrt(part)[:, None] for part in samples], np.array([np.sqrt(variance)])
    )
    # d^2 of two labels with Gaussian errors has an exponential distribution: its median is the
    # mean times ln 2.
    robust = float(np.median(squared[both]) / np.log(2))
    return JointSigma(
        name=name,
        pairs=int(both.sum()),
        alone=int(alone.sum()),
        sigma=round(float(np.sqrt(variance)), 6),
        low=_finite(low[0]),
        high=_finite(high[0]),
        robust=round(float(np.sqrt(robust)), 6),
        outliers=int((squared[both] > OUTLIER**2 * robust).sum()),
        identical=int((squared[both] == 0).sum()),
    )


def _finite(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
