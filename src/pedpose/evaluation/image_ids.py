"""Find the pictures that results number by themselves.

COCO results name a picture by its id in the annotation file. ``pedpose detect`` does not know that
file: unless all names are numbers it counts pictures from 1, and writes into ``images.json``,
beside its results, which number is which picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pedpose.data.coco import CocoData, Picture
from pedpose.data.faults import Faults, is_id
from pedpose.json_file import read_json

IMAGES_FILE = "images.json"


@dataclass(frozen=True, slots=True)
class PictureIds:
    """Which annotated pictures the numbers of a results file stand for.

    Attributes:
        path: Of the list of pictures.
        ids: Id of the annotated picture by number; pictures without annotations are left out.
    """

    path: Path
    ids: dict[int, int]


def read_picture_ids(results: Path, data: CocoData) -> PictureIds | None:
    """Read the list of pictures beside a results file; None where there is none of ours.

    Names are compared from their end: folders may have moved. Frames of a video have no names:
    their numbers, counted from 1, are taken as ids.

    Args:
        results: The results file.
        data: The annotations.

    Raises:
        DataError: With every fault found: a number that comes twice, a name that several
            annotated pictures have, a size that differs.
    """
    path = results.with_name(IMAGES_FILE)
    content = read_json(path) if path.is_file() else None
    if not isinstance(content, list) or not all(map(_is_picture, content)):
        return None
    faults = Faults(path)
    by_name: dict[str, list[Picture]] = {}
    for picture in data.pictures:
        by_name.setdefault(picture.path.name, []).append(picture)
    ids: dict[int, int] = {}
    for image in content:
        number, name = image["id"], PurePosixPath(image["file_name"])
        same = [p for p in by_name.get(name.name, ()) if _same_end(p.path, name)]
        label = f"image {number}"
        if number in ids:
            faults.add(label, "a unique id", "the id a second time")
        if len(same) > 1:
            faults.add(label, f"one picture {name} in {data.path}", f"{len(same)} of them")
        elif same:
            ids[number] = same[0].id
            expected, found = (same[0].width, same[0].height), (image["width"], image["height"])
            if found != expected:
                faults.add(label, f"the size {expected} of its annotations", found)
    faults.stop()
    return PictureIds(path, ids)


def _is_picture(entry: Any) -> bool:
    if not isinstance(entry, Mapping) or "frame" in entry:
        return False
    numbers = all(is_id(entry.get(key)) for key in ("id", "width", "height"))
    return numbers and isinstance(entry.get("file_name"), str)


def _same_end(path: Path, name: PurePosixPath) -> bool:
    """Tell whether a path and a name are the same as far as the shorter of them goes."""
    length = min(len(path.parts), len(name.parts))
    return path.parts[-length:] == name.parts[-length:]
