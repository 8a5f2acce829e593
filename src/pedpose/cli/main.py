"""The ``pedpose`` command."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from pedpose import __version__
from pedpose.cli import data
from pedpose.cli.bench import bench
from pedpose.cli.detect import detect
from pedpose.cli.evaluate import evaluate
from pedpose.cli.explain import explain
from pedpose.cli.export import export
from pedpose.cli.info import info
from pedpose.cli.merge import merge
from pedpose.cli.train import train

app = typer.Typer(
    name="pedpose",
    help="Find pedestrians and their body joints in pictures and video.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(detect)
app.command()(train)
app.command(name="eval")(evaluate)
app.command()(info)
app.command()(merge)
app.command()(export)
app.command()(explain)
app.command()(bench)
app.add_typer(data.app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pedpose {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Find pedestrians and their body joints in pictures and video."""


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal or log cannot show must not end a command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # What is wrong with a video is said by our own messages; those that OpenCV and FFmpeg print
    # beside them can be had by setting these variables.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    app()
