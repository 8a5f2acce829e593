"""Read COCO keypoint annotations, strictly.

File format: https://cocodataset.org/#format-data, "Keypoint Detection". Beyond it, an annotation
may carry ``scores`` (K numbers in 0..1: how sure the labeller was of each joint), as
pseudo-labels do. ``iscrowd: 1`` marks a region in which people are not labelled one by one. A top
level ``teacher_heatmaps`` names a file of :mod:`pedpose.data.teacher_heatmaps`. Annotations of
listed categories without keypoints, such as cars, are not people and are left out.

The box of the head, by which PCKh is measured, has no place in COCO. It is read where an
annotation has it under one of three names: ``head_box`` (x, y, width, height, as ``bbox``),
``bbox_head`` (the same: PoseTrack 2018) or ``headbox`` (x1, y1, x2, y2: as in the ``headboxes_src``
of MPII).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pedpose.data.faults import Faults, are_numbers, corners_of, has_size, is_id, is_number
from pedpose.errors import DataError
from pedpose.files import is_file
from pedpose.json_file import read_json
from pedpose.skeleton import Skeleton

Floats = NDArray[np.float32]

SECTIONS = ("images", "annotations", "categories")

AREA_OF_BOX = 0.53
"""Mean ratio of a person's mask to its box in COCO: stands in where ``area`` is missing."""

HEAD_BOX_KEYS = ("head_box", "bbox_head", "headbox")

BOX_TOLERANCE = 1.5
"""Pixels by which a box may overhang its picture: annotation tools round in both directions."""


@dataclass(frozen=True, slots=True)
class Person:
    """One annotated person, in continuous pixels of the picture.

    Attributes:
        id: Annotation id in the file.
        box: (4,) x1, y1, x2, y2.
        keypoints: (K, 3) x, y and v: 0 not labelled, 1 labelled but hidden, 2 visible.
        weights: (K,) how much each label counts in training: 0 where not labelled, else its
            ``scores`` entry or 1.
        area: Of the person in square pixels.
        head_box: (4,) x1, y1, x2, y2 of the head, or None where it is not annotated.
    """

    id: int
    box: Floats
    keypoints: Floats
    weights: Floats
    area: float
    head_box: Floats | None = None

    @property
    def labelled(self) -> int:
        """Number of joints with a label."""
        return int((self.keypoints[:, 2] > 0).sum())


@dataclass(frozen=True, slots=True)
class Picture:
    """One annotated picture.

    Attributes:
        id: In the file.
        path: Of the picture on disk.
        width: In pixels.
        height: In pixels.
        people: Annotated one by one.
        crowds: (M, 4) x1, y1, x2, y2 of regions whose people are not labelled.
        crowd_areas: (M,) area in square pixels of what these boxes surround.
        crowd_places: (M,) how many of the people come before each crowd in the file: where
            several crowds overlap, pycocotools' matches depend on it. Empty for after all people.
    """

    id: int
    path: Path
    width: int
    height: int
    people: tuple[Person, ...]
    crowds: Floats
    crowd_areas: tuple[float, ...] = ()
    crowd_places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CocoData:
    """A validated annotation file.

    Attributes:
        path: The JSON file.
        skeleton: The joints that it labels.
        category_id: Of the people in the file.
        pictures: All pictures, also those without people, in the file's order.
        estimated_areas: Number of people whose ``area`` was missing and was taken as the box
            area times 0.53.
        teacher_heatmaps: File of what a teacher network saw, None where the file names none.
    """

    path: Path
    skeleton: Skeleton
    category_id: int
    pictures: tuple[Picture, ...]
    estimated_areas: int = 0
    teacher_heatmaps: Path | None = None

    @property
    def people(self) -> int:
        """Number of annotated people."""
        return sum(len(p.people) for p in self.pictures)


def read_coco(path: Path, need_pictures: bool = True, folder: Path | None = None) -> CocoData:
    """Read and validate a COCO keypoint file.

    Args:
        path: The JSON file.
        need_pictures: Whether its pictures must be there; judging results that are already there
            needs none.
        folder: That its file names are relative to; None for the folder of the JSON file.

    Raises:
        DataError: With every fault found (the first ten in full): file, annotation id, what was
            expected and what was found. Nothing is skipped or repaired.
    """
    return _Reader(path, read_json(path), need_pictures, folder or path.parent).read()


def check_outline(path: Path, content: object) -> dict[str, Any]:
    """Return the content of a COCO file, which is an object with the lists of :data:`SECTIONS`.

    Raises:
        DataError: If it is anything else; what the lists hold is not looked at.
    """
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected a JSON object, found {type(content).__name__}")
    faults = Faults(path)
    for name in SECTIONS:
        if not isinstance(content.get(name), list):
            faults.add(f"'{name}'", "a list", type(content.get(name)).__name__)
    faults.stop()
    return content


def fits_box(box: Sequence[float], size: tuple[int, int]) -> bool:
    """Tell whether a box x, y, width, height is inside a picture, but for rounding."""
    x, y, width, height = box
    return (
        min(x, y) >= -BOX_TOLERANCE
        and x + width <= size[0] + BOX_TOLERANCE
        and y + height <= size[1] + BOX_TOLERANCE
    )


def people_category(path: Path, categories: Sequence[Any]) -> Mapping[str, Any]:
    """Return the one category with keypoints.

    Raises:
        DataError: If there is not exactly one, or an entry is no category.
    """
    for category in categories:
        if not isinstance(category, Mapping) or not is_id(category.get("id")):
            raise DataError(
                f"{path}: 'categories': expected objects with an integer id, found {category!r}"
            )
    posed: list[Mapping[str, Any]] = [c for c in categories if c.get("keypoints")]
    if len(posed) != 1:
        names = [c.get("name") for c in categories]
        raise DataError(
            f"{path}: 'categories': expected exactly one with keypoints, "
            f"found {len(posed)} among {names}"
        )
    return posed[0]


class _Reader:
    """Walks one decoded file and collects faults, so that a user sees them all at once."""

    def __init__(self, path: Path, content: object, need_pictures: bool, folder: Path) -> None:
        self.path = path
        self.folder = folder
        self.content = content
        self.need_pictures = need_pictures
        self.faults = Faults(path)
        self.estimated_areas = 0

    def read(self) -> CocoData:
        sections = check_outline(self.path, self.content)
        teacher = self._teacher(sections)
        skeleton, category_id = self._people_category(sections["categories"])
        categories = {category["id"] for category in sections["categories"]}
        images = self._images(sections["images"])
        people: dict[int, list[Person]] = {number: [] for number in images}
        crowds: dict[int, list[list[float]]] = {number: [] for number in images}
        crowd_areas: dict[int, list[float]] = {number: [] for number in images}
        crowd_places: dict[int, list[int]] = {number: [] for number in images}
        seen: set[int] = set()
        for position, entry in enumerate(sections["annotations"]):
            label = self._annotation_label(position, entry, seen, images)
            if label is None or self._is_other(label, entry, category_id, categories):
                continue
            box = self._box(label, entry, images[entry["image_id"]])
            if box is None:
                continue
            area = self._area(label, entry, box)
            if self._is_crowd(label, entry):
                crowds[entry["image_id"]].append(box)
                crowd_areas[entry["image_id"]].append(area)
                crowd_places[entry["image_id"]].append(len(people[entry["image_id"]]))
            elif person := self._person(label, entry, box, area, skeleton):
                people[entry["image_id"]].append(person)
        self.faults.stop()
        pictures = tuple(
            Picture(
                id=number,
                path=self.folder / image["file_name"],
                width=image["width"],
                height=image["height"],
                people=tuple(people[number]),
                crowds=np.array(crowds[number], np.float32).reshape(-1, 4),
                crowd_areas=tuple(crowd_areas[number]),
                crowd_places=tuple(crowd_places[number]),
            )
            for number, image in images.items()
        )
        return CocoData(self.path, skeleton, category_id, pictures, self.estimated_areas, teacher)

    def _teacher(self, content: Mapping[str, Any]) -> Path | None:
        name = content.get("teacher_heatmaps")
        if name is None:
            return None
        path = self.path.parent / str(name)
        if not is_file(path):
            self.faults.add("'teacher_heatmaps'", f"the file {name} on disk", "no such file")
        return path

    def _people_category(self, categories: Sequence[Any]) -> tuple[Skeleton, int]:
        """Return the skeleton and the id of the one category with keypoints."""
        category = people_category(self.path, categories)
        try:
            return Skeleton.from_coco_category(category), int(category["id"])
        except (DataError, TypeError, ValueError, OverflowError) as error:
            raise DataError(f"{self.path}: 'categories': {error}") from error

    def _images(self, entries: Sequence[Any]) -> dict[int, dict[str, Any]]:
        images: dict[int, dict[str, Any]] = {}
        for position, entry in enumerate(entries):
            if not isinstance(entry, dict) or not is_id(entry.get("id")):
                self.faults.add(f"image no. {position + 1}", "an object with an integer id", entry)
                continue
            label = f"image {entry['id']}"
            if entry["id"] in images:
                self.faults.add(label, "a unique id", "the id a second time")
            name = entry.get("file_name")
            if not isinstance(name, str) or not name:
                self.faults.add(label, "a file_name", name)
            elif self.need_pictures and not is_file(self.folder / name):
                self.faults.add(label, f"the picture {name} on disk", "no such file")
            for key in ("width", "height"):
                if not is_id(entry.get(key)) or entry[key] < 1:
                    self.faults.add(label, f"{key} as a whole number above 0", entry.get(key))
            images[entry["id"]] = entry
        self.faults.stop()
        return images

    def _annotation_label(
        self, position: int, entry: Any, seen: set[int], images: Mapping[int, Any]
    ) -> str | None:
        if not isinstance(entry, dict) or not is_id(entry.get("id")):
            self.faults.add(f"annotation no. {position + 1}", "an object with an integer id", entry)
            return None
        label = f"annotation {entry['id']}"
        if entry["id"] in seen:
            self.faults.add(label, "a unique id", "the id a second time")
        seen.add(entry["id"])
        if not is_id(entry.get("image_id")) or entry["image_id"] not in images:
            self.faults.add(label, "the image_id of a listed image", entry.get("image_id"))
            return None
        return label

    def _is_other(
        self, label: str, entry: Mapping[str, Any], category_id: int, listed: Collection[int]
    ) -> bool:
        """Tell whether an annotation is not of a person."""
        found = entry.get("category_id")
        if not is_id(found) or found not in listed:
            self.faults.add(label, "the category_id of a listed category", found)
            return False
        return found != category_id

    def _is_crowd(self, label: str, entry: Mapping[str, Any]) -> bool:
        crowd = entry.get("iscrowd", 0)
        if crowd not in (0, 1):
            self.faults.add(label, "iscrowd of 0 or 1", crowd)
        return bool(crowd)

    def _box(self, label: str, entry: Mapping[str, Any], image: Any) -> list[float] | None:
        values = entry.get("bbox")
        if not are_numbers(values, 4) or not has_size(corners_of(values)):
            self.faults.add(label, "bbox as x, y, width > 0, height > 0", values)
            return None
        size = (image["width"], image["height"])
        if not fits_box(values, size):
            self.faults.add(label, f"bbox inside the picture of {size[0]} x {size[1]}", values)
            return None
        return corners_of(values)

    def _area(self, label: str, entry: Mapping[str, Any], box: list[float]) -> float:
        area = entry.get("area")
        if area is None:
            self.estimated_areas += not entry.get("iscrowd")
            return AREA_OF_BOX * (box[2] - box[0]) * (box[3] - box[1])
        if not is_number(area) or area <= 0:
            self.faults.add(label, "area above 0", area)
            return 0.0
        return float(area)

    def _person(
        self,
        label: str,
        entry: Mapping[str, Any],
        box: list[float],
        area: float,
        skeleton: Skeleton,
    ) -> Person | None:
        before = len(self.faults)
        joints = len(skeleton)
        flat = entry.get("keypoints")
        if not are_numbers(flat, 3 * joints):
            self.faults.add(label, f"keypoints as {3 * joints} numbers ({joints} joints)", flat)
            return None
        keypoints = np.array(flat, np.float32).reshape(joints, 3)
        odd = sorted(set(keypoints[:, 2].tolist()) - {0.0, 1.0, 2.0})
        if odd:
            self.faults.add(label, "visibility v of 0, 1 or 2", odd)
        labelled = keypoints[:, 2] > 0
        count = entry.get("num_keypoints")
        if count is not None and (not is_id(count) or count != labelled.sum()):
            self.faults.add(label, f"num_keypoints {labelled.sum()} (joints with v > 0)", count)
        scores = entry.get("scores", [1.0] * joints)
        if not are_numbers(scores, joints):
            self.faults.add(label, f"scores as {joints} numbers", scores)
        elif outside := [score for score in scores if not 0 <= score <= 1]:
            self.faults.add(label, "scores in 0..1", outside[0])
        head_box = self._head_box(label, entry)
        if len(self.faults) > before:
            return None
        # COCO counts pixel indices; the centre of the first pixel is (0.5, 0.5) here.
        keypoints[labelled, :2] += 0.5
        keypoints[~labelled] = 0
        weights = np.where(labelled, np.array(scores, np.float32), 0).astype(np.float32)
        return Person(entry["id"], np.array(box, np.float32), keypoints, weights, area, head_box)

    def _head_box(self, label: str, entry: Mapping[str, Any]) -> Floats | None:
        """Return the box of the head as x1, y1, x2, y2; it may overhang the picture."""
        given = [key for key in HEAD_BOX_KEYS if entry.get(key)]  # PoseTrack has [] for no head
        if not given:
            return None
        if len(given) > 1:
            self.faults.add(label, "one box of the head", " and ".join(given))
            return None
        values = entry[given[0]]
        if not are_numbers(values, 4):
            self.faults.add(label, f"{given[0]} as 4 numbers", values)
            return None
        corners = values if given[0] == "headbox" else corners_of(values)
        if not has_size(corners):
            form = "x1, y1, x2 > x1, y2 > y1" if given[0] == "headbox" else "x, y, width, height"
            self.faults.add(label, f"{given[0]} as {form} with a size above 0", values)
            return None
        return np.array(corners, np.float32)
