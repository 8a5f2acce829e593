"""How long the limbs of people are, compared with the same limbs of the others."""

from __future__ import annotations

import numpy as np

from pedpose.checking.table import Doubles, PeopleTable
from pedpose.skeleton import Skeleton

LEAST_MEASURED = 10
"""People in whom a limb must be labelled before its usual length is known."""

_LEAST_LIMBS = 4
_SIZE_QUANTILE = 0.75


def usual_lengths(table: PeopleTable, skeleton: Skeleton) -> tuple[Doubles, Doubles]:
    """Measure the limbs of all people.

    A limb that points at the camera looks short, so the size of a body is told by its longer
    limbs: the upper quartile of length / (median length of that limb over all people). It takes
    four labelled limbs; in skeletons of fewer limbs the box tells the size.

    Returns:
        (N, L) lengths in pixels, NaN where not labelled; (N, L) lengths to expect of a body of
        this size with the limb in full view, NaN where nothing is known.
    """
    limbs = np.array(skeleton.limbs, np.intp).reshape(-1, 2)
    joined = table.points[:, limbs[:, 0]] - table.points[:, limbs[:, 1]]
    lengths = np.linalg.norm(joined, axis=2)
    boxes = np.sqrt(table.sides.prod(axis=1))
    usual = np.array([_median(column) for column in (lengths / boxes[:, None]).T])
    relative = lengths / usual
    known = np.isfinite(relative).sum(axis=1)
    if len(limbs) < _LEAST_LIMBS:
        size = boxes
    else:
        ranked = np.sort(relative, axis=1)  # NaN comes last
        place = np.floor(_SIZE_QUANTILE * (known - 1)).clip(0).astype(np.intp)
        upper = np.take_along_axis(ranked, place[:, None], axis=1)[:, 0]
        size = np.where(known >= _LEAST_LIMBS, upper, np.nan)
    return lengths, size[:, None] * usual


def _median(values: Doubles) -> float:
    """Return the median of the numbers among values, NaN if they are few or of no length."""
    numbers = values[np.isfinite(values)]
    middle = float(np.median(numbers)) if len(numbers) >= LEAST_MEASURED else np.nan
    return middle if middle > 0 else np.nan
