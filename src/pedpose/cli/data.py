"""``pedpose data``: look after annotations before anything is learned from them."""

from __future__ import annotations

import typer

from pedpose.cli.commands import Command
from pedpose.cli.data_check import data_check
from pedpose.cli.data_convert import data_convert
from pedpose.cli.data_split import data_split
from pedpose.cli.data_stats import data_stats
from pedpose.cli.data_view import data_view

app = typer.Typer(
    name="data",
    help="Check, convert, split, measure and look at keypoint data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for name, function in (
    *(("check", data_check), ("convert", data_convert), ("split", data_split)),
    *(("view", data_view), ("stats", data_stats)),
):
    app.command(name, cls=Command)(function)
