"""Which pixels of the picture the cells of a map depend on, along one of its sides.

The arithmetic of Araujo et al., "Computing Receptive Fields of Convolutional Neural Networks",
Distill 2019, https://distill.pub/2019/computing-receptive-fields, for each phase of a map: after
upsampling not all cells see equally far.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self


@dataclass(frozen=True, slots=True)
class Sight:
    """What the cells of a map see along one side, as if the picture had no borders.

    Cell n sees from pixel ``n * jump + low[n % P]`` to pixel ``n * jump + high[n % P]``, both
    included and both -+ infinity where it sees all.

    Attributes:
        size: Number of cells.
        jump: Pixels from one cell to the next.
        low: P offsets in pixels.
        high: P offsets in pixels.
    """

    size: int
    jump: float = 1.0
    low: tuple[float, ...] = (0.0,)
    high: tuple[float, ...] = (0.0,)

    @property
    def field(self) -> int | None:
        """Pixels that the cell sees that sees most; None for all, however large the picture."""
        widest = max(high - low for low, high in zip(self.low, self.high, strict=True)) + 1
        return None if math.isinf(widest) else round(widest)

    def slide(self, kernel: int, stride: int, padding: int, dilation: int = 1) -> Self:
        """Return the sight of a convolution or of pooling."""

        def taps(cell: int) -> Iterable[int]:
            first = cell * stride - padding
            return range(first, first + kernel * dilation, dilation)

        size = (self.size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
        return self._gather(size, Fraction(stride), taps)

    def repeat(self, factor: int) -> Self:
        """Return the sight of upsampling by the nearest cell."""
        return self._gather(factor * self.size, Fraction(1, factor), lambda cell: (cell // factor,))

    def interpolate(self, factor: int, align_corners: bool) -> Self:
        """Return the sight of linear upsampling; an upper bound where corners are aligned.

        With aligned corners, n cells and factor f, cell c is read at c (n - 1) / (f n - 1). That
        is c / f less c (f - 1) / (f (f n - 1)), which grows from 0 to 1 - 1 / f as c goes from 0 to
        f n - 1. All cells are therefore read between (c + 1) / f - 1 and c / f, and from no
        others than the whole cells around these.
        """

        def taps(cell: int) -> Iterable[int]:
            if align_corners:
                first, last = Fraction(cell + 1, factor) - 1, Fraction(cell, factor)
            else:
                first = last = Fraction(2 * cell + 1, 2 * factor) - Fraction(1, 2)
            return math.floor(first), math.ceil(last)

        return self._gather(factor * self.size, Fraction(1, factor), taps)

    def whole(self) -> Self:
        """Return the sight of the mean of all cells."""
        return type(self)(1, self.jump * self.size, (-math.inf,), (math.inf,))

    def _gather(self, size: int, step: Fraction, taps: Callable[[int], Iterable[int]]) -> Self:
        """Return the sight of a map each cell of which depends on some cells of this one.

        Args:
            size: Number of its cells.
            step: Cells of this map for each of its cells.
            taps: Gives for one of its cells the cells of this map.
        """
        cells = step.denominator * len(self.low)
        period = cells // math.gcd(cells, step.numerator)
        jump = self.jump * float(step)
        low, high = [], []
        for cell in range(period):
            seen = [(tap * self.jump - cell * jump, tap % len(self.low)) for tap in taps(cell)]
            low.append(min(offset + self.low[phase] for offset, phase in seen))
            high.append(max(offset + self.high[phase] for offset, phase in seen))
        return type(self)(size, jump, tuple(low), tuple(high))


def join(sights: Sequence[Sight]) -> Sight:
    """Return the sight of maps of one size that are added, multiplied or put side by side.

    Single cells that see all may be among them.

    Raises:
        NotImplementedError: If their cells do not lie on each other.
    """
    finest = min(sights, key=lambda sight: sight.jump)
    for sight in sights:
        if (sight.size, sight.jump) != (finest.size, finest.jump) and sight.field is not None:
            raise NotImplementedError(
                f"receptive field: expected maps of {finest.size} cells at {finest.jump:g} pixels, "
                f"found one of {sight.size} at {sight.jump:g}"
            )
    period = math.lcm(*(len(sight.low) for sight in sights))
    return Sight(
        finest.size,
        finest.jump,
        tuple(min(s.low[n % len(s.low)] for s in sights) for n in range(period)),
        tuple(max(s.high[n % len(s.high)] for s in sights) for n in range(period)),
    )
