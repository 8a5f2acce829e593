"""``pedpose data convert``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pedpose.cli.choices import LABEL_FORMATS, one_of
from pedpose.cli.exit_codes import errors_to_exit_codes

if TYPE_CHECKING:
    from pedpose.formats.convert import ConversionReport


def data_convert(
    sources: Annotated[
        list[Path],
        typer.Argument(help="Label file or folder; for COCO also several files, one a split."),
    ],
    out: Annotated[
        Path, typer.Option(help="A .json file or a folder (COCO), a new folder (YOLO-pose).")
    ],
    source_format: Annotated[
        str,
        typer.Option(
            "--from",
            help="auto, yolo, cvat, labelstudio, lsp, mpii, labelme or coco.",
            autocompletion=one_of(*LABEL_FORMATS),
        ),
    ] = "auto",
    target: Annotated[
        str, typer.Option("--to", help="coco or yolo.", autocompletion=one_of("coco", "yolo"))
    ] = "coco",
    images: Annotated[
        Path | None, typer.Option(help="Folder of the pictures, where they are not beside.")
    ] = None,
    skeleton: Annotated[
        str | None,
        typer.Option(help="Joint names in their order: coco17 or a YAML file with 'names'."),
    ] = None,
    category: Annotated[
        str | None, typer.Option(help="Labels or classes that are people: NAME or NAME,NAME.")
    ] = None,
    copy_pictures: Annotated[
        bool, typer.Option("--copy-pictures", help="Copy the pictures into 'images', too.")
    ] = False,
    drop_outside: Annotated[
        bool,
        typer.Option(
            "--drop-outside",
            help="Make joints outside their picture unlabelled and cut boxes at its edge.",
        ),
    ] = False,
    ignore_flip_idx: Annotated[
        bool,
        typer.Option(
            "--ignore-flip-idx", help="Go on where flip_idx contradicts the joints' names."
        ),
    ] = False,
) -> None:
    """Convert keypoint labels of other tools to COCO, or to YOLO-pose folders."""
    with errors_to_exit_codes():
        from pedpose.formats.convert import ConvertSettings, convert
        from pedpose.formats.labelled import ReadOptions
        from pedpose.skeleton_file import read_skeleton

        options = ReadOptions(
            images=images,
            skeleton=None if skeleton is None else read_skeleton(skeleton),
            categories=tuple(category.split(",")) if category else (),
            drop_outside=drop_outside,
            ignore_flip_idx=ignore_flip_idx,
        )
        settings = ConvertSettings(
            tuple(sources), out, source_format, target, copy_pictures, options
        )
        _show(convert(settings), detected=source_format == "auto")


def _show(report: ConversionReport, detected: bool) -> None:
    origin = "detected" if detected else "as told"
    typer.echo(f"format: {report.source_format} ({origin}), to {report.target}")
    typer.echo(f"joints: {len(report.joints)}: {', '.join(report.joints)}")
    for split in report.splits:
        typer.echo(
            f"{split.name}: {split.pictures} pictures, {split.people} people, "
            f"{split.joints} labelled joints"
        )
    for note in report.notes:
        typer.echo(f"note: {note}")
    for path in report.files:
        typer.echo(f"wrote: {path}")
