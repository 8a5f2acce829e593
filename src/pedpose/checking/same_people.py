"""Find people who are annotated twice in one picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pedpose import geometry
from pedpose.checking.findings import Notes
from pedpose.checking.table import PeopleTable
from pedpose.data.coco import AREA_OF_BOX
from pedpose.skeleton import DEFAULT_SIGMA, Skeleton

NEAR_OKS = 0.9
"""Object keypoint similarity from which on two people in one picture are likely one, if they have
at least :data:`LEAST_SHARED` labelled joints in common."""

NEAR_IOU = 0.7
"""Overlap that their boxes must have as well."""

LEAST_SHARED = 3
"""Joints, or all of a skeleton that has fewer."""

_BLOCK = 256


def check_same_people(table: PeopleTable, skeleton: Skeleton, notes: Notes) -> None:
    """Note people who are equal to, or nearly the same as, another one in their picture."""
    sigmas = skeleton.sigmas or (DEFAULT_SIGMA,) * len(skeleton)
    numbers = np.concatenate(
        [
            table.boxes,
            np.nan_to_num(table.points).reshape(len(table), 2 * len(skeleton)),
            table.visibility,
        ],
        axis=1,
    )
    for group in table.groups():
        if len(group) < 2:
            continue
        twins: set[int] = set()
        first: dict[bytes, int] = {}
        for person in group.tolist():
            earlier = first.setdefault(numbers[person].tobytes(), person)
            if earlier != person:
                twins.add(person)
                _note("duplicate-person", table, person, earlier, notes)
        others = np.array([person for person in group.tolist() if person not in twins], np.intp)
        for earlier, person in _near(table, others, sigmas):
            _note("near-duplicate-person", table, person, earlier, notes)


def _near(
    table: PeopleTable, group: NDArray[np.intp], sigmas: tuple[float, ...]
) -> Iterator[tuple[int, int]]:
    """Yield people of one picture who are nearly the same as an earlier one, with the first."""
    boxes = table.boxes[group].astype(np.float32)
    labelled = table.labelled[group]
    points = np.nan_to_num(table.points[group]).astype(np.float32)
    areas = AREA_OF_BOX * table.sides[group].prod(axis=1)
    least = min(LEAST_SHARED, labelled.shape[1])
    # In blocks, so that a file with thousands of people in one picture does not fill the memory.
    for start in range(0, len(group), _BLOCK):
        block = slice(start, start + _BLOCK)
        overlap = geometry.iou(boxes[block], boxes)
        for row, near in enumerate(overlap >= NEAR_IOU):
            later = start + row
            earlier = np.flatnonzero(near[:later])
            shared = labelled[later] & labelled[earlier]
            enough = shared.sum(axis=1) >= least
            earlier, shared = earlier[enough], shared[enough]
            if not len(earlier):
                continue
            area = np.maximum(areas[later], areas[earlier])
            alike = geometry.oks(points[[later]], points[earlier], area, sigmas, shared)[0]
            if alike.max() >= NEAR_OKS:
                yield int(group[earlier[(alike >= NEAR_OKS).argmax()]]), int(group[later])


def _note(code: str, table: PeopleTable, person: int, earlier: int, notes: Notes) -> None:
    other = table.places[earlier].annotation
    alike = "equal to" if code == "duplicate-person" else "nearly"
    expected = "each person of a picture once"
    notes.add(code, table.places[person], f"{alike} annotation {other}", expected)
