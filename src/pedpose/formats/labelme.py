"""Read folders of labelme JSON files, one a picture.

Format: https://github.com/wkentaro/labelme. A shape of type ``point`` is a joint, its ``label``
the joint's name; a ``rectangle`` is a person's box. Shapes of one ``group_id`` are one person.
Where no shape of a picture has a group, at most one box and no joint twice, all are one person.

Coordinates are continuous pixels, (0, 0) is the outer top-left corner. labelme knows no
visibility: all joints are visible (v = 2).

Pictures without a JSON file are not labelled yet, which is not the same as empty: left out.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np

from pedpose.data.faults import Faults, are_numbers
from pedpose.formats.grouping import BoxMark, PointMark, people_of
from pedpose.formats.joint_names import choose_labels, skeleton_of_labels
from pedpose.formats.labelled import Conversion, LabelledPicture, ReadOptions, Split
from pedpose.formats.notes import Notes
from pedpose.formats.people_maker import PeopleMaker
from pedpose.formats.picture_files import checked_size, find_picture
from pedpose.json_file import read_json
from pedpose.reading.files import is_picture

_NO_VISIBILITY = "labelme has no visibility: all joints are visible (v = 2)"


def is_labelme(content: object) -> bool:
    """Tell whether decoded JSON looks like labelme's."""
    return isinstance(content, dict) and isinstance(content.get("shapes"), list)


def read_labelme(source: Path, options: ReadOptions | None = None) -> Conversion:
    """Read the JSON files of a folder, or one of them.

    Raises:
        ConfigError: If joint names or the label of the people have to be chosen.
        DataError: If the labels are broken, with file, entry, what was expected and what was found.
    """
    options = options or ReadOptions()
    files = sorted(source.glob("*.json")) if source.is_dir() else [source]
    faults, notes = Faults(source), Notes()
    contents = {}
    for path in files:
        content = read_json(path)
        if is_labelme(content) and all(isinstance(s, dict) for s in content["shapes"]):
            contents[path] = content
        else:
            faults.add(path.name, "labelme JSON with a list of 'shapes'", type(content).__name__)
    if not files:
        faults.add("folder", "labelme JSON files", "none")
    faults.stop()
    shapes = [shape for content in contents.values() for shape in content["shapes"]]
    people = choose_labels(source, _labels(shapes, "rectangle"), options.categories)
    joints = _labels(shapes, "point")
    skeleton = skeleton_of_labels(source, joints, options.skeleton, "labelme")
    notes.say(_NO_VISIBILITY)
    maker = PeopleMaker(skeleton, faults, notes, options.drop_outside)
    reader = _FileReader(maker, people, options.images)
    pictures = [reader.picture(path, content) for path, content in contents.items()]
    faults.stop()
    kept = tuple(picture for picture in pictures if picture is not None)
    if source.is_dir():
        used = {picture.path.resolve() for picture in kept}
        unlabelled = [p for p in source.iterdir() if is_picture(p) and p.resolve() not in used]
        notes.count("pictures without a JSON file left out", len(unlabelled))
    return Conversion(
        skeleton, ", ".join(people) or "person", (Split(source.stem, kept),), notes.lines()
    )


def _labels(shapes: list[dict[str, Any]], kind: str) -> list[str]:
    return [str(shape.get("label")) for shape in shapes if shape.get("shape_type") == kind]


@dataclass(frozen=True, slots=True)
class _FileReader:
    maker: PeopleMaker
    people: tuple[str, ...]
    images: Path | None

    def picture(self, path: Path, content: dict[str, Any]) -> LabelledPicture | None:
        name = str(content.get("imagePath") or "")
        last = PureWindowsPath(name).name
        folders = [self.images] if self.images else [path.parent]
        found = find_picture([name, last], folders)
        stated = (content.get("imageWidth"), content.get("imageHeight"))
        size = checked_size(found, name, stated, path.name, self.maker.faults)
        if found is None or size is None:
            return None
        points: list[PointMark] = []
        boxes: list[BoxMark] = []
        for number, shape in enumerate(content["shapes"], 1):
            self._add(f"{path.name}, shape {number}", shape, points, boxes)
        people = people_of(points, boxes, self.maker, path.name, size)
        if not people:
            self.maker.notes.count("pictures without people")
        return LabelledPicture(found, *size, people)

    def _add(
        self, where: str, shape: dict[str, Any], points: list[PointMark], boxes: list[BoxMark]
    ) -> None:
        kind, label = shape.get("shape_type"), str(shape.get("label"))
        count = {"point": 1, "rectangle": 2}.get(str(kind))
        if count is None:
            self.maker.notes.count(f"shapes of type {kind} left out")
            return
        places = shape.get("points")
        if (
            not isinstance(places, list)
            or len(places) != count
            or not all(are_numbers(place, 2) for place in places)
        ):
            self.maker.faults.add(f"{where} {label}", f"{count} points of x, y", places)
            return
        group: Hashable | None = shape.get("group_id")
        if not isinstance(group, int | str | None):
            self.maker.faults.add(f"{where} {label}", "a group_id that is a number", group)
        elif kind == "point":
            (x, y) = places[0]
            points.append(PointMark(f"{where} {label}", label, x, y, 2, group))
        else:
            corners = np.array(places, np.float64)
            box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
            boxes.append(BoxMark(f"{where} {label}", box, group, label in self.people))
