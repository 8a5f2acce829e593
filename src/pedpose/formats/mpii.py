"""Read the Matlab file of the MPII Human Pose data set.

Format: http://human-pose.mpi-inf.mpg.de/#download, ``mpii_human_pose_v1_u12_1.mat``. ``RELEASE``
has ``annolist`` (one entry a picture) and ``img_train``. An entry has ``image.name`` and
``annorect``, one a person: ``annopoints.point`` with ``x``, ``y``, ``id`` (0..15) and
``is_visible``, and the box of the head as ``x1``, ``y1``, ``x2``, ``y2``.

Coordinates are Matlab's pixel indices: the centre of the first pixel is (1, 1). ``is_visible`` 1
means visible (v = 2), 0 hidden (v = 1); where it is missing, as for neck and head, the joint counts
as visible. Joints that are not listed are not labelled. Left and right are the person's own.

There are no boxes of people: they are taken from the joints. The labels of the test pictures
(``img_train`` 0) are not public: these pictures are left out, and so are training pictures in which
nobody has joints. Where only some people of a picture have joints, the others are missing from the
result and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pedpose.data.faults import Faults
from pedpose.errors import ConfigError
from pedpose.formats.labelled import (
    Conversion,
    LabelledPerson,
    LabelledPicture,
    Numbers,
    ReadOptions,
    Split,
)
from pedpose.formats.mat_file import read_mat
from pedpose.formats.notes import Notes
from pedpose.formats.people_maker import PeopleMaker
from pedpose.formats.picture_files import checked_size, find_picture
from pedpose.skeleton import Skeleton

MPII_16 = Skeleton(
    names=(
        *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle"),
        *("pelvis", "thorax", "upper_neck", "head_top"),
        *("right_wrist", "right_elbow", "right_shoulder"),
        *("left_shoulder", "left_elbow", "left_wrist"),
    ),
    limbs=(
        *((0, 1), (1, 2), (2, 6), (3, 6), (3, 4), (4, 5), (6, 7), (7, 8), (8, 9)),
        *((10, 11), (11, 12), (7, 12), (7, 13), (13, 14), (14, 15)),
    ),
)

_HEAD = ("x1", "y1", "x2", "y2")


def read_mpii(source: Path, options: ReadOptions | None = None) -> Conversion:
    """Read the Matlab file.

    Raises:
        ConfigError: If joints or labels are to be chosen: the format has but one.
        DataError: If the file is broken, with entry, what was expected and what was found.
    """
    options = options or ReadOptions()
    refuse_choices(options)
    notes, faults = Notes(), Faults(source)
    release = read_mat(source).get("RELEASE")
    entries = _listed(_field(release, "annolist"))
    in_training = _listed(_field(release, "img_train"))
    if not entries or len(entries) != len(in_training):
        expected = "RELEASE with as many 'img_train' as 'annolist'"
        faults.add("RELEASE", expected, f"{len(in_training)} and {len(entries)}")
        faults.stop()
    maker = PeopleMaker(MPII_16, faults, notes, options.drop_outside)
    reader = _EntryReader(maker, picture_folders(source, options))
    pictures = []
    for number, (entry, trains) in enumerate(zip(entries, in_training, strict=True), 1):
        if not trains:
            notes.count("test pictures (img_train 0, no public labels) left out")
        elif picture := reader.picture(f"annolist({number})", entry):
            pictures.append(picture)
    faults.stop()
    return Conversion(MPII_16, "person", (Split(source.stem, tuple(pictures)),), notes.lines())


def refuse_choices(options: ReadOptions) -> None:
    """Refuse to choose what MPII has one of.

    Raises:
        ConfigError: If joints or labels are to be chosen.
    """
    if options.skeleton is not None or options.categories:
        raise ConfigError("MPII has its own joints and one label: no --skeleton, no --category")


def picture_folders(source: Path, options: ReadOptions) -> list[Path]:
    """Return where the pictures of an MPII file may be."""
    if options.images is not None:
        return [options.images]
    return [source.parent / "images", source.parent, source.parent.parent / "images"]


@dataclass(frozen=True, slots=True)
class _EntryReader:
    maker: PeopleMaker
    folders: Sequence[Path]

    def picture(self, where: str, entry: object) -> LabelledPicture | None:
        notes = self.maker.notes
        labelled = []
        for number, rectangle in enumerate(_listed(_field(entry, "annorect")), 1):
            points = _listed(_field(_field(rectangle, "annopoints"), "point"))
            if points:
                labelled.append((f"{where}, annorect({number})", rectangle, points))
            else:
                notes.count("people without labelled joints left out")
        if not labelled:
            notes.count("training pictures in which nobody has joints left out")
            return None
        name = str(_field(_field(entry, "image"), "name"))
        path = find_picture([name], self.folders)
        size = checked_size(path, name, None, where, self.maker.faults)
        if path is None or size is None:
            return None
        made = [self._person(label, size, box, points) for label, box, points in labelled]
        return LabelledPicture(path, *size, tuple(person for person in made if person is not None))

    def _person(
        self, where: str, size: tuple[int, int], rectangle: object, points: Sequence[object]
    ) -> LabelledPerson | None:
        keypoints = np.zeros((len(MPII_16), 3))
        for point in points:
            number, x, y = (_number(_field(point, key)) for key in ("id", "x", "y"))
            if number is None or number not in range(len(MPII_16)) or x is None or y is None:
                self.maker.faults.add(where, "points with id 0..15, x and y", [number, x, y])
                return None
            joint = int(number)
            if keypoints[joint, 2]:
                self.maker.faults.add(where, f"joint {joint} once", "a second one")
                return None
            visible = _number(_field(point, "is_visible"))
            # Index 1 is the first pixel, whose centre is at 0.5.
            keypoints[joint] = x - 0.5, y - 0.5, 1 if visible == 0 else 2
        corners = [_number(_field(rectangle, key)) for key in _HEAD]
        head = None if None in corners else np.array(corners, np.float64) - 0.5
        return self.maker.make(where, size, keypoints, head_box=head)


def _field(struct: object, name: str) -> Any:
    """Return a field of a Matlab struct, None where there is no such struct or field."""
    return getattr(struct, name, None)


def _listed(value: Any) -> list[Any]:
    """Return an array of structs or numbers as a list; Matlab has one of them without an array."""
    if value is None:
        return []
    return list(value.ravel()) if isinstance(value, np.ndarray) else [value]


def _number(value: Any) -> float | None:
    """Return a number, also one in text or alone in an array; None where it is empty."""
    array: Numbers = np.asarray(value).ravel()
    if value is None or array.size != 1:
        return None
    try:
        return float(array[0])
    except (TypeError, ValueError):
        return None
