"""Join COCO results, and number the pictures anew where they count from 1 in every run."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pedpose.cluster.json_items import read_items
from pedpose.cluster.run_account import RunAccount
from pedpose.data.faults import is_id
from pedpose.errors import DataError
from pedpose.files import atomic_json_list
from pedpose.reading.files import PICTURE_SUFFIXES

IMAGES = "images.json"
RESULTS = "coco_results.json"

Ids = NDArray[np.int64]


def join_coco(runs: Sequence[RunAccount], out: Path) -> None:
    """Join the lists of pictures and of results.

    Ids stay where they are the numbers that all pictures are called by. Else they count from 1 in
    the order of files and frames, which is that of one run over the folder. Of a picture or frame
    24 bytes are kept in memory, of a result nothing.

    Raises:
        DataError: If a list is broken, or a result is of no picture.
        OSError: If something cannot be read or written.
    """
    tables = [_Table(run.folder / IMAGES) for run in runs]
    if _stems_are_ids(runs) and all(map(_is_number, (s for t in tables for s in t.stems()))):
        new = [np.array([int(stem) for stem in table.stems()], np.int64) for table in tables]
    else:
        new = _count(tables)
    with atomic_json_list(out / IMAGES) as append:
        for table, ids in zip(tables, new, strict=True):
            for image, number in zip(read_items(table.path), ids.tolist(), strict=True):
                append({**image, "id": number})
    with atomic_json_list(out / RESULTS) as append:
        for run, table, ids in zip(runs, tables, new, strict=True):
            for result in _renumbered(run.folder / RESULTS, table, ids):
                append(result)


class _Table:
    """The pictures and frames of one run, as numbers.

    Attributes:
        path: The list.
        names: The files, each once in a row.
        old: Ids in the order of the list.
    """

    def __init__(self, path: Path) -> None:
        """Read the list once.

        Raises:
            DataError: If an entry is not a picture, or an id comes twice.
        """
        self.path = path
        self.names: list[str] = []
        old, files, frames = array("q"), array("q"), array("q")
        for number, image in enumerate(read_items(path), start=1):
            name, frame = image.get("file_name"), image.get("frame", 0)
            if not (isinstance(name, str) and is_id(image.get("id")) and is_id(frame)):
                raise DataError(
                    f"{path}: entry no. {number}: expected id, file_name and maybe frame, "
                    f"found {image!r:.120}"
                )
            if not self.names or self.names[-1] != name:
                self.names.append(name)
            old.append(image["id"])
            files.append(len(self.names) - 1)
            frames.append(frame)
        self.old: Ids = np.array(old, np.int64)
        self.files: Ids = np.array(files, np.int64)
        self.frames: Ids = np.array(frames, np.int64)
        self.order = np.argsort(self.old, kind="stable")
        sorted_ids = self.old[self.order]
        twice = sorted_ids[1:][sorted_ids[1:] == sorted_ids[:-1]]
        if twice.size:
            raise DataError(f"{path}: expected each id once, found {twice[0]} a second time")

    def stems(self) -> Iterator[str]:
        """Yield the name of each picture, without folder and suffix."""
        return (PurePosixPath(self.names[file]).stem for file in self.files.tolist())

    def place(self, number: Any) -> int | None:
        """Return where in the list an id is, None for an id that is not there."""
        if not is_id(number) or not self.old.size:
            return None
        at = int(np.searchsorted(self.old, number, sorter=self.order))
        if at == len(self.old) or self.old[self.order[at]] != number:
            return None
        return int(self.order[at])


def _stems_are_ids(runs: Sequence[RunAccount]) -> bool:
    """Whether one run over everything would have named pictures by the numbers of their files."""
    numbers: set[int] = set()
    count = 0
    for run in runs:
        for source in run.sources:
            # Runs on Windows and elsewhere are told apart by nothing: both separators are taken.
            path = PureWindowsPath(source["source"])
            if not _is_number(path.stem):
                return False
            if path.suffix.lower() not in PICTURE_SUFFIXES:
                return False
            numbers.add(int(path.stem))
            count += 1
    return len(numbers) == count


def _is_number(stem: str) -> bool:
    return stem.isascii() and stem.isdigit()


def _count(tables: Sequence[_Table]) -> list[Ids]:
    """Return ids from 1 for each list, in the order of files, and of frames in them."""
    names = sorted({PurePosixPath(name).parts for table in tables for name in table.names})
    rank = {name: number for number, name in enumerate(names)}
    ranks = [
        np.array([rank[PurePosixPath(n).parts] for n in t.names], np.int64)[t.files] for t in tables
    ]
    frames = np.concatenate([table.frames for table in tables])
    order = np.lexsort((frames, np.concatenate(ranks)))
    ids = np.empty(len(order), np.int64)
    ids[order] = np.arange(1, len(order) + 1)
    return np.split(ids, np.cumsum([len(table.old) for table in tables])[:-1])


def _renumbered(path: Path, table: _Table, ids: Ids) -> Iterator[dict[str, Any]]:
    for number, result in enumerate(read_items(path), start=1):
        place = table.place(result.get("image_id"))
        if place is None:
            raise DataError(
                f"{path}: entry no. {number}: expected the image_id of a picture in {table.path}, "
                f"found {result.get('image_id')!r}"
            )
        yield {**result, "image_id": int(ids[place])}
