"""Check annotations one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pedpose.checking.findings import Notes, Place
from pedpose.checking.images import Size
from pedpose.checking.labels import check_labels, read_scores
from pedpose.checking.raw_file import RawFile, endless
from pedpose.checking.table import Row
from pedpose.data.coco import BOX_TOLERANCE, HEAD_BOX_KEYS, fits_box
from pedpose.data.faults import are_numbers, corners_of, has_size, is_id, is_number

_CHECKED = {"bbox", "area", "keypoints", "num_keypoints", "scores", "iscrowd", *HEAD_BOX_KEYS}

Box = tuple[float, float, float, float]


def read_annotations(
    raw: RawFile, sizes: Mapping[int, tuple[Size, ...]], notes: Notes
) -> list[Row]:
    """Check all annotations; return the people who can be compared with each other.

    Args:
        raw: The file.
        sizes: For each image id the sizes that its picture may have.
        notes: Takes what is wrong.
    """
    rows = []
    seen: set[int] = set()
    for position, entry in enumerate(raw.content["annotations"]):
        if not isinstance(entry, dict) or not is_id(entry.get("id")):
            place = Place("annotations", position)
            notes.add("bad-annotation", place, entry, "an object with an integer id")
            continue
        row = _read(raw, position, entry, seen, sizes, notes)
        if row is not None:
            rows.append(row)
    return rows


def _read(
    raw: RawFile,
    position: int,
    entry: Mapping[str, Any],
    seen: set[int],
    sizes: Mapping[int, tuple[Size, ...]],
    notes: Notes,
) -> Row | None:
    image, category = entry.get("image_id"), entry.get("category_id")
    place = Place("annotations", position, image if is_id(image) else None, entry["id"])
    if entry["id"] in seen:
        notes.add("duplicate-annotation-id", place, entry["id"], "an id of its own")
    seen.add(entry["id"])
    known = is_id(image) and image in sizes
    if not known:
        notes.add("unknown-image", place, image, "the image_id of a listed image")
    if not is_id(category) or category not in raw.categories:
        notes.add("unknown-category", place, category, "the category_id of a listed category")
    for key, value in entry.items():
        if key not in _CHECKED and (odd := endless(value)) is not None:
            notes.add("not-a-number", place, odd, f"finite numbers in {key}")
    if category != raw.category_id and is_id(category) and category in raw.categories:
        return None
    crowd = entry.get("iscrowd", 0)
    if crowd not in (0, 1):
        notes.add("bad-iscrowd", place, crowd, "iscrowd of 0 or 1")
    box = _box(place, entry, sizes.get(image, ()) if is_id(image) else (), notes)
    _area(place, entry, box, notes)
    if crowd:
        return None
    keypoints = check_labels(place, entry, raw.skeleton, notes)
    if box is None or keypoints is None or not known:
        return None
    return Row(place, box, keypoints, read_scores(entry, len(raw.skeleton)))


def _box(
    place: Place, entry: Mapping[str, Any], sizes: Collection[Size], notes: Notes
) -> Box | None:
    """Return x1, y1, x2, y2 of a box with a size above 0."""
    values = entry.get("bbox")
    if not isinstance(values, list) or len(values) != 4:
        notes.add("bad-box", place, values, "bbox as x, y, width, height")
        return None
    if not are_numbers(values, 4):
        notes.add("not-a-number", place, values, "bbox as 4 finite numbers")
        return None
    x, y, width, height = values
    if not has_size(corners_of(values)):
        notes.add("empty-box", place, values, "bbox with width > 0 and height > 0")
        return None
    if sizes and not any(fits_box(values, size) for size in sizes):
        named = " or ".join(f"{size[0]} x {size[1]}" for size in sizes)
        notes.add("box-outside", place, values, f"bbox inside the picture of {named}")
    return x, y, x + width, y + height


def largest_area(box: Box) -> float:
    """Return the largest area of a person in a box x1, y1, x2, y2, rounding allowed for."""
    return (box[2] - box[0] + BOX_TOLERANCE) * (box[3] - box[1] + BOX_TOLERANCE)


def _area(place: Place, entry: Mapping[str, Any], box: Box | None, notes: Notes) -> None:
    area = entry.get("area")
    if area is None:
        if not entry.get("iscrowd"):
            notes.add("no-area", place, None, "area in square pixels")
    elif not is_number(area):
        notes.add("not-a-number", place, area, "area as a finite number")
    elif area <= 0:
        notes.add("bad-area", place, area, "area above 0")
    elif box is not None and area > largest_area(box):
        size = (box[2] - box[0]) * (box[3] - box[1])
        notes.add("bad-area", place, area, f"area of at most {size:.1f}, that of its bbox")
