"""Read the long JSON lists that pedpose writes, an item at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pedpose.errors import DataError

_LONGEST = 16 * 2**20


def read_items(path: Path) -> Iterator[dict[str, Any]]:
    r"""Yield the objects of a list that is written one item a line, as ``atomic_json_list`` does.

    Only one line is in memory at a time, however long the list is.

    Raises:
        DataError: If the file is written in another form, or is cut off.
        OSError: If it cannot be read.
    """
    with path.open(encoding="utf-8", newline="\n") as file:
        line = file.readline(_LONGEST)
        if line == "[]\n":
            _expect_end(path, file.readline(_LONGEST))
            return
        if line != "[\n":
            raise _fault(path, 1, "a list with one item a line, as pedpose writes it", line)
        number, more = 1, True
        while more:
            number += 1
            line = file.readline(_LONGEST)
            more = line.endswith(",\n")
            try:
                item = json.loads(line.removesuffix("\n").removesuffix(","))
            except ValueError as error:
                raise _fault(path, number, "an item as JSON", line) from error
            if not isinstance(item, dict):
                raise _fault(path, number, "an object", line)
            yield item
        line = file.readline(_LONGEST)
        if line != "]\n":
            raise _fault(path, number + 1, "the end of the list", line)
        _expect_end(path, file.readline(_LONGEST))


def _expect_end(path: Path, line: str) -> None:
    if line:
        raise DataError(f"{path}: expected nothing after the list, found {line!r:.80}")


def _fault(path: Path, number: int, expected: str, line: str) -> DataError:
    return DataError(f"{path}: line {number}: expected {expected}, found {line!r:.80}")
