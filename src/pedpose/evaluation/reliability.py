"""How often predictions of a score are right: the data of a reliability diagram.

Source: Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017): bins of equal width,
and the expected calibration error, the mean distance of a bin's share of right predictions from
its mean score, weighted by the number of predictions in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

BINS = 10


@dataclass(frozen=True, slots=True)
class Reliability:
    """Scores from 0 to 1 in BINS bins of equal width; a bin holds its lower end.

    Attributes:
        count: (10,) number of predictions in each bin.
        right: (10,) number of them that are right.
        score: (10,) their mean score, NaN in an empty bin.
    """

    count: Integers
    right: Integers
    score: Doubles

    @property
    def share(self) -> Doubles:
        """(10,) share of right predictions, NaN in an empty bin."""
        share = np.full(BINS, np.nan)
        np.divide(self.right, self.count, out=share, where=self.count > 0)
        return share

    @property
    def error(self) -> float:
        """Expected calibration error, in 0..1."""
        full = self.count > 0
        distance = np.abs(self.share[full] - self.score[full])
        return float((distance * self.count[full]).sum() / self.count.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "count": self.count.tolist(),
            "right": self.right.tolist(),
            "mean_score": [None if np.isnan(n) else round(float(n), 6) for n in self.score],
            "expected_calibration_error": round(self.error, 6),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Reliability:
        """Read what :meth:`to_dict` wrote.

        Raises:
            KeyError, TypeError, ValueError: If it is something else.
        """
        count = np.array(data["count"], np.int64)
        right = np.array(data["right"], np.int64)
        score = np.array(data["mean_score"], np.float64)
        if not count.shape == right.shape == score.shape == (BINS,) or not count.any():
            raise ValueError(f"expected {BINS} bins of scores, not all of them empty")
        return cls(count, right, score)


def reliability(scores: Doubles, right: NDArray[np.bool_]) -> Reliability | None:
    """Sort predictions into bins.

    Args:
        scores: (N,) of predictions.
        right: (N,) whether they are right.

    Returns:
        None where there is no prediction, or where scores are not in 0..1 and therefore say
        nothing of how likely it is to be right.
    """
    if not len(scores) or scores.min() < 0 or scores.max() > 1:
        return None
    place = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    mean = np.full(BINS, np.nan)
    sums = np.bincount(place, weights=scores, minlength=BINS)
    np.divide(sums, count, out=mean, where=count > 0)
    return Reliability(count, np.bincount(place[right], minlength=BINS), mean)
