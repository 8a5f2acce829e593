"""The groups that figures are broken down by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pedpose.data.crowding import CROWDING, crowding
from pedpose.evaluation.joint_table import JointTable

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

SIZES = ("small", "medium", "large")
"""COCO's classes by area: below 32^2, up to 96^2, above 96^2 square pixels."""

VISIBILITIES = ("hidden", "visible")
"""Labels with v = 1 and v = 2."""

CROWDS = CROWDING[1:]
"""Number of annotated people in the picture."""

_SIZE_STARTS = (32.0**2, 96.0**2)


def crowd_of(people: Integers) -> Integers:
    """Return for each number of people its position in CROWDS; -1 for nobody."""
    return np.array([crowding(number) for number in people.tolist()], np.int64) - 1


@dataclass(frozen=True, slots=True)
class Columns:
    """Sums joints over all, over each joint and over each group: 1 + K + 3 + 2 + 4 columns.

    Attributes:
        pictures: N.
        picture: (P,) position of the picture of each person in the annotation file.
        size: (P,) position of each person in SIZES.
        crowd: (P,) position of each person's picture in CROWDS.
        visibility: (P, K) v of each label.
    """

    pictures: int
    picture: Integers
    size: Integers
    crowd: Integers
    visibility: Integers

    @classmethod
    def of(cls, table: JointTable) -> Columns:
        """Sort people into groups."""
        people = np.bincount(table.picture, minlength=table.pictures)
        return cls(
            pictures=table.pictures,
            picture=table.picture,
            # An area of exactly 96^2 is medium and of exactly 32^2 too, as pycocotools has both
            # ends inside a class.
            size=np.where(
                table.area < _SIZE_STARTS[0], 0, np.where(table.area <= _SIZE_STARTS[1], 1, 2)
            ),
            crowd=crowd_of(people)[table.picture],
            visibility=table.visibility,
        )

    def sum(self, values: Doubles) -> Doubles:
        """Sum values (P, K) of joints to (N, C): of each picture, in columns as ``slices``."""
        of_person = values.sum(axis=1)
        columns = np.column_stack(
            [
                of_person,
                values,
                *(np.where(self.size == n, of_person, 0) for n in range(len(SIZES))),
                *(np.where(self.visibility == v, values, 0).sum(axis=1) for v in (1, 2)),
                *(np.where(self.crowd == n, of_person, 0) for n in range(len(CROWDS))),
            ]
        )
        sums = np.zeros((self.pictures, columns.shape[1]))
        np.add.at(sums, self.picture, columns)
        return sums


def slices(joints: int) -> dict[str, slice]:
    """Return where the columns of K joints, sizes, visibilities and crowds lie."""
    ends = np.cumsum([1, joints, len(SIZES), len(VISIBILITIES), len(CROWDS)]).tolist()
    names = ("joints", "sizes", "visibilities", "crowds")
    return {name: slice(ends[i], ends[i + 1]) for i, name in enumerate(names)}
