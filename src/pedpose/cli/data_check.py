"""``pedpose data check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pedpose.checking.settings import OUTLIERS, CheckSettings
from pedpose.cli.exit_codes import INVALID_INPUT, errors_to_exit_codes
from pedpose.cli.progress import StepsReport
from pedpose.errors import ConfigError
from pedpose.files import to_json


def data_check(
    data: Annotated[
        list[Path], typer.Argument(help="COCO keypoint files, each a split: train.json val.json.")
    ],
    images: Annotated[
        Path | None, typer.Option(help="Folder of the pictures; that of each file by default.")
    ] = None,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="Open no picture: only the files are checked.")
    ] = False,
    weights: Annotated[
        str | None,
        typer.Option(help="Joint network, or 'shipped', to give its opinion on left and right."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="For the network: auto, cpu, cuda, cuda:N or mps.")
    ] = "auto",
    outliers: Annotated[
        int, typer.Option(help="Most outliers that are listed, the furthest out first.")
    ] = OUTLIERS,
    fix: Annotated[
        Path | None,
        typer.Option(help="Folder for corrected copies; no file given is ever changed."),
    ] = None,
    fix_leaks: Annotated[
        bool,
        typer.Option(
            "--fix-leaks", help="Leave pictures of an earlier split out of the later copy."
        ),
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings, too.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Print all findings, not the first of each kind.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for machines.")
    ] = False,
) -> None:
    """Find what is wrong with annotations; exit 3 where there are errors."""
    with errors_to_exit_codes():
        # Imported here: OpenCV takes a while, and --help must not wait for it.
        from pedpose.checking.check import check
        from pedpose.checking.fix import fix as write_fixed
        from pedpose.checking.report_text import fixed_lines, report_lines
        from pedpose.shipped import shipped_weights

        if fix_leaks and fix is None:
            raise ConfigError("--fix-leaks needs --fix OUT")
        network = None if weights is None else Path(weights)
        if weights == "shipped":
            network = shipped_weights("joints")
        settings = CheckSettings(images, not no_pictures, outliers, network, device)
        with StepsReport(as_json) as progress:
            if fix is None:
                before = after = check(data, settings, progress.step)
                content, lines = before.to_dict(), []
            else:
                fixed = write_fixed(data, settings, fix, fix_leaks, progress.step)
                before, after = fixed.before, fixed.after
                content, lines = fixed.to_dict(), list(fixed_lines(fixed))
        if as_json:
            typer.echo(to_json({**content, "passed": after.passed(strict), "strict": strict}))
        else:
            for line in (*report_lines(before, everything), *lines):
                typer.echo(line)
    if not after.passed(strict):
        raise typer.Exit(INVALID_INPUT)
