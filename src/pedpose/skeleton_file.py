"""Skeletons in YAML files.

Such a file looks like this; only ``names`` has to be there::

    names: [tail, left_ear, right_ear]
    limbs: [[tail, left_ear], [tail, right_ear]]
    swaps: [[left_ear, right_ear]]
    sigmas: {tail: 0.05, left_ear: 0.03, right_ear: 0.03}

``swaps`` are the joints that change places when a picture is mirrored. Without the entry the
names say it; an empty list means that no joint has a side. ``sigmas`` may be a list in the order
of the names as well.
"""

from __future__ import annotations

from pathlib import Path
from reprlib import repr as brief
from typing import Any

from pedpose.errors import ConfigError, DataError
from pedpose.files import is_file
from pedpose.skeleton import COCO_17, Skeleton
from pedpose.skeleton_entries import read_names, read_pairs, read_sigmas
from pedpose.yaml_file import read_yaml

_KEYS = ("names", "limbs", "swaps", "sigmas")


def read_skeleton(text: str) -> Skeleton:
    """Return the skeleton that a user asks for.

    Args:
        text: ``coco17``, or the path of a YAML file.

    Raises:
        ConfigError: If it is neither.
        DataError: If the file is broken: file, entry, what was expected and what was found.
    """
    if text == "coco17":
        return COCO_17
    path = Path(text)
    if not is_file(path):
        raise ConfigError(f"skeleton: expected coco17 or the path of a YAML file, found {text!r}")
    content = read_yaml(path, DataError)
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected the entries {', '.join(_KEYS)}, found {brief(content)}")
    if unknown := [key for key in content if key not in _KEYS]:
        raise DataError(
            f"{path}: expected the entries {', '.join(_KEYS)}, found {brief(unknown[0])}"
        )
    names = read_names(f"{path}: 'names'", content.get("names"))
    limbs, swaps, sigmas = (content.get(key) for key in _KEYS[1:])
    parts: dict[str, Any] = {
        "limbs": () if limbs is None else read_pairs(f"{path}: 'limbs'", limbs, names),
        "swaps": None if swaps is None else read_pairs(f"{path}: 'swaps'", swaps, names),
        "sigmas": None if sigmas is None else read_sigmas(f"{path}: 'sigmas'", sigmas, names),
    }
    try:
        return Skeleton(names, **parts)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
