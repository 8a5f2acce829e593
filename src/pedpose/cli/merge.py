"""``pedpose merge``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pedpose.cli.exit_codes import PARTLY_DONE, errors_to_exit_codes, show_error


def merge(
    folders: Annotated[list[Path], typer.Argument(help="Folders of results, as of shards.")],
    out: Annotated[Path, typer.Option(help="New or empty folder for the joined results.")],
    partial: Annotated[
        bool, typer.Option("--partial", help="Join also where shards are missing or interrupted.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for machines.")
    ] = False,
) -> None:
    """Join the results of shards, or of several runs with the same settings."""
    with errors_to_exit_codes():
        # Imported here: NumPy and OpenCV take a while, and --help must not wait for them.
        from pedpose.cluster.merge import merge as join

        totals = join(folders, out, partial)
    if as_json:
        typer.echo(json.dumps({"out": str(out), **asdict(totals)}))
    else:
        for failure in totals.failed:
            show_error(failure["error"])
        typer.echo(
            f"{totals.people} people in {totals.frames} frames of {totals.sources} sources "
            f"({len(totals.failed)} failed) from {totals.runs} folders -> {out}"
        )
    if totals.failed:
        raise typer.Exit(PARTLY_DONE)
