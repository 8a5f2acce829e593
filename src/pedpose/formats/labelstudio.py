"""Read the JSON export of Label Studio.

Format: https://labelstud.io/guide/export and https://labelstud.io/tags/keypointlabels. A list of
tasks, one a picture; in the ``result`` of its annotation, ``keypointlabels`` are joints (the label
is the joint's name) and ``rectanglelabels`` people's boxes. A joint belongs to the box that its
``parentID`` names. Where no joint of a picture has a parent, at most one box and no joint twice,
all are one person.

Coordinates are percent of ``original_width`` and ``original_height``: continuous, 0 is the outer
edge. Label Studio has no visibility: all joints are visible (v = 2).

Tasks without an annotation are not labelled yet, which is not the same as empty: left out. Several
annotations of one task (several labellers) are refused: one has to be chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from pedpose.data.faults import Faults, is_number
from pedpose.formats.grouping import BoxMark, PointMark, people_of
from pedpose.formats.joint_names import choose_labels, skeleton_of_labels
from pedpose.formats.labelled import Conversion, LabelledPicture, ReadOptions, Split
from pedpose.formats.notes import Notes
from pedpose.formats.people_maker import PeopleMaker
from pedpose.formats.picture_files import checked_size, find_picture
from pedpose.json_file import read_json
from pedpose.reading.files import is_picture

_NO_VISIBILITY = "Label Studio has no visibility: all joints are visible (v = 2)"
_UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}-")
_KINDS = ("keypointlabels", "rectanglelabels")

Json = dict[str, Any]


def is_labelstudio(content: object) -> bool:
    """Tell whether decoded JSON looks like an export of Label Studio."""
    return (
        isinstance(content, list)
        and bool(content)
        and isinstance(content[0], dict)
        and isinstance(content[0].get("data"), dict)
        and isinstance(content[0].get("annotations"), list)
    )


def read_labelstudio(source: Path, options: ReadOptions | None = None) -> Conversion:
    """Read a JSON export.

    Raises:
        ConfigError: If joint names or the label of the people have to be chosen.
        DataError: If the labels are broken, with file, task, what was expected and what was found.
    """
    options = options or ReadOptions()
    content = read_json(source)
    faults, notes = Faults(source), Notes()
    if not is_labelstudio(content):
        faults.add("file", "Label Studio's export 'JSON' (not 'JSON-MIN')", type(content).__name__)
        faults.stop()
    tasks = [
        (task, results)
        for number, task in enumerate(content, 1)
        for results in _results(number, task, faults, notes)
    ]
    faults.stop()
    labels: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    for _, results in tasks:
        for result in results:
            if _kind(result) in labels:
                labels[_kind(result)].extend(_labels(result))
    people = choose_labels(source, labels["rectanglelabels"], options.categories)
    joints = labels["keypointlabels"]
    skeleton = skeleton_of_labels(source, joints, options.skeleton, "Label Studio")
    notes.say(_NO_VISIBILITY)
    folders = [options.images] if options.images else [source.parent, source.parent / "images"]
    maker = PeopleMaker(skeleton, faults, notes, options.drop_outside)
    reader = _TaskReader(maker, people, folders)
    pictures = [reader.picture(task, results) for task, results in tasks]
    faults.stop()
    kept = tuple(picture for picture in pictures if picture is not None)
    return Conversion(
        skeleton, ", ".join(people) or "person", (Split(source.stem, kept),), notes.lines()
    )


def _results(number: int, task: Any, faults: Faults, notes: Notes) -> Iterator[list[Json]]:
    """Give the results of the one annotation of a task, if it has one."""
    where = f"task {task.get('id', number)}" if isinstance(task, dict) else f"task no. {number}"
    if not is_labelstudio([task]) or not all(isinstance(a, dict) for a in task["annotations"]):
        faults.add(where, "an object with 'data' and a list of 'annotations'", task)
        return
    valid = [a for a in task["annotations"] if not a.get("was_cancelled")]
    if not valid:
        notes.count("tasks without an annotation left out")
    elif len(valid) > 1:
        faults.add(where, "one annotation", f"{len(valid)}: delete or cancel the others")
    else:
        results = valid[0].get("result")
        if isinstance(results, list) and all(isinstance(r, dict) for r in results):
            yield results
        else:
            faults.add(where, "a list of results", results)


def _kind(result: Json) -> str:
    return str(result.get("type"))


def _labels(result: Json) -> list[str]:
    value = result.get("value")
    labels = value.get(_kind(result)) if isinstance(value, dict) else None
    return [str(label) for label in labels] if isinstance(labels, list) else []


@dataclass(frozen=True, slots=True)
class _TaskReader:
    maker: PeopleMaker
    people: Sequence[str]
    folders: Sequence[Path]

    def picture(self, task: Json, results: list[Json]) -> LabelledPicture | None:
        where = f"task {task.get('id')}"
        name, candidates = _picture_names(task)
        path = find_picture(candidates, self.folders)
        marks = [r for r in results if _kind(r) in _KINDS]
        for result in results:
            if _kind(result) not in _KINDS:
                self.maker.notes.count(f"results of type {_kind(result)} left out")
        sizes = [(r.get("original_width"), r.get("original_height")) for r in marks]
        if any(size != sizes[0] for size in sizes):
            self.maker.faults.add(where, "one original size in all results", sizes)
            return None
        stated = sizes[0] if sizes else None  # where nothing is labelled, no size is stated
        size = checked_size(path, name, stated, where, self.maker.faults)
        if path is None or size is None:
            return None
        points: list[PointMark] = []
        boxes: list[BoxMark] = []
        for number, result in enumerate(marks, 1):
            self._add(f"{where}, result {number}", result, size, points, boxes)
        people = people_of(points, boxes, self.maker, where, size)
        if not people:
            self.maker.notes.count("pictures without people")
        return LabelledPicture(path, *size, people)

    def _add(
        self,
        where: str,
        result: Json,
        size: tuple[int, int],
        points: list[PointMark],
        boxes: list[BoxMark],
    ) -> None:
        labels = _labels(result)
        if len(labels) != 1:
            self.maker.faults.add(where, f"one of {result['type']}", labels)
            return
        value = result["value"]
        where = f"{where} {labels[0]}"
        is_point = result["type"] == "keypointlabels"
        keys = ("x", "y") if is_point else ("x", "y", "width", "height")
        if not all(is_number(value.get(key)) for key in keys):
            self.maker.faults.add(where, f"{', '.join(keys)} in percent", value)
            return
        if result.get("image_rotation") or value.get("rotation"):
            self.maker.faults.add(where, "no rotation of picture or box", "one")
            return
        x, y, *sides = (value[key] / 100 * size[axis % 2] for axis, key in enumerate(keys))
        if is_point:
            parent = result.get("parentID")
            group = str(parent) if parent else None
            points.append(PointMark(where, labels[0], x, y, 2, group))
        else:
            box = np.array([x, y, x + sides[0], y + sides[1]])
            group = str(result.get("id"))
            boxes.append(BoxMark(where, box, group, labels[0] in self.people))


def _picture_names(task: Json) -> tuple[str, list[str]]:
    """Return the picture as the task names it, and the names under which it may be on disk.

    The name may be an address, a local file behind ``?d=``, or an upload, to whose name Label
    Studio adds eight digits.
    """
    texts = [text for text in task["data"].values() if isinstance(text, str)]
    found = {text: name for text in texts if is_picture(Path(name := _file_name(text)))}
    text = next((task["data"][key] for key in ("image", "img") if key in task["data"]), None)
    if not isinstance(text, str) or text not in found:
        text = next(iter(found), str(text))
    path = found.get(text, text)
    last = PurePosixPath(path).name
    upload = str(task.get("file_upload") or "")
    names = [path.lstrip("/"), last, upload, *(_UPLOAD_PREFIX.sub("", n) for n in (last, upload))]
    return text, names


def _file_name(text: str) -> str:
    parts = urlsplit(text)
    local = parse_qs(parts.query).get("d")
    return local[0] if local else unquote(parts.path)
