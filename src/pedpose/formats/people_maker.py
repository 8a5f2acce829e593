"""Make people of what a format states, by the same checks for all formats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pedpose.data.faults import Faults
from pedpose.formats.labelled import LabelledPerson, Numbers
from pedpose.formats.notes import Notes
from pedpose.skeleton import Skeleton

TOLERANCE = 1.0
"""Pixels by which a joint or a box may overhang its picture: tools round in both directions."""

MARGIN = 0.1
"""Of the longer side of the joints' extent, added on all sides where no box is labelled."""

LEAST_MARGIN = 1.0
"""The same in pixels, so that a box around a single joint has a size."""

_LEAST_SIDE = 0.01

FROM_JOINTS = (
    f"people without a box: box = joints' extent with {MARGIN:.0%} of its longer side added all "
    f"around (at least {LEAST_MARGIN:.0f} pixel)"
)
NOBODY = "people with neither a labelled joint nor a box left out"
OUTSIDE_JOINT = "joints outside their picture made unlabelled"
OUTSIDE_BOX = "boxes cut at the edge of their picture"


@dataclass(frozen=True, slots=True)
class PeopleMaker:
    """Checks people and collects what is wrong with them.

    Attributes:
        skeleton: The K joints.
        faults: Takes what is refused.
        notes: Takes what is left out or assumed.
        drop_outside: Whether to drop what is outside the picture instead of refusing it.
    """

    skeleton: Skeleton
    faults: Faults
    notes: Notes
    drop_outside: bool = False

    def make(
        self,
        where: str,
        size: tuple[int, int],
        keypoints: Numbers,
        box: Numbers | None = None,
        head_box: Numbers | None = None,
    ) -> LabelledPerson | None:
        """Return a checked person, or None where there is none or a fault was noted.

        Args:
            where: The entry, for messages.
            size: Width and height of the picture.
            keypoints: (K, 3) x, y in continuous pixels, and v.
            box: (4,) x1, y1, x2, y2; None to take it from the joints.
            head_box: (4,) x1, y1, x2, y2, or None.
        """
        before = len(self.faults)
        keypoints = self._inside(where, size, keypoints)
        if head_box is not None and not _has_size(head_box):
            self.faults.add(where, "a head box x1, y1, x2 > x1, y2 > y1", head_box.tolist())
        if box is not None:
            box = self._checked_box(where, size, box)
        elif not keypoints[:, 2].any():
            if len(self.faults) == before:
                self.notes.count(NOBODY)
            return None
        else:
            self.notes.count(FROM_JOINTS)
            box = _cut(box_around(keypoints), size)
        if len(self.faults) > before:
            return None
        return LabelledPerson(box, keypoints, head_box)

    def _inside(self, where: str, size: tuple[int, int], keypoints: Numbers) -> Numbers:
        keypoints = keypoints.astype(np.float64)
        labelled = keypoints[:, 2] > 0
        places = keypoints[:, :2]
        # Written so that NaN counts as outside.
        inside = ((places >= -TOLERANCE) & (places <= np.array(size) + TOLERANCE)).all(axis=1)
        for joint in np.flatnonzero(labelled & ~inside):
            if self.drop_outside and np.isfinite(places[joint]).all():
                self.notes.count(OUTSIDE_JOINT)
                continue
            self.faults.add(
                f"{where}, {self.skeleton.names[joint]}",
                f"a place inside the picture of {size[0]} x {size[1]} (or --drop-outside)",
                places[joint].round(3).tolist(),
            )
        keypoints[~(labelled & inside)] = 0
        return keypoints

    def _checked_box(self, where: str, size: tuple[int, int], box: Numbers) -> Numbers:
        box = box.astype(np.float64)
        if not _has_size(box):
            self.faults.add(
                where, "a box x1, y1, x2 > x1, y2 > y1 in pixels", box.round(3).tolist()
            )
            return box
        if (box[:2] >= -TOLERANCE).all() and (box[2:] <= np.array(size) + TOLERANCE).all():
            return box
        cut = _cut(box, size)
        if self.drop_outside and _has_size(cut):
            self.notes.count(OUTSIDE_BOX)
            return cut
        self.faults.add(
            where,
            f"a box inside the picture of {size[0]} x {size[1]} (or --drop-outside)",
            box.round(3).tolist(),
        )
        return box


def box_around(keypoints: Numbers) -> Numbers:
    """Return the box (4,) that stands in for a missing one.

    Args:
        keypoints: (K, 3) x, y, v, at least one with v > 0.
    """
    places = keypoints[keypoints[:, 2] > 0, :2]
    low, high = places.min(axis=0), places.max(axis=0)
    margin = max(MARGIN * float((high - low).max()), LEAST_MARGIN)
    return np.concatenate([low - margin, high + margin])


def _has_size(box: Numbers) -> bool:
    return bool(np.isfinite(box).all() and (box[2:] - box[:2] >= _LEAST_SIDE).all())


def _cut(box: Numbers, size: tuple[int, int]) -> Numbers:
    """Cut a box at the edges of its picture."""
    return np.clip(box, 0, np.tile(np.array(size, np.float64), 2))
