"""The form between two formats: pictures with labelled people, in continuous pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pedpose.skeleton import Skeleton

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a user may tell a reader.

    Attributes:
        images: Folder of the pictures; None for the places where the format has them.
        skeleton: The joints in their order, where the format has no names or no order.
        categories: Labels or classes that are people; empty for the only one there is.
        drop_outside: Whether joints outside their picture become unlabelled and boxes are cut at
            its edge. Both are refused otherwise.
        ignore_flip_idx: Whether a ``flip_idx`` (YOLO-pose) that contradicts the joint names is
            passed over. It is refused otherwise.
    """

    images: Path | None = None
    skeleton: Skeleton | None = None
    categories: tuple[str, ...] = ()
    drop_outside: bool = False
    ignore_flip_idx: bool = False


@dataclass(frozen=True, slots=True)
class LabelledPerson:
    """One person, in continuous pixels: (0, 0) is the outer corner of the picture.

    Attributes:
        box: (4,) x1, y1, x2, y2.
        keypoints: (K, 3) x, y and v as in COCO: 0 not labelled (x and y are 0 then), 1 labelled
            but hidden, 2 visible.
        head_box: (4,) x1, y1, x2, y2 of the head, or None where it is not labelled.
    """

    box: Numbers
    keypoints: Numbers
    head_box: Numbers | None = None

    @property
    def labelled(self) -> int:
        """Number of joints with a label."""
        return int((self.keypoints[:, 2] > 0).sum())


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture; ``people`` is empty where it shows nobody."""

    path: Path
    width: int
    height: int
    people: tuple[LabelledPerson, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Pictures that belong together, such as those to train on."""

    name: str
    pictures: tuple[LabelledPicture, ...]

    @property
    def people(self) -> int:
        """Number of people."""
        return sum(len(picture.people) for picture in self.pictures)

    @property
    def joints(self) -> int:
        """Number of labelled joints."""
        return sum(person.labelled for picture in self.pictures for person in picture.people)


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a reader found.

    Attributes:
        skeleton: The K joints.
        category: What the people are called.
        splits: At least one.
        notes: A line for everything that was left out or assumed.
    """

    skeleton: Skeleton
    category: str
    splits: tuple[Split, ...]
    notes: tuple[str, ...]
