"""Scores that mean what they say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a network's score becomes the chance of being right.

    Platt scaling (Platt, "Probabilistic Outputs for Support Vector Machines", 1999) on the log
    odds of the score; the order of scores stays.

    Attributes:
        slope: Above 0; less than 1 for a network that is too sure of itself.
        offset: In log odds.
    """

    slope: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        """Refuse numbers that would turn the order of scores around."""
        if not 0 < self.slope < math.inf or not math.isfinite(self.offset):
            raise ValueError(f"expected a slope above 0 and a finite offset, found {self}")

    def __call__(self, scores: NDArray[np.floating]) -> Doubles:
        """Return the chances of being right, of the shape of the scores in 0..1."""
        return _chance(self.slope * log_odds(scores) + self.offset)

    def inverse(self, chance: float) -> float:
        """Return the score that means a chance; 0 and 1 are themselves."""
        if chance in (0, 1):
            return float(chance)
        return float(_chance((log_odds(np.array(chance)) - self.offset) / self.slope))

    def to_dict(self) -> dict[str, float]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Calibration:
        """Read what :meth:`to_dict` wrote.

        Raises:
            KeyError, TypeError, ValueError: If it is something else.
        """
        return cls(float(data["slope"]), float(data["offset"]))


def log_odds(scores: NDArray[np.floating]) -> Doubles:
    """Return log(s / (1 - s)) of scores in 0..1, finite at both ends."""
    clear = np.clip(scores.astype(np.float64), _LEAST, 1 - _LEAST)
    return np.asarray(np.log(clear / (1 - clear)))


def _chance(odds: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-odds)))
