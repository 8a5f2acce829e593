"""Rank the people of a file by how far a joint or limb is from what is usual.

Two things are measured, neither of which depends on how a person stands, lies or hangs: how far a
joint is from the middle of its box (1 is the box's edge), and how long a limb is for the size of
the body. Both count only where they are large: limbs that point at the camera are short. How far
out is told by the robust z-score (x - median) / (1.4826 MAD) over the people of the file (Iglewicz
and Hoaglin, "How to Detect and Handle Outliers", 1993).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pedpose.checking.body import LEAST_MEASURED, usual_lengths
from pedpose.checking.findings import Finding
from pedpose.checking.table import Doubles, PeopleTable
from pedpose.skeleton import Skeleton

FROM_Z = 6.0
"""Robust z-score from which on something is worth a look; 3.5 is usual where values are normally
distributed, but those of people are not."""

_LEAST_SPREAD_LIMB = 0.1
_LEAST_SPREAD_BOX = 0.2
"""Where all people of a file are alike, small differences are no outliers."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """A finding and its robust z-score."""

    z: float
    finding: Finding


def find_outliers(table: PeopleTable, skeleton: Skeleton, file: Path) -> list[Outlier]:
    """Return what is furthest out in each person that has something far out."""
    furthest: dict[int, Outlier] = {}
    for person, z, joint, found, expected in (
        *_far_joints(table, skeleton),
        *_long_limbs(table, skeleton),
    ):
        if person not in furthest or z > furthest[person].z:
            place = replace(table.places[person], joint=joint)
            furthest[person] = Outlier(
                z, Finding("outlier", file, place, f"{found} (z {z:.1f})", expected)
            )
    return list(furthest.values())


_Far = tuple[int, float, str, str, str]


def _far_joints(table: PeopleTable, skeleton: Skeleton) -> Iterator[_Far]:
    centres = (table.boxes[:, None, :2] + table.boxes[:, None, 2:]) / 2
    away = np.abs(table.points - centres) / (table.sides[:, None] / 2)
    reach = away.max(axis=2)
    scores = _scores(reach, _LEAST_SPREAD_BOX)
    for person, joint in np.argwhere(scores > FROM_Z):
        usual = np.nanmedian(reach[:, joint])
        yield (
            int(person),
            float(scores[person, joint]),
            skeleton.names[joint],
            f"{reach[person, joint]:.2f} from the middle of its box, where 1 is the edge",
            f"about {usual:.2f}, as in other people",
        )


def _long_limbs(table: PeopleTable, skeleton: Skeleton) -> Iterator[_Far]:
    if not skeleton.limbs or not len(table):
        return
    lengths, usual = usual_lengths(table, skeleton)
    ratio = lengths / usual
    scores = _scores(ratio, _LEAST_SPREAD_LIMB)
    for person, limb in np.argwhere(scores > FROM_Z):
        yield (
            int(person),
            float(scores[person, limb]),
            ", ".join(skeleton.names[joint] for joint in skeleton.limbs[limb]),
            f"a limb of {lengths[person, limb]:.1f} pixels",
            f"about {usual[person, limb]:.1f} in a body of this size",
        )


def _scores(values: Doubles, least_spread: float) -> Doubles:
    """Return robust z-scores of the columns of (N, F); NaN where nothing is known."""
    scores = np.full_like(values, np.nan)
    for values_of, scores_of in zip(values.T, scores.T, strict=True):
        known = np.isfinite(values_of)
        if known.sum() < LEAST_MEASURED:
            continue
        middle = np.median(values_of[known])
        spread = 1.4826 * np.median(np.abs(values_of[known] - middle))
        scores_of[known] = (values_of[known] - middle) / max(spread, least_spread)
    return np.asarray(np.nan_to_num(scores, nan=-np.inf))
