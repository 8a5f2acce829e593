"""Which frames of a video are looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pedpose.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of a video; pictures are not concerned.

    Attributes:
        start_s: First time in seconds, 0 for the beginning.
        end_s: Time in seconds from which on frames are left out; infinite for the whole.
        stride: 1 for each frame, 2 for every other one, and so on, from the first one taken.
        max_frames: Most frames that are taken of one source; None for all.
    """

    start_s: float = 0.0
    end_s: float = math.inf
    stride: int = 1
    max_frames: int | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that select nothing."""
        if not (math.isfinite(self.start_s) and self.start_s >= 0):
            raise ConfigError(f"start: expected seconds from 0 on, found {self.start_s}")
        if not self.end_s > self.start_s:
            raise ConfigError(f"end: expected more than start {self.start_s}, found {self.end_s}")
        if self.stride < 1:
            raise ConfigError(f"stride: expected 1 or more, found {self.stride}")
        if self.max_frames is not None and self.max_frames < 1:
            raise ConfigError(f"max-frames: expected 1 or more, found {self.max_frames}")

    @property
    def whole(self) -> bool:
        """Whether nothing is cut off at the end, so that a video can prove to be incomplete."""
        return math.isinf(self.end_s) and self.max_frames is None
