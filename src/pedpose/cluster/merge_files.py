"""Join outputs that are a file a source, and those that are tables of text."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from pedpose.cluster.run_account import RunAccount
from pedpose.errors import DataError
from pedpose.files import atomic_path

PER_SOURCE = {
    "json": (".json", ".jsonl"),
    "overlay": (".jpg", ".mp4"),
    "heatmaps": (".jpg", ".mp4"),
    "mot": (".txt",),
}
"""Kinds with a folder of their own name, and the suffixes of the files in it."""

_FOR_EACH = ("json",)
"""Kinds that have a file for every source of which a frame was seen."""


def copy_files(kind: str, runs: Sequence[RunAccount], out: Path) -> None:
    """Copy the files of all sources, and nothing else that lies beside them from earlier runs.

    They are copied, not linked: who edits a result later must not change the input with it.

    Raises:
        DataError: If the file of a source is missing.
        OSError: If something cannot be read or written.
    """
    for run in runs:
        for source in run.sources:
            name = source["name"]
            paths = [Path(kind, name + suffix) for suffix in PER_SOURCE[kind]]
            there = [path for path in paths if (run.folder / path).is_file()]
            if not there and kind in _FOR_EACH and source["frames"]:
                raise DataError(
                    f"{run.folder / kind}: source {name}: expected "
                    f"{' or '.join(path.name for path in paths)}, found no such file"
                )
            for path in there:
                (out / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(run.folder / path, out / path)


def join_tables(name: str, runs: Sequence[RunAccount], out: Path) -> None:
    """Join tables of text with one line of column names.

    Raises:
        DataError: If columns differ, or a table is cut off.
        OSError: If something cannot be read or written.
    """
    with atomic_path(out / name) as temporary, temporary.open("wb") as joined:
        columns = b""
        for run in runs:
            path = run.folder / name
            with path.open("rb") as table:
                first = table.readline()
                if not columns:
                    columns = first
                    joined.write(first)
                if first != columns or not first.endswith(b"\n"):
                    raise DataError(
                        f"{path}: line 1: expected the columns {columns.decode(errors='replace')!r}"
                        f", found {first.decode(errors='replace')!r:.200}"
                    )
                shutil.copyfileobj(table, joined)
                table.seek(-1, 2)
                if table.read(1) != b"\n":
                    raise DataError(f"{path}: expected lines, found a last one that is cut off")
