"""All people of one file as arrays, so that they can be compared with each other quickly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pedpose.checking.findings import Place
from pedpose.checking.images import Size

Doubles = NDArray[np.float64]

_SURE = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """One person whose numbers are sound.

    Attributes:
        place: Of the annotation.
        box: x1, y1, x2, y2 in continuous pixels.
        flat: 3 K numbers x, y, v as in the file.
        scores: K numbers in 0..1, how sure the labeller was; None where the file says nothing.
    """

    place: Place
    box: tuple[float, float, float, float]
    flat: list[float]
    scores: list[float] | None = None


@dataclass(frozen=True, slots=True)
class PeopleTable:
    """N people of one file.

    Attributes:
        places: Of the annotations.
        boxes: (N, 4) x1, y1, x2, y2 in continuous pixels.
        points: (N, K, 2) x, y in continuous pixels; NaN where not labelled.
        visibility: (N, K) v: 0 not labelled, 1 labelled but hidden, 2 visible.
        clear: (N, K) which joints are visible, and not labelled with doubt (``scores`` below 0.5).
        sizes: (N, S, 2) width and height that the picture may have; NaN where not known.
    """

    places: tuple[Place, ...]
    boxes: Doubles
    points: Doubles
    visibility: Doubles
    clear: NDArray[np.bool_]
    sizes: Doubles

    def __len__(self) -> int:
        """Return N."""
        return len(self.places)

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """(N, K) which joints are labelled."""
        return self.visibility > 0

    @property
    def sides(self) -> Doubles:
        """(N, 2) width and height of the boxes."""
        return self.boxes[:, 2:] - self.boxes[:, :2]

    def without(self, joints: NDArray[np.bool_]) -> PeopleTable:
        """Return the same people with some joints (N, K) taken as not labelled."""
        return replace(
            self,
            points=np.where(joints[..., None], np.nan, self.points),
            visibility=np.where(joints, 0, self.visibility),
            clear=self.clear & ~joints,
        )

    def groups(self) -> list[NDArray[np.intp]]:
        """Return the people of each picture that has any, as indices."""
        images = np.array([place.image for place in self.places], np.int64)
        order = np.argsort(images, kind="stable")
        if not len(order):
            return []
        ends = np.flatnonzero(np.diff(images[order])) + 1
        return list(np.split(order, ends))


def make_table(
    rows: Sequence[Row], joints: int, sizes: Mapping[int, tuple[Size, ...]]
) -> PeopleTable:
    """Stack people.

    Args:
        rows: The people.
        joints: K.
        sizes: For each image id the sizes that its picture may have.
    """
    flat = np.array([row.flat for row in rows], np.float64).reshape(-1, joints, 3)
    visibility = flat[..., 2]
    # COCO counts pixel indices; the centre of the first pixel is (0.5, 0.5) here.
    points = np.where(visibility[..., None] > 0, flat[..., :2] + 0.5, np.nan)
    most = max((len(known) for known in sizes.values()), default=0) or 1
    possible = np.full((len(rows), most, 2), np.nan)
    for row, own in zip(rows, possible, strict=True):
        known = () if row.place.image is None else sizes.get(row.place.image, ())
        own[: len(known)] = np.array(known).reshape(-1, 2)
    boxes = np.array([row.box for row in rows], np.float64).reshape(-1, 4)
    scores = np.array([row.scores or [1.0] * joints for row in rows]).reshape(-1, joints)
    clear = (visibility == 2) & (scores >= _SURE)
    return PeopleTable(tuple(row.place for row in rows), boxes, points, visibility, clear, possible)
