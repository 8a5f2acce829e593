"""Read Leeds Sports Pose (LSP) and its extended training set (LSPET).

Format: the ``README.txt`` of the archives, https://sam.johnson.io/research/lsp.html and
https://sam.johnson.io/research/lspet.html. ``joints.mat`` holds one matrix ``joints`` with x, y
and a flag of 14 joints; picture i (counted from 1) is ``images/im0001.jpg`` in LSP and
``images/im00001.jpg`` in LSPET. Left and right are the person's own.

The two sets are told apart by the shape of the matrix, and **their flags mean opposite things**:

- LSP, 3 x 14 x N: all joints are labelled, 1 means hidden (v = 1), 0 visible (v = 2). (The readme
  says "visibility"; the data and all readers of it have it the other way round.)
- LSPET, 14 x 3 x N: 1 means visible (v = 2), 0 not labelled (v = 0).

Coordinates are Matlab's pixel indices: the centre of the first pixel is (1, 1). There are no boxes:
they are taken from the joints.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from pedpose.data.faults import Faults
from pedpose.errors import ConfigError
from pedpose.formats.labelled import Conversion, LabelledPicture, Numbers, ReadOptions, Split
from pedpose.formats.mat_file import read_mat
from pedpose.formats.notes import Notes
from pedpose.formats.people_maker import PeopleMaker
from pedpose.formats.picture_files import upright_size
from pedpose.reading.files import is_picture
from pedpose.skeleton import Skeleton

LSP_14 = Skeleton(
    names=(
        *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle"),
        *("right_wrist", "right_elbow", "right_shoulder"),
        *("left_shoulder", "left_elbow", "left_wrist", "neck", "head_top"),
    ),
    limbs=(
        *((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (6, 7), (7, 8), (9, 10), (10, 11)),
        *((8, 12), (9, 12), (12, 13), (2, 8), (3, 9)),
    ),
)

_NUMBERED = re.compile(r"im0*([0-9]+)", re.IGNORECASE)
_JOINTS = 14


def read_lsp(source: Path, options: ReadOptions | None = None) -> Conversion:
    """Read a ``joints.mat``, or the one in a folder.

    Raises:
        ConfigError: If joints or labels are to be chosen: the format has but one.
        DataError: If the file is broken, with entry, what was expected and what was found.
    """
    options = options or ReadOptions()
    if options.skeleton is not None or options.categories:
        raise ConfigError("LSP has its own joints and one label: no --skeleton, no --category")
    path = source / "joints.mat" if source.is_dir() else source
    notes, faults = Notes(), Faults(path)
    people = _joints(path, np.asarray(read_mat(path).get("joints")), faults, notes)
    folder = options.images or path.parent / "images"
    numbered = _numbered(folder, faults)
    maker = PeopleMaker(LSP_14, faults, notes, options.drop_outside)
    pictures = []
    for number, joints in enumerate(people, 1):
        where = f"picture {number}"
        if number not in numbered:
            faults.add(where, f"im{number:04} or im{number:05} in {folder}", "no such picture")
            continue
        size = upright_size(numbered[number], where, faults)
        if size is None:
            continue
        person = maker.make(where, size, joints)
        if person is None:
            notes.count("pictures without a labelled person left out")
        else:
            pictures.append(LabelledPicture(numbered[number], *size, (person,)))
    faults.stop()
    if left := len(numbered.keys() - range(1, len(people) + 1)):
        notes.count("pictures without labels left out", left)
    return Conversion(LSP_14, "person", (Split(path.stem, tuple(pictures)),), notes.lines())


def _joints(path: Path, matrix: Numbers, faults: Faults, notes: Notes) -> Numbers:
    """Return (N, 14, 3) x, y in continuous pixels, and v."""
    if matrix.dtype.kind in "fiu" and matrix.ndim == 2:
        matrix = matrix[..., None]  # one picture: Matlab drops the last axis
    shape = matrix.shape[:2]
    if matrix.dtype.kind not in "fiu" or matrix.ndim != 3 or shape not in ((3, 14), (14, 3)):
        faults.add("'joints'", "a matrix of 3 x 14 x N (LSP) or 14 x 3 x N (LSPET)", matrix.shape)
        faults.stop()
    is_extended = shape == (_JOINTS, 3)
    joints = matrix.transpose(2, 0, 1) if is_extended else matrix.transpose(2, 1, 0)
    joints = joints.astype(np.float64)
    flags = joints[..., 2]
    for picture, joint in np.argwhere((flags != 0) & (flags != 1)):
        name = LSP_14.names[joint]
        faults.add(f"picture {picture + 1}, {name}", "a flag of 0 or 1", flags[picture, joint])
    if is_extended:
        notes.say("LSPET (14 x 3 x N): flag 1 = visible (v = 2), 0 = not labelled")
        v = np.where(flags == 1, 2, 0)
    else:
        notes.say("LSP (3 x 14 x N): flag 1 = hidden (v = 1), 0 = visible (v = 2)")
        v = np.where(flags == 1, 1, 2)
    # Index 1 is the first pixel, whose centre is at 0.5.
    return np.concatenate([joints[..., :2] - 0.5, v[..., None]], axis=2)


def _numbered(folder: Path, faults: Faults) -> dict[int, Path]:
    """Return the pictures of a folder by the number in their name."""
    found: dict[int, Path] = {}
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        match = _NUMBERED.fullmatch(path.stem)
        if match is None or not is_picture(path):
            continue
        number = int(match[1])
        if number in found:
            faults.add(f"picture {number}", "one file", [found[number].name, path.name])
        found[number] = path
    return found
