"""Correct annotations, and leave out those that cannot be repaired."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pedpose.checking.annotations import largest_area
from pedpose.checking.changes import ChangeList
from pedpose.checking.check import CheckedFile
from pedpose.checking.findings import Finding, Place
from pedpose.checking.fix_images import FixedImages, joint_fits
from pedpose.checking.images import Size
from pedpose.data.coco import AREA_OF_BOX, fits_box
from pedpose.data.faults import is_id, is_number

# In the order in which the reason is named.
_BEYOND_REPAIR = (
    *("bad-annotation", "unknown-image", "unknown-category", "not-a-number", "bad-iscrowd"),
    *("bad-box", "empty-box", "joint-count", "bad-visibility", "bad-scores", "bad-head-box"),
)

Entry = dict[str, Any]


def fix_annotations(file: CheckedFile, images: FixedImages, changes: ChangeList) -> list[Entry]:
    """Return the annotations for a copy that has these images."""
    raw = file.raw.content["annotations"]
    found: dict[int | None, list[Finding]] = defaultdict(list)
    for finding in file.findings:
        if finding.place.section == "annotations":
            found[finding.place.position].append(finding)
    next_id = 1 + max(
        (e["id"] for e in raw if isinstance(e, dict) and is_id(e.get("id"))), default=0
    )
    kept: list[Entry] = []
    ids: set[int] = set()
    twins: set[tuple[float, ...]] = set()
    for position, entry in enumerate(raw):
        place = _place(position, entry)
        if reason := _beyond_repair(entry, found[position]):
            changes.left_out(place, entry, reason)
            continue
        if why := images.left_out.get(entry["image_id"]):
            changes.left_out(place, entry, f"its image was left out: {why}")
            continue
        new = dict(entry)
        if (merged := images.merged.get(entry["image_id"])) is not None:
            changes.add(place, "image_id", entry["image_id"], merged, "duplicate-file-name")
            new["image_id"] = merged
        size = images.sizes[new["image_id"]]
        person = entry["category_id"] == file.raw.category_id
        if person and not _fix_person(place, new, size, file.raw.skeleton.names, changes):
            changes.left_out(place, entry, "box-outside: no part of it is inside the picture")
            continue
        if person and not new.get("iscrowd"):
            twin = (new["image_id"], *new["bbox"], *new["keypoints"])
            if twin in twins:
                changes.left_out(place, entry, "duplicate-person")
                continue
            twins.add(twin)
        if new["id"] in ids:
            changes.add(place, "id", new["id"], next_id, "duplicate-annotation-id")
            new["id"] = next_id
            next_id += 1
        ids.add(new["id"])
        kept.append(new)
    return kept


def _place(position: int, entry: Any) -> Place:
    if not isinstance(entry, dict):
        return Place("annotations", position)
    image, number = entry.get("image_id"), entry.get("id")
    return Place(
        "annotations",
        position,
        image if is_id(image) else None,
        number if is_id(number) else None,
    )


def _beyond_repair(entry: Any, findings: Iterable[Finding]) -> str | None:
    """Return why an annotation has to be left out, None if it need not."""
    codes = Counter(finding.code for finding in findings)
    if isinstance(entry, dict) and entry.get("area") is not None and not is_number(entry["area"]):
        codes["not-a-number"] -= 1  # an area can be filled
    return next((code for code in _BEYOND_REPAIR if codes[code] > 0), None)


def _fix_person(
    place: Place, entry: Entry, size: Size | None, names: tuple[str, ...], changes: ChangeList
) -> bool:
    """Correct the numbers of a person or crowd; tell whether anything is left in the picture."""
    box = entry["bbox"]
    if size is not None and not fits_box(box, size):
        clipped = _clipped(box, size)
        if min(clipped[2:]) <= 0:
            return False
        changes.add(place, "bbox", box, clipped, "box-outside")
        entry["bbox"] = clipped
    _fix_area(place, entry, changes)
    if not entry.get("iscrowd"):
        _fix_joints(place, entry, size, names, changes)
    return True


def _clipped(box: list[float], size: Size) -> list[float]:
    left, right = (min(max(x, 0), size[0]) for x in (box[0], box[0] + box[2]))
    top, bottom = (min(max(y, 0), size[1]) for y in (box[1], box[1] + box[3]))
    return [left, top, round(right - left, 3), round(bottom - top, 3)]


def _fix_area(place: Place, entry: Entry, changes: ChangeList) -> None:
    x, y, width, height = entry["bbox"]
    area = entry.get("area")
    if area is None:
        if entry.get("iscrowd"):
            return
        reason = "no-area"
    elif not is_number(area):
        reason = "not-a-number"
    elif area <= 0 or area > largest_area((x, y, x + width, y + height)):
        reason = "bad-area"
    else:
        return
    entry["area"] = round(AREA_OF_BOX * width * height, 2)
    changes.add(place, "area", area, entry["area"], reason)


def _fix_joints(
    place: Place, entry: Entry, size: Size | None, names: tuple[str, ...], changes: ChangeList
) -> None:
    flat = list(entry["keypoints"])
    before = sum(v > 0 for v in flat[2::3])
    for joint, name in enumerate(names):
        values = flat[3 * joint : 3 * joint + 3]
        if values[2] == 0:
            reason = "unlabelled-coordinates" if values[0] or values[1] else None
        else:
            outside = size is not None and not joint_fits(values[0], values[1], size)
            reason = "joint-outside" if outside else None
        if reason is not None:
            flat[3 * joint : 3 * joint + 3] = [0, 0, 0]
            changes.add(replace(place, joint=name), "x, y, v", values, [0, 0, 0], reason)
    entry["keypoints"] = flat
    labelled = sum(v > 0 for v in flat[2::3])
    count = entry.get("num_keypoints")
    if not is_id(count) or count != labelled:
        reason = "no-num-keypoints" if count is None else "wrong-num-keypoints"
        if count == before:
            reason = "joint-outside"
        changes.add(place, "num_keypoints", count, labelled, reason)
        entry["num_keypoints"] = labelled
