r"""Where a YOLO-pose data set keeps its pictures and labels.

``data.yaml`` names a folder of pictures, a list of such folders, or a text file of picture paths
for each of ``train``, ``val`` and ``test``. Exports often name a folder of the machine on which
they were made (``C:\Users\...``). The standard folders beside the file are used then:
``train/images`` or ``images/train``, with ``valid`` for ``val`` as Roboflow writes it.

The labels of ``.../images/.../a.jpg`` are in ``.../labels/.../a.txt``: the last folder called
``images`` counts. Pictures that are in no such folder have their labels beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pedpose import yaml_file
from pedpose.data.faults import Faults
from pedpose.errors import ConfigError, DataError
from pedpose.files import is_file, is_folder
from pedpose.formats.notes import Notes
from pedpose.formats.picture_files import pictures_below

SPLITS = {"train": ("train",), "val": ("val", "valid"), "test": ("test",)}
"""Each split with its names in yaml files and folders."""


def find_yaml(source: Path) -> Path:
    """Return the yaml file of a data set: the source itself, or the only one in its folder.

    Raises:
        ConfigError: If there is none, or more than one and none is called ``data.yaml``.
    """
    if source.is_file():
        return source
    found = sorted(path for path in source.glob("*.y*ml") if path.suffix in (".yaml", ".yml"))
    named = [path for path in found if path.stem == "data"]
    if len(named or found) != 1:
        raise ConfigError(
            f"{source}: expected one data.yaml, found {', '.join(p.name for p in found) or 'none'}"
        )
    return (named or found)[0]


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the content of a ``data.yaml``.

    Raises:
        DataError: If it cannot be read or is no mapping.
    """
    content = yaml_file.read_yaml(path, DataError)
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected a YAML mapping, found {type(content).__name__}")
    return content


def find_splits(path: Path, content: Mapping[str, Any], notes: Notes) -> dict[str, list[Path]]:
    """Return the pictures of each split that a yaml file names.

    Raises:
        DataError: If a named split is nowhere, or could be in two places.
    """
    faults = Faults(path)
    found: dict[str, list[Path]] = {}
    for split, names in SPLITS.items():
        given = [name for name in names if content.get(name)]
        if len(given) > 1:
            faults.add("splits", f"one of {' and '.join(names)}", "both")
        for name in given[:1]:
            values = content[name] if isinstance(content[name], list) else [content[name]]
            places = [_place(path, content, value) for value in values]
            known = [place for place in places if place is not None]
            if len(known) < len(places):
                known = _standard(path.parent, names, faults)
                notes.say(
                    f"{path.name}: {name}: {values[0]} is not there: "
                    f"{', '.join(map(str, known)) or 'nothing'} used"
                )
            if not known:
                faults.add(name, "a folder of pictures or a text file that is there", values[0])
            found[split] = [picture for place in known for picture in _pictures(place, faults)]
        if not given and (left := _standard(path.parent, names, faults)):
            notes.say(f"{path.name} does not name {split}: {left[0]} left out")
    if not found:
        faults.add("splits", "at least one of train, val and test", sorted(map(str, content)))
    for split, pictures in found.items():
        if len(set(pictures)) < len(pictures):
            twice = next(p for p in pictures if pictures.count(p) > 1)
            faults.add(split, "each picture once", f"{twice} twice")
    faults.stop()
    return found


def label_file(picture: Path) -> Path:
    """Return where the labels of a picture are."""
    parts = list(picture.parts)
    for position in range(len(parts) - 2, -1, -1):
        if parts[position] == "images":
            parts[position] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _place(path: Path, content: Mapping[str, Any], value: object) -> Path | None:
    """Return the folder or text file that an entry means, None where it is not there."""
    if not isinstance(value, str):
        return None
    text = value.replace("\\", "/")
    root = path.parent / str(content.get("path") or "").replace("\\", "/")
    # Roboflow writes ../train/images for a folder beside the file.
    for place in (root / text, path.parent / text, path.parent / text.removeprefix("../")):
        if is_folder(place) or (place.suffix == ".txt" and is_file(place)):
            return place
    return None


def _standard(folder: Path, names: tuple[str, ...], faults: Faults) -> list[Path]:
    places = [p for name in names for p in (folder / name / "images", folder / "images" / name)]
    there = [place for place in places if place.is_dir()]
    if len(there) > 1:
        faults.add(names[0], "one folder of pictures", [str(place) for place in there])
    return there


def _pictures(place: Path, faults: Faults) -> list[Path]:
    if place.is_dir():
        return pictures_below(place)
    pictures = []
    try:
        lines = place.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        faults.add(place.name, "UTF-8 text", "other bytes")
        return []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        picture = place.parent / line.strip()
        if is_file(picture):
            pictures.append(picture)
        else:
            faults.add(f"{place.name}, line {number}", "a picture that is there", line.strip())
    return pictures
