"""Read known boxes, for ``--boxes``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pedpose.data.faults import are_numbers, corners_of, has_size, is_id
from pedpose.errors import DataError
from pedpose.json_file import read_json

Floats = NDArray[np.float32]


class KnownBoxes:
    """Boxes of people by picture, from a COCO annotation file (``images``, ``annotations``)."""

    def __init__(self, path: Path) -> None:
        """Read a file; keypoints in it are not needed and not looked at.

        Where it lists categories, boxes of people are those of the one with keypoints, else of
        the one named ``person``, else of the only one.

        Raises:
            DataError: If it is not such a file, a box is broken, or nothing tells which of several
                categories are people.
        """
        self.path = path
        content = read_json(path)
        if not isinstance(content, Mapping) or not all(
            isinstance(content.get(name), list) for name in ("images", "annotations")
        ):
            raise DataError(f"{path}: expected a COCO file with lists 'images' and 'annotations'")
        self._boxes: dict[str, list[list[float]]] = {}
        # By the last part of the name: looking through all names for each picture would take
        # minutes for a set of some ten thousand.
        self._names: dict[str, list[str]] = {}
        names: dict[int, str] = {}
        for position, image in enumerate(content["images"]):
            label = f"{path}: image no. {position + 1}"
            if not isinstance(image, Mapping) or not isinstance(image.get("file_name"), str):
                raise DataError(f"{label}: expected a file_name")
            if not is_id(image.get("id")) or image["id"] in names:
                raise DataError(
                    f"{label}: expected a whole number of its own as id, found {image.get('id')!r}"
                )
            names[image["id"]] = image["file_name"]
            if image["file_name"] not in self._boxes:
                last = PurePosixPath(image["file_name"]).name
                self._names.setdefault(last, []).append(image["file_name"])
            self._boxes[image["file_name"]] = []
        people = _people_category(path, content)
        for position, entry in enumerate(content["annotations"]):
            label = f"{path}: annotation no. {position + 1}"
            number = entry.get("image_id") if isinstance(entry, Mapping) else None
            if not is_id(number) or number not in names:
                raise DataError(f"{label}: expected the image_id of a listed image")
            if entry.get("iscrowd") or (people is not None and entry.get("category_id") != people):
                continue
            box = entry.get("bbox")
            if not are_numbers(box, 4) or box is None or not has_size(corners_of(box)):
                raise DataError(
                    f"{label}: expected bbox as x, y, width > 0, height > 0, found {box}"
                )
            self._boxes[names[number]].append(corners_of(box))

    def of(self, picture: Path) -> Floats:
        """Return the boxes (N, 4) x1, y1, x2, y2 of a picture.

        It is looked up by the end of its path, so that the folder may have moved. Where the file
        lists bare names, the folder does not matter.

        Raises:
            DataError: If the file lists no such picture, or several.
        """
        # The path as it is given and, where that is a link, as it is on disk.
        paths = {picture.absolute().parts, picture.resolve().parts}
        listed = [
            name
            for name in {n for p in paths for n in self._names.get(p[-1], ())}
            if any(p[-len(PurePosixPath(name).parts) :] == PurePosixPath(name).parts for p in paths)
        ]
        if len(listed) != 1:
            raise DataError(
                f"{self.path}: expected boxes for {picture}, found {len(listed)} such pictures"
            )
        return np.array(self._boxes[listed[0]], np.float32).reshape(-1, 4)


def _people_category(path: Path, content: Mapping[str, Any]) -> int | None:
    """Return the id of the category of people; None where all annotations are of one."""
    used = {str(a.get("category_id")) for a in content["annotations"] if isinstance(a, Mapping)}
    if len(used) <= 1:
        return None
    listed = content.get("categories")
    categories = [c for c in listed if isinstance(c, Mapping)] if isinstance(listed, list) else []
    for people in (
        [c for c in categories if c.get("keypoints")],
        [c for c in categories if c.get("name") == "person"],
    ):
        if len(people) == 1 and is_id(people[0].get("id")):
            return int(people[0]["id"])
    names = [c.get("name") for c in categories]
    raise DataError(
        f"{path}: 'categories': expected one with keypoints or of the name 'person', since boxes "
        f"are of {len(used)} categories; found {names}"
    )
