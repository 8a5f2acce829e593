"""Correct the entries of pictures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pedpose.checking.changes import ChangeList
from pedpose.checking.check import CheckedFile
from pedpose.checking.findings import Place
from pedpose.checking.images import RawImage, Size
from pedpose.checking.picture_scan import Scan
from pedpose.checking.raw_file import endless
from pedpose.data.coco import BOX_TOLERANCE, fits_box
from pedpose.data.faults import are_numbers
from pedpose.files import relative_path

_LEAKS = ("leak", "near-leak")


@dataclass(slots=True)
class FixedImages:
    """Pictures of a copy.

    Attributes:
        entries: For the copy.
        sizes: Width and height of each picture kept, None where it cannot be told for certain.
        merged: For each image id that was another entry of the same picture, the id that is kept.
        left_out: For each image id that is not in the copy, why.
    """

    entries: list[dict[str, Any]] = field(default_factory=list)
    sizes: dict[int, Size | None] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)


def fix_images(
    file: CheckedFile, scans: Mapping[Path, Scan], out: Path, leaks: bool, changes: ChangeList
) -> FixedImages:
    """Return the entries of pictures for a copy in the folder ``out``."""
    raw = file.raw.content["images"]
    fixed = FixedImages()
    annotated = _annotated(file)
    reasons = _reasons(file, scans, leaks)
    by_position = {image.position: image for image in file.images}
    first: dict[Path, int] = {}
    moved = False
    for position, entry in enumerate(raw):
        image = by_position.get(position)
        if image is None or image.path is None:
            changes.left_out(_place(position, image), entry, "bad-image")
            if image is not None:
                fixed.left_out[image.id] = "bad-image"
            continue
        if image.id in fixed.sizes or image.id in fixed.merged:
            changes.left_out(image.place, entry, "duplicate-image-id")  # equal to the first
            continue
        if reason := reasons.get(position):
            changes.left_out(image.place, entry, reason)
            fixed.left_out[image.id] = reason
            continue
        kept = first.setdefault(image.path, image.id)
        if kept != image.id:
            changes.left_out(image.place, entry, f"duplicate-file-name: now image {kept}")
            fixed.merged[image.id] = kept
            continue
        scan = scans.get(image.path)
        new = {**_finite(image.place, entry, changes), "file_name": relative_path(image.path, out)}
        moved = moved or new["file_name"] != entry["file_name"]
        size = _size(image, scan, annotated[image.id])
        if size is not None and size != image.size:
            old = [entry.get("width"), entry.get("height")]
            reason = "bad-image" if image.size is None else "wrong-size"
            changes.add(image.place, "width, height", old, list(size), reason)
            new["width"], new["height"] = size
        fixed.entries.append(new)
        fixed.sizes[image.id] = size
    if moved:
        old_folder, new_folder = f"relative to {file.raw.folder}", f"relative to {out}"
        changes.add(Place(), "file_name of all images", old_folder, new_folder, "the copy moved")
    return fixed


def _finite(place: Place, entry: dict[str, Any], changes: ChangeList) -> dict[str, Any]:
    """Return an entry without those keys whose values JSON cannot hold."""
    sizes = ("width", "height")
    odd = [key for key, value in entry.items() if key not in sizes and endless(value) is not None]
    for key in odd:
        changes.add(place, key, entry[key], None, "not-a-number")
    return {key: value for key, value in entry.items() if key not in odd}


def _place(position: int, image: RawImage | None) -> Place:
    return Place("images", position) if image is None else image.place


def _reasons(file: CheckedFile, scans: Mapping[Path, Scan], leaks: bool) -> dict[int, str]:
    """Return for each position in the list of images why the entry cannot stay."""
    reasons: dict[int, str] = {}
    raw = file.raw.content["images"]
    count = Counter(image.id for image in file.images)
    first = {image.id: raw[image.position] for image in reversed(file.images)}
    # Which of two different pictures an annotation belongs to, nobody can tell.
    torn = {i.id for i in file.images if count[i.id] > 1 and raw[i.position] != first[i.id]}
    for image in file.images:
        scan = None if image.path is None else scans.get(image.path)
        if image.id in torn:
            reasons[image.position] = "duplicate-image-id"
        elif scan is not None and scan.error is not None:
            reasons[image.position] = "missing-picture" if scan.missing else "unreadable-picture"
        elif image.size is None and scan is None:
            reasons[image.position] = "bad-image"
    if leaks:
        leaked = {f.place.position: f.code for f in file.findings if f.code in _LEAKS}
        # One picture may have several entries.
        paths = {i.path: leaked[i.position] for i in file.images if i.position in leaked}
        for image in file.images:
            if image.path in paths:
                reasons.setdefault(image.position, paths[image.path])
    return reasons


def _annotated(file: CheckedFile) -> dict[Any, list[dict[str, Any]]]:
    """Return the annotations of each image id."""
    annotated: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for entry in file.raw.content["annotations"]:
        if isinstance(entry, dict) and isinstance(entry.get("image_id"), int):
            annotated[entry["image_id"]].append(entry)
    return annotated


def _size(image: RawImage, scan: Scan | None, annotations: list[dict[str, Any]]) -> Size | None:
    """Return the size that a picture certainly has, None where that is open.

    The real size is certain to be the one that annotations were made for if they fit it. It is not
    if they fit the stated size as well and that may be the picture before it was resized, or
    before it was turned by its EXIF orientation.
    """
    if scan is None:
        return image.size
    real = (scan.width, scan.height)
    if real == image.size or not annotations:
        return real
    if not all(_fits(entry, real) for entry in annotations):
        return None
    if image.size is None:
        return real
    turned = scan.turned and image.size == real[::-1]
    scale = image.size[0] / real[0], image.size[1] / real[1]
    resized = abs(scale[0] / scale[1] - 1) < 0.02
    if (turned or resized) and all(_fits(entry, image.size) for entry in annotations):
        return None
    return real


def _fits(entry: Mapping[str, Any], size: Size) -> bool:
    """Tell whether the box and the labelled joints of an annotation are inside a picture."""
    box, flat = entry.get("bbox"), entry.get("keypoints")
    if are_numbers(box, 4) and not fits_box(box, size):
        return False
    if not isinstance(flat, list) or len(flat) % 3 or not are_numbers(flat, len(flat)):
        return True
    return all(
        joint_fits(x, y, size)
        for x, y, v in zip(flat[::3], flat[1::3], flat[2::3], strict=True)
        if v
    )


def joint_fits(x: float, y: float, size: Size) -> bool:
    """Tell whether a joint, in pixel indices as in COCO files, is inside a picture."""
    slack = BOX_TOLERANCE
    return -slack <= x + 0.5 <= size[0] + slack and -slack <= y + 0.5 <= size[1] + slack
