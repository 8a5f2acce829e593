"""Read an annotation file as it is: what the strict reader refuses is noted here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pedpose.checking.findings import Notes, Place
from pedpose.data.coco import SECTIONS, check_outline, people_category
from pedpose.data.faults import is_id
from pedpose.errors import DataError
from pedpose.files import is_file
from pedpose.json_file import read_json
from pedpose.skeleton import Skeleton

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class RawFile:
    """A decoded file of which only the outline is known to be sound.

    Attributes:
        path: The JSON file.
        folder: That its file names are relative to.
        content: The decoded object; ``images`` and ``annotations`` are lists of anything.
        skeleton: The joints that it labels, without what is wrong with it.
        pairs: Indices of the joints that change places in a mirror; none where it cannot be told.
        category_id: Of the people in the file.
        categories: All ids of categories.
    """

    path: Path
    folder: Path
    content: dict[str, Any]
    skeleton: Skeleton
    pairs: Pairs
    category_id: int
    categories: frozenset[int]


def read_raw(path: Path, folder: Path | None, notes: Notes) -> RawFile:
    """Read a file and check its category of people.

    Args:
        path: The JSON file.
        folder: That its file names are relative to; None for the folder of the JSON file.
        notes: Takes what is wrong with the skeleton.

    Raises:
        DataError: If it is not JSON, or not the outline of a COCO keypoint file.
    """
    content = check_outline(path, read_json(path))
    category = _people_category(path, content["categories"])
    skeleton, pairs = _skeleton(category, notes)
    for key, value in content.items():
        if key not in SECTIONS and (odd := endless(value)) is not None:
            notes.add("not-a-number", Place(), odd, f"finite numbers in '{key}'")
    teacher = content.get("teacher_heatmaps")
    if teacher is not None and not is_file(path.parent / str(teacher)):
        notes.add("missing-teacher-heatmaps", Place(), teacher, "the name of a file on disk")
    return RawFile(
        path=path,
        folder=path.parent if folder is None else folder,
        content=content,
        skeleton=skeleton,
        pairs=pairs,
        category_id=category["id"],
        categories=frozenset(entry["id"] for entry in content["categories"]),
    )


def _people_category(path: Path, categories: Sequence[Any]) -> Mapping[str, Any]:
    category = people_category(path, categories)
    if not isinstance(category["keypoints"], list):
        raise DataError(
            f"{path}: 'categories': expected a list of joint names, found {category['keypoints']!r}"
        )
    return category


def _skeleton(category: Mapping[str, Any], notes: Notes) -> tuple[Skeleton, Pairs]:
    """Return the skeleton of a category, without what is wrong with it, and its pairs."""
    names = category["keypoints"]
    limbs = category.get("skeleton")
    if isinstance(limbs, list):
        for position, limb in enumerate(limbs):
            if not is_limb(limb, len(names)):
                expected = f"two joints from 1 to {len(names)} as limb {position + 1}"
                notes.add("limb-outside", Place(), limb, expected)
        limbs = [limb for limb in limbs if is_limb(limb, len(names))]
    try:
        skeleton = Skeleton.from_coco_category({**category, "skeleton": limbs})
    except (DataError, TypeError, ValueError, OverflowError) as error:
        notes.add("bad-skeleton", Place(), str(error), "a category without contradictions")
        # The number of joints is all that is taken from it.
        return Skeleton(tuple(f"joint {number + 1}" for number in range(len(names)))), ()
    if skeleton.sigmas is None:
        notes.add("no-sigmas", Place(), None, f"{len(skeleton)} sigmas in the category")
    return skeleton, _pairs(skeleton, notes)


def is_limb(limb: object, joints: int) -> bool:
    """Tell whether a JSON value is a pair of joint numbers, which COCO counts from 1."""
    return (
        isinstance(limb, list)
        and len(limb) == 2
        and all(is_id(joint) and 1 <= joint <= joints for joint in limb)
    )


def _pairs(skeleton: Skeleton, notes: Notes) -> Pairs:
    try:
        partners = skeleton.flip_indices
    except DataError as error:
        notes.add("side-without-partner", Place(), str(error), "a partner for each joint of a side")
        return ()
    return tuple((i, j) for i, j in enumerate(partners) if i < j)


def endless(value: object) -> float | None:
    """Return a number in a JSON value that is NaN or infinite, None if all are finite."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, float) and not math.isfinite(item):
            return item
        if isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item.values())
    return None
