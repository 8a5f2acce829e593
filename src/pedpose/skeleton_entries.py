"""Entries of a skeleton that somebody wrote into a file: checked, and turned into indices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from reprlib import repr as brief
from typing import Any, TypeGuard

from pedpose.errors import DataError


def read_names(where: str, value: object) -> tuple[str, ...]:
    """Return the names of joints.

    Raises:
        DataError: If it is not a list of texts with at least one.
    """
    if not isinstance(value, list | tuple) or not value:
        raise DataError(f"{where}: expected a list of joint names, found {brief(value)}")
    for position, name in enumerate(value):
        if not isinstance(name, str) or not name.strip():
            raise DataError(f"{where}: name {position + 1}: expected text, found {brief(name)}")
    return tuple(value)


def read_limbs(where: str, value: object, joints: int) -> tuple[tuple[int, int], ...]:
    """Return 0-based pairs of the 1-based pairs of a COCO category.

    Raises:
        DataError: If an entry is no pair of joint numbers from 1 to K.
    """
    limbs = []
    for position, entry in enumerate(_list(where, value)):
        if not _is_pair(entry) or not all(
            type(joint) is int and 1 <= joint <= joints for joint in entry
        ):
            hint = ""
            if _is_pair(entry) and 0 in entry:
                hint = " (COCO counts the joints of limbs from 1)"
            raise DataError(
                f"{where}: limb {position + 1}: expected two joints from 1 to {joints}, found "
                f"{brief(entry)}{hint}"
            )
        limbs.append((entry[0] - 1, entry[1] - 1))
    return tuple(limbs)


def read_pairs(
    where: str, value: object, names: Sequence[str], by_index: bool = False
) -> tuple[tuple[int, int], ...]:
    """Return pairs of indices of pairs of joint names.

    Args:
        where: Is put before a fault.
        value: The entry.
        names: Of the joints.
        by_index: Whether indices, counted from 0, may stand for names.

    Raises:
        DataError: If an entry is no pair of joints of the skeleton.
    """
    known = {name: index for index, name in enumerate(names)}
    expected = "two joint names" + (f" or indices 0 to {len(names) - 1}" if by_index else "")
    pairs = []
    for position, entry in enumerate(_list(where, value)):
        place = f"{where}: pair {position + 1}"
        if not _is_pair(entry):
            raise DataError(f"{place}: expected {expected}, found {brief(entry)}")
        pair = []
        for joint in entry:
            if isinstance(joint, str) and joint in known:
                pair.append(known[joint])
            elif by_index and type(joint) is int and 0 <= joint < len(names):
                pair.append(joint)
            else:
                raise DataError(
                    f"{place}: expected {expected} of {brief(list(names))}, found {brief(joint)}"
                )
        pairs.append((pair[0], pair[1]))
    return tuple(pairs)


def read_sigmas(where: str, value: object, names: Sequence[str]) -> tuple[float, ...]:
    """Return K sigmas of a list in the order of the joints, or of a mapping by their names.

    Raises:
        DataError: If one is missing, too many or no number above 0.
    """
    if isinstance(value, Mapping):
        if missing := [name for name in names if name not in value]:
            raise DataError(
                f"{where}: expected one for each joint, found none for {', '.join(missing)}"
            )
        if unknown := [name for name in value if name not in names]:
            raise DataError(f"{where}: expected names of joints, found {brief(unknown[0])}")
        value = [value[name] for name in names]
    if not isinstance(value, list | tuple) or len(value) != len(names):
        found = len(value) if isinstance(value, list | tuple) else brief(value)
        raise DataError(f"{where}: expected {len(names)} sigmas, found {found}")
    for name, sigma in zip(names, value, strict=True):
        if (
            not isinstance(sigma, int | float)
            or isinstance(sigma, bool)
            or not 0 < sigma < math.inf
        ):
            raise DataError(f"{where}: {name}: expected a number above 0, found {brief(sigma)}")
    return tuple(float(sigma) for sigma in value)


def _list(where: str, value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise DataError(f"{where}: expected a list of pairs, found {brief(value)}")
    return value


def _is_pair(entry: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(entry, list | tuple) and len(entry) == 2
