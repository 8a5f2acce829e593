"""``pedpose data split``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import TaskID
from rich.table import Table

from pedpose.cli.exit_codes import errors_to_exit_codes
from pedpose.cli.progress import ProgressReport
from pedpose.cli.tables import show_lines

if TYPE_CHECKING:
    from pedpose.data.split import SplitResult

_FORMED_BY = {
    "near": "pictures that look alike or come from one original",
    "video": "file names that differ in the frame number only",
    "folder": "folder",
}


def data_split(
    data: Annotated[
        list[Path],
        typer.Argument(help="COCO keypoint files; several are split as if they were one."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for one JSON file a part.")],
    parts: Annotated[
        str, typer.Option(help="Names and shares, which add up to 1.")
    ] = "train=0.8,val=0.1,test=0.1",
    group: Annotated[
        str,
        typer.Option(help="What must not come apart: some of near,video,folder, or all, or none."),
    ] = "near,video",
    seed: Annotated[int, typer.Option(help="Of the choice among equal groups.")] = 0,
    images: Annotated[
        Path | None, typer.Option(help="Folder of the pictures; that of DATA by default.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object at the end, for machines.")
    ] = False,
) -> None:
    """Split annotations into parts that share no video and no near-duplicate."""
    with errors_to_exit_codes():
        # Imported here: OpenCV takes a while, and --help must not wait for it.
        from pedpose.data.picture_groups import parse_kinds
        from pedpose.data.split import SplitConfig, parse_parts, split

        config = SplitConfig(out, parse_parts(parts), parse_kinds(group), seed, images)
        with _LookReport(as_json) as report:
            result = split(data, config, report.advance)
    if as_json:
        typer.echo(json.dumps({"seed": seed, **asdict(result)}, default=str))
    else:
        _show(Console(), result)


class _LookReport(ProgressReport):
    """A bar while pictures are looked at."""

    def __init__(self, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._task: TaskID | None = None

    def advance(self, total: int) -> None:
        """Count one picture of so many."""
        if self._task is None:
            self._task = self.bar.add_task("pictures", total=total)
        self.bar.advance(self._task)


def _show(console: Console, result: SplitResult) -> None:
    kinds = " and ".join(_FORMED_BY[kind] for kind in result.kinds) or "nothing: each for itself"
    lines = [
        f"groups: {result.groups}, formed by {kinds}",
        f"largest: {result.largest} pictures, {result.largest_name}",
    ]
    if result.unnamed:
        lines.append(
            f"note: the names of {result.unnamed} pictures tell of no video; "
            "where each folder is one video, give --group near,video,folder"
        )
    show_lines(console, lines)
    table = Table("part", "pictures", "people", "labelled", "groups", "share", "asked for")
    table.columns[0].overflow = "fold"
    for part in result.parts:
        numbers = (part.pictures, part.people, part.labelled, part.groups)
        shares = (f"{part.share:.1%}", f"{part.wanted:.1%}")
        table.add_row(escape(part.name), *map(str, numbers), *shares)
    console.print(table)
    crowds = Table("pictures with ... people", *(escape(part.name) for part in result.parts))
    for name in [
        n for n in result.parts[0].crowding if any(part.crowding[n] for part in result.parts)
    ]:
        of_parts = tuple(f"{part.crowding[name] / part.pictures:.1%}" for part in result.parts)
        crowds.add_row(name, *of_parts)
    console.print(crowds)
    show_lines(
        console,
        [
            *(f"written: {part.path}" for part in result.parts),
            f"groups with pictures in two parts: {result.in_two_parts}",
        ],
    )
