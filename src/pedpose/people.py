"""People: the one type that predictions travel in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pedpose.skeleton import Skeleton

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class People:
    """N people found in one picture, best first.

    Coordinates are continuous pixels of the picture: (0, 0) is its outer top-left corner, the
    centre of the first pixel is (0.5, 0.5).

    Attributes:
        skeleton: What the K joints are.
        keypoints: (N, K, 3) x, y and a score in 0..1.
        boxes: (N, 4) x1, y1, x2, y2.
        scores: (N,) in 0..1.
        track_ids: (N,) identities that persist through a video, or None for single pictures.
    """

    skeleton: Skeleton
    keypoints: Floats
    boxes: Floats
    scores: Floats
    track_ids: Ints | None = None

    def __post_init__(self) -> None:
        """Refuse arrays whose shapes do not belong together."""
        count, joints = len(self.scores), len(self.skeleton)
        expected = {"keypoints": (count, joints, 3), "boxes": (count, 4), "scores": (count,)}
        for name, shape in expected.items():
            found = getattr(self, name).shape
            if found != shape:
                raise ValueError(f"People.{name}: expected shape {shape}, found {found}")
        if self.track_ids is not None and self.track_ids.shape != (count,):
            raise ValueError(
                f"People.track_ids: expected shape {(count,)}, found {self.track_ids.shape}"
            )

    def __len__(self) -> int:
        """Return N, the number of people."""
        return len(self.scores)

    def select(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> People:
        """Return the people that an index array or mask (N,) picks, in its order."""
        return replace(
            self,
            keypoints=self.keypoints[index],
            boxes=self.boxes[index],
            scores=self.scores[index],
            track_ids=None if self.track_ids is None else self.track_ids[index],
        )

    @classmethod
    def empty(cls, skeleton: Skeleton) -> People:
        """Return nobody."""
        return cls(
            skeleton=skeleton,
            keypoints=np.zeros((0, len(skeleton), 3), np.float32),
            boxes=np.zeros((0, 4), np.float32),
            scores=np.zeros(0, np.float32),
        )
