"""Check where joints are: in their picture, and near the box of their person."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pedpose.checking.findings import Notes, Place
from pedpose.checking.table import Doubles, PeopleTable
from pedpose.data.coco import BOX_TOLERANCE
from pedpose.skeleton import Skeleton

OFF_BOX = 0.5
"""How far a joint may be outside the box of its person, as a part of the box's longer side. Boxes
surround what is seen, so that hidden joints may lie outside; of 7400 people of COCO labelled by
hand five have a joint further out."""


def check_places(table: PeopleTable, skeleton: Skeleton, notes: Notes) -> NDArray[np.bool_]:
    """Note joints outside their picture, joints far outside their box, people without joints.

    Returns:
        (N, K) which joints were noted.
    """
    # Where several sizes are possible, a joint has to be inside one of them.
    limits = table.sizes[:, None, :, :]
    points = table.points[:, :, None, :]
    with np.errstate(invalid="ignore"):
        beyond = np.asarray((points < -BOX_TOLERANCE) | (points > limits + BOX_TOLERANCE))
    unknown: NDArray[np.bool_] = np.asarray(np.isnan(limits).all(axis=3))
    within: NDArray[np.bool_] = np.asarray(~beyond.any(axis=3) & ~unknown)
    inside = np.asarray(within.any(axis=2) | unknown.all(axis=2))
    outside = ~inside & table.labelled
    for person, joint in np.argwhere(outside):
        place = _at(table, skeleton, person, joint)
        sizes = [f"{w:g} x {h:g}" for w, h in table.sizes[person] if not np.isnan(w)]
        expected = f"a place inside the picture of {' or '.join(sizes)}"
        notes.add("joint-outside", place, _in_file(table, person, joint), expected)

    part = _parts_off_box(table)
    off_box = (part > OFF_BOX) & ~outside
    for person, joint in np.argwhere(off_box):
        box = ", ".join(f"{side:g}" for side in table.boxes[person].round(2))
        expected = (
            f"at most {OFF_BOX:g} of the longer side outside the box {box} (x1, y1, x2, y2), "
            f"not {part[person, joint]:.2f}"
        )
        place = _at(table, skeleton, person, joint)
        notes.add("joint-off-box", place, _in_file(table, person, joint), expected)

    empty = int((~table.labelled.any(axis=1)).sum())
    if empty:
        notes.add("no-joints", Place(), empty, "a labelled joint of each person")
    return np.asarray(outside | off_box)


def _parts_off_box(table: PeopleTable) -> Doubles:
    """Return (N, K) how far joints are outside their box, as a part of its longer side."""
    low, high = table.boxes[:, None, :2], table.boxes[:, None, 2:]
    away = np.maximum(np.maximum(low - table.points, table.points - high), 0).max(axis=2)
    return np.asarray(np.nan_to_num(away) / table.sides.max(axis=1)[:, None])


def _at(table: PeopleTable, skeleton: Skeleton, person: int, joint: int) -> Place:
    return replace(table.places[person], joint=skeleton.names[joint])


def _in_file(table: PeopleTable, person: int, joint: int) -> list[float]:
    """Return x and y as they are in the file: pixel indices."""
    return [round(float(value) - 0.5, 3) for value in table.points[person, joint]]
