"""Confidence intervals by the bootstrap over pictures.

Source: Efron & Tibshirani, "An Introduction to the Bootstrap" (1993), percentile interval. Whole
pictures are drawn, with replacement: people in one picture are not independent of each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pedpose.errors import ConfigError

Doubles = NDArray[np.float64]

LEVEL = 0.95

_CHUNK = 2**20  # numbers held at once: bounds memory however many pictures there are


@dataclass(frozen=True, slots=True)
class Resampling:
    """How often and from which seed pictures are drawn anew.

    Attributes:
        resamples: Number of draws.
        seed: Of the random numbers.
    """

    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse numbers that give no interval."""
        if self.resamples < 100:
            raise ConfigError(
                f"resamples: expected 100 or more, of which 5 % mean something, found "
                f"{self.resamples}"
            )
        if self.seed < 0:
            raise ConfigError(f"seed: expected 0 or more, found {self.seed}")

    def weights(self, pictures: int) -> Iterator[Doubles]:
        """Yield (n, pictures) how often each picture is drawn, until n add up to all resamples.

        Of a single picture nothing can be learnt this way: nothing is drawn. The same pictures
        and seed give the same weights each time, so that figures of several calls can be paired.
        """
        if pictures < 2:
            return
        random = np.random.default_rng(self.seed)
        rows = max(1, _CHUNK // pictures)
        for start in range(0, self.resamples, rows):
            count = min(rows, self.resamples - start)
            drawn = random.integers(pictures, size=(count, pictures))
            drawn += np.arange(count)[:, None] * pictures
            times = np.bincount(drawn.ravel(), minlength=count * pictures)
            yield times.reshape(count, pictures).astype(np.float64)


def interval(samples: Sequence[Doubles], estimate: Doubles) -> tuple[Doubles, Doubles]:
    """Return the 95 % percentile interval of resampled figures.

    It is widened, where needed, to hold the estimate itself: rounding, or the bias that AP has on
    few pictures, must not leave a figure outside of its own interval. Resamples in which nothing
    could be measured (NaN) are left out.

    Args:
        samples: Parts (n, ...) that hold the figures of all resamples.
        estimate: (...) the figures of all pictures.

    Returns:
        Lower and upper ends (...), NaN where there is no estimate or no sample.
    """
    low, high = np.full(estimate.shape, np.nan), np.full(estimate.shape, np.nan)
    known = np.isfinite(estimate)
    if known.any() and samples:
        tail = (1 - LEVEL) / 2
        drawn = np.concatenate([part[:, known] for part in samples])
        ends = np.nanquantile(drawn, [tail, 1 - tail], axis=0)
        # Sums depend in their last digits on the number of cores: rounded, reports do not.
        low[known] = np.minimum(ends[0].round(10), estimate[known])
        high[known] = np.maximum(ends[1].round(10), estimate[known])
    return low, high
