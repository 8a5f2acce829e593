"""``pedpose data view``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pedpose.cli.exit_codes import errors_to_exit_codes
from pedpose.errors import ConfigError


def data_view(
    data: Annotated[Path, typer.Argument(help="COCO keypoint file.")],
    out: Annotated[Path, typer.Option(help="New file: a sheet (.jpg, .png) or a page (.html).")],
    images: Annotated[
        Path | None, typer.Option(help="Folder of the pictures; that of DATA by default.")
    ] = None,
    number: Annotated[int, typer.Option(help="How many people, drawn at random.")] = 24,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    only: Annotated[
        str | None, typer.Option(help="Annotation ids, separated by commas, in place of a draw.")
    ] = None,
    columns: Annotated[int, typer.Option(help="Of a sheet.")] = 6,
    whole: Annotated[
        bool, typer.Option("--whole", help="Whole pictures in place of people one by one.")
    ] = False,
) -> None:
    """Draw annotations, to look at them."""
    with errors_to_exit_codes():
        # Imported here: OpenCV takes a while, and --help must not wait for it.
        from pedpose.surveying.gallery import Choice
        from pedpose.surveying.view import view

        ids = () if only is None else _parse_ids(only)
        note = view(data, out, Choice(number, seed, ids, whole), columns, images)
    typer.echo(f"{note} -> {out}")


def _parse_ids(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(f"--only: expected ids as 12,15,101, found {text!r}") from error
