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
from pedpose.cli.commands import Command, Group
from pedpose.cli.detect import detect
from pedpose.cli.doctor import doctor
from pedpose.cli.evaluate import evaluate
from pedpose.cli.explain import explain
from pedpose.cli.export import export
from pedpose.cli.info import info
from pedpose.cli.learn import learn
from pedpose.cli.merge import merge
from pedpose.cli.output import exit_after
from pedpose.cli.start import start_text
from pedpose.cli.train import train

app = typer.Typer(
    name="pedpose",
    cls=Group,
    help="Find pedestrians and their body joints in pictures and video.",
    invoke_without_command=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    pretty_exceptions_enable=False,
)
for name, function in (
    *(("detect", detect), ("train", train), ("eval", evaluate), ("info", info)),
    *(("merge", merge), ("export", export), ("explain", explain), ("bench", bench)),
    *(("learn", learn), ("doctor", doctor)),
):
    app.command(name, cls=Command)(function)
app.add_typer(data.app, cls=Group)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pedpose {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Find pedestrians and their body joints in pictures and video."""
    if context.invoked_subcommand is None:
        typer.echo(start_text())


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
    exit_after(app)
