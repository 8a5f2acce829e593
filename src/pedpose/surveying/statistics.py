"""What an annotation file holds, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pedpose import __version__
from pedpose.data.coco import CocoData
from pedpose.data.crowding import CROWDING, crowding
from pedpose.files import sha256_of
from pedpose.surveying.poses import JointPose, mean_pose

Doubles = NDArray[np.float64]

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
BORDER = 2.0
"""Pixels: a box that ends within them from the border of its picture counts as cut by it."""

# Square pixels; "small", "medium" and "large" of https://cocodataset.org/#detection-eval
_SIZES = (32.0**2, 96.0**2)


@dataclass(frozen=True, slots=True)
class JointCount:
    """Labels of one joint.

    Attributes:
        name: Of the joint.
        visible: Number of people with v = 2.
        hidden: With v = 1, labelled but not visible.
        unlabelled: With v = 0.
    """

    name: str
    visible: int
    hidden: int
    unlabelled: int

    @property
    def people(self) -> int:
        """Number of people."""
        return self.visible + self.hidden + self.unlabelled

    @property
    def labelled(self) -> int:
        """Number of people with a label."""
        return self.visible + self.hidden

    def share(self, count: int) -> float | None:
        """Return a count as a share of all people; None without people."""
        return count / self.people if self.people else None


@dataclass(frozen=True, slots=True)
class Spread:
    """How numbers are spread.

    Attributes:
        quantiles: At :data:`QUANTILES`, the least and the greatest included; None of nothing.
        values: All of them, for charts.
    """

    quantiles: tuple[float, ...] | None
    values: Doubles

    @classmethod
    def of(cls, values: Sequence[float] | Doubles) -> Spread:
        """Measure numbers (N,)."""
        numbers = np.asarray(values, np.float64)
        if not len(numbers):
            return cls(None, numbers)
        return cls(tuple(np.quantile(numbers, QUANTILES).round(4).tolist()), numbers)

    def to_dict(self) -> dict[str, float] | None:
        """Return quantiles by their percentage, as ``{"p50": 81.5}``."""
        if self.quantiles is None:
            return None
        return {f"p{100 * q:g}": v for q, v in zip(QUANTILES, self.quantiles, strict=True)}


@dataclass(frozen=True, slots=True)
class Survey:
    """What an annotation file holds.

    Attributes:
        path: Of the file.
        sha256: Of its bytes.
        pictures: Number of pictures.
        people: Number of people annotated one by one.
        crowds: Number of regions whose people are not.
        without_joints: Number of people with no labelled joint.
        estimated_areas: Number of people without an area of their own.
        crowding: Number of pictures by their number of people.
        sizes: Number of people by area: small, medium, large as in COCO.
        at_border: Number of people whose box ends at the border of the picture.
        truncated: Of these with at least one joint without a label.
        people_a_picture: Spread over pictures.
        joints_a_person: Labelled joints, spread over people.
        heights: Of boxes in pixels.
        aspects: Width over height of boxes.
        joints: Labels of each joint.
        limbs: Pairs of joint indices.
        sides: ``left``, ``right`` or ``middle`` for each joint.
        poses: Where each joint is in its box; None for a joint that nobody has.
    """

    path: str
    sha256: str
    pictures: int
    people: int
    crowds: int
    without_joints: int
    estimated_areas: int
    crowding: dict[str, int]
    sizes: dict[str, int]
    at_border: int
    truncated: int
    people_a_picture: Spread
    joints_a_person: Spread
    heights: Spread
    aspects: Spread
    joints: tuple[JointCount, ...]
    limbs: tuple[tuple[int, int], ...]
    sides: tuple[str, ...]
    poses: tuple[JointPose | None, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        spreads = ("people_a_picture", "joints_a_person", "heights", "aspects")
        plain = {name: getattr(self, name) for name in self.__slots__ if name not in spreads}
        return {
            "pedpose": __version__,
            **plain,
            **{name: getattr(self, name).to_dict() for name in spreads},
            "joints": [asdict(joint) for joint in self.joints],
            "poses": [None if pose is None else asdict(pose) for pose in self.poses],
        }


def survey(data: CocoData) -> Survey:
    """Measure an annotation file; its pictures are not needed."""
    people = [person for picture in data.pictures for person in picture.people]
    boxes = np.array([p.box for p in people], np.float64).reshape(-1, 4)
    keypoints = np.array([p.keypoints for p in people], np.float64)
    keypoints = keypoints.reshape(-1, len(data.skeleton), 3)
    ends = np.array([[p.width, p.height] for p in data.pictures for _ in p.people]).reshape(-1, 2)
    at_border = (boxes[:, :2] <= BORDER).any(1) | (boxes[:, 2:] >= ends - BORDER).any(1)
    visibility = keypoints[:, :, 2]
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    number = [len(picture.people) for picture in data.pictures]
    crowds = np.bincount([crowding(n) for n in number], minlength=len(CROWDING))
    sizes = np.bincount(np.searchsorted(_SIZES, [p.area for p in people]), minlength=3)
    return Survey(
        path=str(data.path),
        sha256=sha256_of(data.path),
        pictures=len(data.pictures),
        people=len(people),
        crowds=sum(len(picture.crowds) for picture in data.pictures),
        without_joints=sum(person.labelled == 0 for person in people),
        estimated_areas=data.estimated_areas,
        crowding=dict(zip(CROWDING, crowds.tolist(), strict=True)),
        sizes=dict(zip(("small", "medium", "large"), sizes.tolist(), strict=True)),
        at_border=int(at_border.sum()),
        truncated=int((at_border & (visibility == 0).any(axis=1)).sum()),
        people_a_picture=Spread.of(number),
        joints_a_person=Spread.of([person.labelled for person in people]),
        heights=Spread.of(height),
        aspects=Spread.of(width / height),
        joints=tuple(
            JointCount(name, *(int((column == v).sum()) for v in (2, 1, 0)))
            for name, column in zip(data.skeleton.names, visibility.T, strict=True)
        ),
        limbs=data.skeleton.limbs,
        sides=data.skeleton.sides,
        poses=mean_pose(keypoints, boxes),
    )
