"""Read known boxes, for ``--boxes``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from pedpose.data.coco import read_json
from pedpose.data.faults import are_numbers
from pedpose.errors import DataError

Floats = NDArray[np.float32]


class KnownBoxes:
    """Boxes of people by picture, from a COCO annotation file (``images``, ``annotations``)."""

    def __init__(self, path: Path) -> None:
        """Read a file; keypoints in it are not needed and not looked at.

        Raises:
            DataError: If it is not such a file or a box is broken.
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
        names: dict[object, str] = {}
        for position, image in enumerate(content["images"]):
            if not isinstance(image, Mapping) or not isinstance(image.get("file_name"), str):
                raise DataError(f"{path}: image no. {position + 1}: expected a file_name")
            names[image.get("id")] = image["file_name"]
            if image["file_name"] not in self._boxes:
                last = PurePosixPath(image["file_name"]).name
                self._names.setdefault(last, []).append(image["file_name"])
            self._boxes[image["file_name"]] = []
        for position, entry in enumerate(content["annotations"]):
            label = f"{path}: annotation no. {position + 1}"
            if not isinstance(entry, Mapping) or entry.get("image_id") not in names:
                raise DataError(f"{label}: expected the image_id of a listed image")
            if entry.get("iscrowd"):
                continue
            box = entry.get("bbox")
            if not are_numbers(box, 4) or box is None or min(box[2:]) <= 0:
                raise DataError(
                    f"{label}: expected bbox as x, y, width > 0, height > 0, found {box}"
                )
            x, y, width, height = box
            self._boxes[names[entry["image_id"]]].append([x, y, x + width, y + height])

    def of(self, picture: Path) -> Floats:
        """Return the boxes (N, 4) x1, y1, x2, y2 of a picture.

        It is looked up by the end of its path, so that the folder may have moved.

        Raises:
            DataError: If the file lists no such picture, or several.
        """
        path = picture.resolve()
        same_end = [
            name
            for name in self._names.get(path.name, ())
            if path.parts[-len(PurePosixPath(name).parts) :] == PurePosixPath(name).parts
        ]
        listed = same_end or self._names.get(picture.name, [])
        if len(listed) != 1:
            raise DataError(
                f"{self.path}: expected boxes for {picture}, found {len(listed)} such pictures"
            )
        return np.array(self._boxes[listed[0]], np.float32).reshape(-1, 4)
