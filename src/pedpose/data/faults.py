"""Faults of a JSON file, collected so that a user sees them all at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeGuard

import numpy as np

from pedpose.errors import DataError

_SHOWN_FAULTS = 10
_SHOWN_CHARACTERS = 80
_LARGEST = 1e15  # stays finite as float32, where larger JSON numbers would become infinite


class Faults:
    """What is wrong with one file."""

    def __init__(self, path: Path) -> None:
        """Start without faults."""
        self.path = path
        self._found: list[str] = []

    def __len__(self) -> int:
        """Return the number of faults so far."""
        return len(self._found)

    def add(self, where: str, expected: str, found: object) -> None:
        """Note one fault: the entry it is in, what was expected and the value that was found."""
        self._found.append(f"{where}: expected {expected}, found {_brief(found)}")

    def stop(self) -> None:
        """Go on only where there is no fault.

        Raises:
            DataError: With the file's name before each fault, the first ten in full.
        """
        if not self._found:
            return
        shown = self._found[:_SHOWN_FAULTS]
        if len(self._found) > len(shown):
            shown.append(f"... and {len(self._found) - len(shown)} more faults")
        raise DataError("\n".join(f"{self.path}: {fault}" for fault in shown))


def is_number(value: object) -> bool:
    """Tell whether a JSON value is a number that a coordinate can be: neither NaN nor endless."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def is_id(value: object) -> TypeGuard[int]:
    """Tell whether a JSON value is a whole number of 64 bits, as ids are."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def are_numbers(values: object, count: int) -> TypeGuard[list[float]]:
    """Tell whether a JSON value is a list of so many finite numbers."""
    return isinstance(values, list) and len(values) == count and all(map(is_number, values))


def corners_of(box: Sequence[float]) -> list[float]:
    """Return x1, y1, x2, y2 of x, y, width, height."""
    x, y, width, height = box
    return [x, y, x + width, y + height]


def has_size(corners: Sequence[float]) -> bool:
    """Tell whether x2 > x1 and y2 > y1 in the 32 bits that a box is kept in."""
    x1, y1, x2, y2 = np.array(corners, np.float32).tolist()
    return bool(x2 > x1 and y2 > y1)


def _brief(value: object) -> str:
    """Describe a found value without flooding the terminal."""
    if isinstance(value, list) and len(value) > 6:
        odd = next((v for v in value if not is_number(v)), None)
        return f"{len(value)} values" + ("" if odd is None else f" with {_brief(odd)} among them")
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
