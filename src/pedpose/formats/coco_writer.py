"""Write COCO keypoint files.

Format and conventions: :mod:`pedpose.data.coco`, which reads what is written here. Keypoints become
pixel indices (0.5 less than continuous pixels), boxes stay continuous. ``area`` is that of the box
times 0.53, the mean ratio of mask to box in COCO, since no format here has masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pedpose.data.coco import AREA_OF_BOX
from pedpose.errors import ConfigError
from pedpose.files import relative_path, write_json
from pedpose.formats.labelled import Conversion, LabelledPerson, Numbers, Split
from pedpose.formats.notes import Notes
from pedpose.formats.output import atomic_folder, copy_pictures, picture_names, refuse_existing

_DIGITS = 3


def write_coco(conversion: Conversion, out: Path, copy: bool, notes: Notes) -> tuple[Path, ...]:
    """Write a conversion to ``out``: a JSON file, or a folder with one a split.

    Args:
        conversion: What to write.
        out: A file ``*.json`` where there is one split, else a folder.
        copy: Whether pictures are copied into ``images`` beside the JSON files. File names are
            relative to the original pictures otherwise.
        notes: Takes what was changed.

    Returns:
        The JSON files.

    Raises:
        ConfigError: If something is in the way, or ``out`` cannot hold all splits.
        DataError: If a picture cannot be copied.
        OSError: If ``out`` cannot be written.
    """
    splits = conversion.splits
    files = _targets(splits, out)
    images = files[0].parent / "images"
    refuse_existing([*files, *([images] if copy else [])])
    named = [
        [relative_path(p.path, path.parent) for p in split.pictures]
        for split, path in zip(splits, files, strict=True)
    ]
    if copy:
        with atomic_folder(images) as folder:
            for number, split in enumerate(splits):
                part = split.name if len(splits) > 1 else ""
                names, changed = picture_names(split.pictures)
                copy_pictures(split.pictures, names, folder / part)
                notes.count("copied pictures renamed: their names were taken", changed)
                named[number] = [(Path("images") / part / name).as_posix() for name in names]
    for split, path, names in zip(splits, files, named, strict=True):
        write_json(path, _content(conversion, split, names), indent=None)
    return files


def _targets(splits: Sequence[Split], out: Path) -> tuple[Path, ...]:
    if out.suffix.lower() != ".json":
        if out.exists() and not out.is_dir():
            raise ConfigError(f"--out: expected a folder or a .json file, found a file at {out}")
        return tuple(out / f"{split.name}.json" for split in splits)
    if len(splits) > 1:
        raise ConfigError(
            f"--out: expected a folder for {', '.join(s.name for s in splits)}, found {out}"
        )
    return (out,)


def _content(conversion: Conversion, split: Split, names: Sequence[str]) -> dict[str, Any]:
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, (picture, name) in enumerate(zip(split.pictures, names, strict=True), 1):
        images.append(
            {"id": number, "file_name": name, "width": picture.width, "height": picture.height}
        )
        for person in picture.people:
            annotations.append(_annotation(person, len(annotations) + 1, number))
    category = {**conversion.skeleton.to_coco_category(), "name": conversion.category}
    return {"images": images, "annotations": annotations, "categories": [category]}


def _annotation(person: LabelledPerson, number: int, image: int) -> dict[str, Any]:
    keypoints = person.keypoints.copy()
    labelled = keypoints[:, 2] > 0
    keypoints[labelled, :2] -= 0.5
    box = _xywh(person.box)
    annotation = {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "iscrowd": 0,
        "bbox": box,
        "area": float(f"{AREA_OF_BOX * box[2] * box[3]:.6g}"),
        "num_keypoints": person.labelled,
        "keypoints": [_short(value) for value in keypoints.ravel().tolist()],
    }
    if person.head_box is not None:
        annotation["head_box"] = _xywh(person.head_box)
    return annotation


def _xywh(box: Numbers) -> list[float]:
    x1, y1, x2, y2 = box.tolist()
    return [_short(value) for value in (x1, y1, x2 - x1, y2 - y1)]


def _short(value: float) -> float:
    """Round to thousandths of a pixel; whole numbers are written without a point."""
    rounded = round(value, _DIGITS)
    return int(rounded) if rounded == int(rounded) else rounded
