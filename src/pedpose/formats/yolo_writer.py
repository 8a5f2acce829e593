"""Write YOLO-pose folders.

Format and conventions: :mod:`pedpose.formats.yolo`. The folder gets ``data.yaml``, ``images/SPLIT``
(copies, since that format finds labels by the place of the pictures) and ``labels/SPLIT``. There is
one class. ``flip_idx`` follows from the skeleton, ``kpt_names`` keeps the joint names.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pedpose.errors import ConfigError
from pedpose.files import write_text
from pedpose.formats.labelled import Conversion, LabelledPicture, Split
from pedpose.formats.notes import Notes
from pedpose.formats.output import atomic_folder, copy_pictures, picture_names, refuse_existing
from pedpose.formats.yolo_folders import SPLITS

_DIGITS = 8  # of numbers in 0..1: a ten-thousandth of a pixel in a picture of 10,000


def write_yolo(conversion: Conversion, out: Path, notes: Notes) -> tuple[Path, ...]:
    """Write a conversion into the new folder ``out``.

    Args:
        conversion: What to write.
        out: Must not be there, or be empty.
        notes: Takes what YOLO-pose has no place for.

    Returns:
        The ``data.yaml``.

    Raises:
        ConfigError: If ``out`` is in use, or a split is none of train, val and test.
        DataError: If the names leave open which joints change places in a mirror, or a picture
            cannot be copied.
        OSError: If ``out`` cannot be written.
    """
    refuse_existing([out])
    conversion = _with_known_splits(conversion, notes)
    content = _data_yaml(conversion)
    people = [p for s in conversion.splits for picture in s.pictures for p in picture.people]
    if conversion.skeleton.limbs or conversion.skeleton.sigmas:
        notes.say("limbs and OKS sigmas left out: YOLO-pose has no place for them")
    heads = sum(person.head_box is not None for person in people)
    notes.count("boxes of heads left out: YOLO-pose has no place for them", heads)
    with atomic_folder(out) as folder:
        for split in conversion.splits:
            _write_split(split, folder, notes)
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None)
        write_text(folder / "data.yaml", text)
    return (out / "data.yaml",)


def _with_known_splits(conversion: Conversion, notes: Notes) -> Conversion:
    """Call a lone split ``train``; of several, each must be one that ``data.yaml`` knows."""
    splits = conversion.splits
    names = [split.name for split in splits]
    if len(splits) == 1 and names[0] not in SPLITS:
        notes.say(f"{names[0]} is written as train")
        splits = (replace(splits[0], name="train"),)
    elif unknown := [name for name in names if name not in SPLITS]:
        raise ConfigError(
            f"expected files called {', '.join(SPLITS)} (each is a split), found {unknown[0]}"
        )
    if missing := [name for name in ("train", "val") if name not in {s.name for s in splits}]:
        notes.say(f"data.yaml has no {' and no '.join(missing)}: Ultralytics trains with both")
    return replace(conversion, splits=splits)


def _data_yaml(conversion: Conversion) -> dict[str, Any]:
    skeleton = conversion.skeleton
    return {
        **{split.name: f"images/{split.name}" for split in conversion.splits},
        "kpt_shape": [len(skeleton), 3],
        "flip_idx": list(skeleton.flip_indices),
        "names": {0: conversion.category},
        "kpt_names": {0: list(skeleton.names)},
    }


def _write_split(split: Split, folder: Path, notes: Notes) -> None:
    names, changed = picture_names(split.pictures)
    notes.count("copied pictures renamed: their names were taken", changed)
    copy_pictures(split.pictures, names, folder / "images" / split.name)
    labels = folder / "labels" / split.name
    labels.mkdir(parents=True)
    for picture, name in zip(split.pictures, names, strict=True):
        if picture.people:
            write_text(labels / f"{Path(name).stem}.txt", label_text(picture))


def label_text(picture: LabelledPicture) -> str:
    """Return the lines of a label file, one a person.

    What overhangs the picture by the pixel that readers allow is moved to its edge: Ultralytics
    drops label files with numbers outside 0..1. A labelled joint is never at 0, 0, which means
    "not labelled" there.
    """
    size = np.array([picture.width, picture.height], np.float64)
    lines = []
    for person in picture.people:
        low, high = np.clip(person.box.reshape(2, 2) / size, 0, 1)
        joints = person.keypoints.copy()
        labelled = joints[:, 2] > 0
        joints[labelled, :2] = np.clip(joints[labelled, :2] / size, 10**-_DIGITS, 1)
        words = ["0", *map(_short, [*((low + high) / 2), *(high - low)])]
        for x, y, v in joints.tolist():
            words += [_short(x), _short(y), str(int(v))]
        lines.append(" ".join(words) + "\n")
    return "".join(lines)


def _short(value: float) -> str:
    """Write a number in fixed notation without needless zeros."""
    return f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".") or "0"
