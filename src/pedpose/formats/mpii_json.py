"""Read MPII as the JSON list of HRNet and others (``annot/train.json``, ``annot/valid.json``).

Format: https://github.com/leoxiaobin/deep-high-resolution-net.pytorch, ``lib/dataset/mpii.py``.
Each entry is one person: ``image``, ``joints`` (16 x 2), ``joints_vis`` (16), ``center`` and
``scale``. Several entries may have one picture.

Coordinates are Matlab's pixel indices, as in the original: the centre of the first pixel is (1, 1)
(that code subtracts 1 as well). ``joints_vis`` 1 means labelled, whether hidden or not, so that
v = 2; 0 means not labelled. There are no boxes: they are taken from the joints. Head boxes are not
in this file either: PCKh needs the Matlab file. Other JSON forms of MPII, such as
``mpii_annotations.json`` with ``joint_self``, are refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pedpose.data.faults import Faults, are_numbers
from pedpose.formats.labelled import Conversion, LabelledPerson, LabelledPicture, ReadOptions, Split
from pedpose.formats.mpii import MPII_16, picture_folders, refuse_choices
from pedpose.formats.notes import Notes
from pedpose.formats.people_maker import PeopleMaker
from pedpose.formats.picture_files import checked_size, find_picture
from pedpose.json_file import read_json

_KEYS = ("image", "joints", "joints_vis")


def is_mpii_json(content: object) -> bool:
    """Tell whether decoded JSON looks like this list."""
    return (
        isinstance(content, list)
        and bool(content)
        and isinstance(content[0], dict)
        and all(key in content[0] for key in _KEYS)
    )


def read_mpii_json(source: Path, options: ReadOptions | None = None) -> Conversion:
    """Read a JSON list.

    Raises:
        ConfigError: If joints or labels are to be chosen: the format has but one.
        DataError: If the file is broken, with entry, what was expected and what was found.
    """
    options = options or ReadOptions()
    refuse_choices(options)
    content = read_json(source)
    notes, faults = Notes(), Faults(source)
    if not is_mpii_json(content):
        faults.add("file", f"a list of people with {', '.join(_KEYS)}", type(content).__name__)
        faults.stop()
    maker = PeopleMaker(MPII_16, faults, notes, options.drop_outside)
    notes.say("joints_vis does not tell hidden from visible: labelled joints are visible (v = 2)")
    folders = picture_folders(source, options)
    found: dict[str, tuple[Path, tuple[int, int]] | None] = {}
    people: dict[str, list[LabelledPerson]] = {}
    for number, entry in enumerate(content, 1):
        where = f"entry {number}"
        name = entry.get("image") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name:
            faults.add(where, "an object with an 'image'", entry)
            continue
        if name not in found:
            found[name] = _path_and_size(name, folders, where, faults)
        known = found[name]
        if known is not None and (person := _person(where, entry, known[1], maker)):
            people.setdefault(name, []).append(person)
    faults.stop()
    notes.count("pictures without a labelled person left out", len(found) - len(people))
    pictures = tuple(
        LabelledPicture(known[0], *known[1], tuple(people[name]))
        for name, known in found.items()
        if known is not None and name in people
    )
    return Conversion(MPII_16, "person", (Split(source.stem, pictures),), notes.lines())


def _path_and_size(
    name: str, folders: list[Path], where: str, faults: Faults
) -> tuple[Path, tuple[int, int]] | None:
    path = find_picture([name], folders)
    size = checked_size(path, name, None, where, faults)
    return None if path is None or size is None else (path, size)


def _person(
    where: str, entry: dict[str, Any], size: tuple[int, int], maker: PeopleMaker
) -> LabelledPerson | None:
    joints, labelled = entry.get("joints"), entry.get("joints_vis")
    count = len(MPII_16)
    if (
        not isinstance(joints, list)
        or len(joints) != count
        or not all(are_numbers(place, 2) for place in joints)
    ):
        maker.faults.add(where, f"joints as {count} pairs of numbers", joints)
        return None
    if not are_numbers(labelled, count) or not set(labelled) <= {0, 1}:
        maker.faults.add(where, f"joints_vis as {count} times 0 or 1", labelled)
        return None
    # Index 1 is the first pixel, whose centre is at 0.5.
    places = np.array(joints, np.float64) - 0.5
    v = 2 * np.array(labelled, np.float64)
    return maker.make(where, size, np.column_stack([places, v]))
