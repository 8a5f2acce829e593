"""Read YOLO-pose folders.

Format: https://docs.ultralytics.com/datasets/pose/. One text file a picture, one line a person::

    class x y width height  px1 py1 [v1]  px2 py2 [v2] ...

Coordinates are divided by the width and height of the picture: continuous, (0, 0) is the outer
top-left corner, (1, 1) the outer bottom-right one. ``x y`` is the centre of the box.

Visibility is that of COCO: 0 not labelled, 1 labelled but hidden, 2 visible. Where ``kpt_shape``
says two numbers a joint there is none: joints are visible (2) unless they are at 0, 0, which is
how such files mark a missing joint.

A picture without a label file, or with an empty one, shows nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pedpose.data.faults import Faults
from pedpose.errors import DataError
from pedpose.formats.joint_names import choose_labels
from pedpose.formats.labelled import (
    Conversion,
    LabelledPerson,
    LabelledPicture,
    Numbers,
    ReadOptions,
    Split,
)
from pedpose.formats.notes import Notes
from pedpose.formats.people_maker import PeopleMaker
from pedpose.formats.picture_files import upright_size
from pedpose.formats.yolo_folders import find_splits, find_yaml, label_file, read_yaml
from pedpose.formats.yolo_joints import check_flips, read_classes, read_joints, read_shape

_NO_PERSON = "pictures without people (no label file, or an empty one)"
_UNLABELLED_PLACE = "joints with v = 0 have a place: the place is dropped"
_TWO_NUMBERS = "labels have no visibility: joints are visible (v = 2) unless at 0, 0"


def read_yolo(source: Path, options: ReadOptions | None = None) -> Conversion:
    """Read a folder with a ``data.yaml``, or that file.

    Raises:
        ConfigError: If joint names or the class of the people have to be chosen.
        DataError: If the labels are broken, with file, line, what was expected and what was found.
    """
    options = options or ReadOptions()
    path = find_yaml(source)
    content = read_yaml(path)
    notes, faults = Notes(), Faults(path.parent)
    names = read_classes(path, content)
    people = choose_labels(path, names, options.categories)
    classes = [index for index, name in enumerate(names) if name in people]
    skeleton = read_joints(path, content, classes, options.skeleton, notes)
    skeleton = check_flips(path, content, skeleton, options.ignore_flip_idx, notes)
    maker = PeopleMaker(skeleton, faults, notes, options.drop_outside)
    _, numbers = read_shape(path, content)
    if numbers == 2:
        notes.say(_TWO_NUMBERS)
    reader = _LabelReader(path.parent, maker, len(names), classes, numbers)
    splits = tuple(
        Split(name, reader.pictures(pictures))
        for name, pictures in find_splits(path, content, notes).items()
    )
    faults.stop()
    if not reader.used:
        raise DataError(f"{path}: expected label files beside its pictures, found none")
    reader.note_others()
    return Conversion(skeleton, ", ".join(people), splits, notes.lines())


@dataclass(slots=True)
class _LabelReader:
    root: Path
    maker: PeopleMaker
    class_count: int
    classes: Sequence[int]
    numbers: int
    used: set[Path] = field(default_factory=set)
    values: set[float] = field(default_factory=set)

    def pictures(self, paths: Sequence[Path]) -> tuple[LabelledPicture, ...]:
        """Return the labelled pictures of one split."""
        found = []
        for path in paths:
            size = upright_size(path, _short(path, self.root), self.maker.faults)
            if size is None:
                continue
            people = self._people(label_file(path), size)
            if not people:
                self.maker.notes.count(_NO_PERSON)
            found.append(LabelledPicture(path, *size, people))
        return tuple(found)

    def note_others(self) -> None:
        """Note label files that belong to no picture, and what the values of v mean."""
        folders = {path.parent for path in self.used}
        others = sorted({p for folder in folders for p in folder.glob("*.txt")} - self.used)
        if others:
            self.maker.notes.count(
                f"label files without a picture left out (first: {_short(others[0], self.root)})",
                len(others),
            )
        if 1.0 in self.values and 2.0 not in self.values:
            self.maker.notes.say("no joint has v = 2: 1 is read as hidden, as the format says")

    def _people(self, path: Path, size: tuple[int, int]) -> tuple[LabelledPerson, ...]:
        name = _short(path, self.root)
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return ()
        except UnicodeDecodeError:
            self.maker.faults.add(name, "UTF-8 text", "other bytes")
            return ()
        self.used.add(path)
        made = [
            self._person(f"{name}, line {number}", line.split(), size)
            for number, line in enumerate(lines, 1)
            if line.strip()
        ]
        return tuple(person for person in made if person is not None)

    def _person(
        self, where: str, words: Sequence[str], size: tuple[int, int]
    ) -> LabelledPerson | None:
        joints = len(self.maker.skeleton)
        values = _floats(words)
        if values is None or len(values) != 5 + self.numbers * joints:
            expected = f"{5 + self.numbers * joints} numbers ({joints} joints)"
            found = " ".join(words) if values is None else f"{len(words)} numbers"
            self.maker.faults.add(where, expected, found)
            return None
        number = values[0]
        if number not in range(self.class_count):
            self.maker.faults.add(where, f"a class of 0..{self.class_count - 1}", number)
            return None
        if number not in self.classes:
            self.maker.notes.count("labels of other classes left out")
            return None
        box = np.array(values[1:5])
        keypoints = self._keypoints(where, np.array(values[5:]).reshape(joints, self.numbers))
        if keypoints is None:
            return None
        scale = np.array(size, np.float64)
        keypoints[:, :2] *= scale
        corners = np.concatenate([box[:2] - box[2:] / 2, box[:2] + box[2:] / 2])
        return self.maker.make(where, size, keypoints, corners * np.tile(scale, 2))

    def _keypoints(self, where: str, values: Numbers) -> Numbers | None:
        """Return (K, 3) x, y in 0..1 and v; None where a fault was noted."""
        at_zero = (values[:, :2] == 0).all(axis=1)
        if self.numbers == 2:
            return np.column_stack([values, np.where(at_zero, 0, 2)])
        visible = values[:, 2]
        odd = sorted(set(visible.tolist()) - {0.0, 1.0, 2.0})
        if odd:
            self.maker.faults.add(where, "visibility v of 0, 1 or 2", odd)
            return None
        for joint in np.flatnonzero((visible > 0) & at_zero):
            name = self.maker.skeleton.names[joint]
            self.maker.faults.add(f"{where}, {name}", "a place, since v is above 0", "0 0")
        self.values.update(visible.tolist())
        self.maker.notes.count(_UNLABELLED_PLACE, int(((visible == 0) & ~at_zero).sum()))
        return values.copy()


def _floats(words: Sequence[str]) -> list[float] | None:
    try:
        return [float(word) for word in words]
    except ValueError:
        return None


def _short(path: Path, root: Path) -> str:
    """Return a path as the user knows it: within the data set where it is there."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
