"""Which joints a YOLO-pose ``data.yaml`` means, and whether its mirror list is right.

``kpt_shape: [K, 2 or 3]`` says how many; ``kpt_names`` (a list of names for each class) which;
``flip_idx`` is the list that Ultralytics uses to exchange joints in mirrored pictures. Exports
often hold the identity there, or pairs of another skeleton, and every mirrored training picture
then teaches wrong sides without a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pedpose.data.faults import is_id
from pedpose.errors import ConfigError, DataError
from pedpose.formats.joint_names import named_skeleton
from pedpose.formats.notes import Notes
from pedpose.sides import doubts
from pedpose.skeleton import Skeleton


def read_shape(path: Path, content: Mapping[str, Any]) -> tuple[int, int]:
    """Return K and how many numbers a joint has: 2 (x, y) or 3 (x, y, v).

    Raises:
        DataError: If ``kpt_shape`` says something else.
    """
    shape = content.get("kpt_shape")
    if isinstance(shape, list) and len(shape) == 2 and all(map(is_id, shape)):
        joints, numbers = shape
        if joints >= 1 and numbers in (2, 3):
            return joints, numbers
    raise DataError(f"{path}: kpt_shape: expected [joints, 2] or [joints, 3], found {shape!r}")


def read_classes(path: Path, content: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the class names by their index.

    Raises:
        DataError: If ``names`` is no list and no mapping from 0 up.
    """
    names = content.get("names")
    if isinstance(names, Mapping) and set(names) == set(range(len(names))):
        names = [names[index] for index in range(len(names))]
    if isinstance(names, list) and names:
        return tuple(map(str, names))
    raise DataError(f"{path}: names: expected the names of the classes 0, 1, ..., found {names!r}")


def read_joints(
    path: Path,
    content: Mapping[str, Any],
    classes: Sequence[int],
    chosen: Skeleton | None,
    notes: Notes,
) -> Skeleton:
    """Return the joints: those that the user chose, else ``kpt_names``.

    Args:
        path: The yaml file.
        content: Of it.
        classes: Indices of the classes that are people.
        chosen: By the user, or None.
        notes: Takes what is not used.

    Raises:
        ConfigError: If nobody names the joints.
        DataError: If there are more or fewer names than joints.
    """
    joints, _ = read_shape(path, content)
    given = _names_of_classes(path, content.get("kpt_names"), classes)
    if chosen is not None:
        if len(chosen) != joints:
            raise ConfigError(
                f"--skeleton: expected the {joints} joints of kpt_shape in {path}, "
                f"found {len(chosen)}"
            )
        if given is not None and given != chosen.names:
            notes.say(f"kpt_names of {path.name} differ from --skeleton: not used")
        return chosen
    if given is None:
        raise ConfigError(
            f"{path}: has no joint names. Add kpt_names to it (a list of {joints} names for each "
            "class, as in kpt_names: {0: [nose, left_eye, ...]}), or give --skeleton FILE or "
            "--skeleton coco17"
        )
    if len(given) != joints:
        raise DataError(
            f"{path}: kpt_names: expected {joints} names as kpt_shape says, found {len(given)}"
        )
    try:
        return named_skeleton(given)
    except DataError as error:
        raise DataError(f"{path}: kpt_names: {error}") from error


def check_flips(
    path: Path, content: Mapping[str, Any], skeleton: Skeleton, ignore: bool, notes: Notes
) -> Skeleton:
    """Check ``flip_idx`` against the joint names.

    Where the names say nothing of sides, the list itself says which joints change places.

    Returns:
        The skeleton, with the pairs of ``flip_idx`` where nothing else says them.

    Raises:
        DataError: If the list is broken or contradicts the names and is not to be ignored.
    """
    flips = content.get("flip_idx")
    if flips is None:
        notes.say(f"{path.name} has no flip_idx: the joints' names say what mirrors what")
        return skeleton
    broken = _broken(flips, skeleton)
    if not broken and _names_say_nothing(skeleton) and flips != sorted(flips):
        swaps = tuple((a, b) for a, b in enumerate(flips) if a < b)
        notes.say(f"joint names have no sides: mirror pairs taken from flip_idx: {swaps}")
        return replace(skeleton, swaps=swaps)
    if not broken:
        broken = [
            f"expected {right} ({skeleton.names[right]}) for {skeleton.names[joint]}, found {found}"
            f" ({skeleton.names[found]})"
            for joint, (found, right) in enumerate(zip(flips, skeleton.mirrors, strict=True))
            if found != right
        ]
    if not broken:
        return skeleton
    if ignore:
        pairs = ", ".join(f"{a} <-> {b}" for a, b in _pairs(skeleton)) or "none"
        notes.say(f"flip_idx ignored, it has {len(broken)} wrong entries; mirror pairs: {pairs}")
        return skeleton
    raise DataError(
        f"{path}: flip_idx: contradicts the joints' names, so that mirrored pictures would teach "
        f"wrong sides: {'; '.join(broken)}. Correct it, or go on with the pairs from the names by "
        "--ignore-flip-idx"
    )


def _names_of_classes(path: Path, names: object, classes: Sequence[int]) -> tuple[str, ...] | None:
    """Return the joint names that the chosen classes share; None where there are none."""
    if names is None:
        return None
    if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
        return tuple(names)
    if isinstance(names, list):
        names = dict(enumerate(names))
    lists = [names.get(index) if isinstance(names, Mapping) else None for index in classes]
    for found in lists:
        if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
            raise DataError(
                f"{path}: kpt_names: expected a list of joint names for each class, found {found!r}"
            )
        if found != lists[0]:
            raise DataError(
                f"{path}: kpt_names: expected the same joints for all chosen classes, "
                f"found {lists[0]} and {found}"
            )
    return tuple(lists[0] or ())


def _broken(flips: object, skeleton: Skeleton) -> list[str]:
    """Return why a list cannot be a mirror list at all."""
    joints = len(skeleton)
    if not isinstance(flips, list) or not all(map(is_id, flips)) or len(flips) != joints:
        return [f"expected {joints} joint indices, found {flips!r}"]
    if sorted(flips) != list(range(joints)):
        return [f"expected each index of 0..{joints - 1} once (a permutation), found {flips}"]
    return [
        f"expected {skeleton.names[found]} to lead back to {name}, found "
        f"{skeleton.names[flips[found]]} (no involution)"
        for name, found in zip(skeleton.names, flips, strict=True)
        if skeleton.names[flips[found]] != name
    ]


def _names_say_nothing(skeleton: Skeleton) -> bool:
    """Tell whether neither names nor explicit pairs say which joints change places."""
    if skeleton.swaps is not None:
        return False
    return bool(doubts(skeleton.names)) or skeleton.mirrors == tuple(range(len(skeleton)))


def _pairs(skeleton: Skeleton) -> list[tuple[str, str]]:
    return [(skeleton.names[i], skeleton.names[j]) for i, j in enumerate(skeleton.mirrors) if i < j]
