"""Which sample of which data set comes when: a pure function of the seed.

A run that is resumed, or has another number of loader processes, sees the same samples in the
same order with the same random changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch.utils.data import Sampler

from pedpose.errors import ConfigError


@dataclass(frozen=True, slots=True)
class WeightedFile:
    """A data file and the part of its samples that one epoch draws."""

    path: Path
    weight: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a weight that no epoch can draw by."""
        if not 0 < self.weight < float("inf"):
            raise ConfigError(f"{self.path}: expected a weight above 0, found {self.weight:g}")

    @classmethod
    def parse(cls, text: str) -> WeightedFile:
        """Read ``FILE`` or ``FILE:WEIGHT``.

        Raises:
            ConfigError: If the weight is not above 0.
        """
        name, colon, number = text.rpartition(":")
        if not colon or number.endswith(".json"):
            return cls(Path(text))
        try:
            weight = float(number)
        except ValueError:
            return cls(Path(text))
        return cls(Path(name), weight)


@dataclass(frozen=True, slots=True)
class Draw:
    """One sample to load: its place in the joined data sets and the seed of its changes."""

    sample: int
    seed: tuple[int, int]


class MixedBatches(Sampler[list[Draw]]):
    """Batches of a whole training run, from any step on.

    Epoch e of a set of n samples and weight w takes the round(w n) samples that follow those of
    epoch e - 1 in an endless chain of shuffles, so that no sample comes twice before all have
    come once.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        weights: Sequence[float],
        batch_size: int,
        seed: int,
        start_step: int,
        total_steps: int,
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        """Plan a run.

        Args:
            sizes: Number of samples of each data set; their samples are numbered on end.
            weights: Part of each set that an epoch draws.
            batch_size: Samples of a step, of all processes together.
            seed: Of the whole run.
            start_step: First step to yield.
            total_steps: One past the last.
            rank: Of the process whose part of each batch is yielded, from 0.
            processes: That share the batches.
        """
        self.sizes = tuple(sizes)
        self.counts = tuple(max(round(n * w), 1) for n, w in zip(sizes, weights, strict=True))
        self.batch_size = batch_size
        self.seed = seed
        self.start_step = start_step
        self.total_steps = total_steps
        self.rank = rank
        self.processes = processes

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch; samples short of a whole batch wait for the next shuffle."""
        return max(sum(self.counts) // self.batch_size, 1)

    def __len__(self) -> int:
        """Return the number of batches still to come."""
        return self.total_steps - self.start_step

    def __iter__(self) -> Iterator[list[Draw]]:
        """Yield the batches of steps start_step to total_steps."""
        epoch, order = -1, np.zeros(0, np.int64)
        for step in range(self.start_step, self.total_steps):
            if step // self.steps_per_epoch != epoch:
                epoch = step // self.steps_per_epoch
                order = self._epoch(epoch)
            first = (step % self.steps_per_epoch) * self.batch_size
            places = np.arange(first, first + self.batch_size) % len(order)
            draws = [
                Draw(int(order[place]), (self.seed, step * self.batch_size + i))
                for i, place in enumerate(places)
            ]
            yield draws[self.rank :: self.processes]

    def _epoch(self, epoch: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        offsets = np.cumsum([0, *self.sizes])
        parts = []
        for number, (size, count) in enumerate(zip(self.sizes, self.counts, strict=True)):
            places = np.arange(epoch * count, (epoch + 1) * count)
            rounds = np.unique(places // size)
            shuffles = {
                r: np.random.default_rng((self.seed, number, int(r))).permutation(size)
                for r in rounds
            }
            parts.append(offsets[number] + [shuffles[p // size][p % size] for p in places])
        joined = np.concatenate(parts).astype(np.int64)
        shuffled: np.ndarray[tuple[int], np.dtype[np.int64]] = np.random.default_rng(
            (self.seed, 1_000_003, epoch)
        ).permutation(joined)
        return shuffled
