"""``pedpose doctor``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pedpose.cli.exit_codes import CHECKPOINT_REFUSED, GATE_FAILED, errors_to_exit_codes

if TYPE_CHECKING:
    from pedpose.doctoring.findings import Diagnosis

_MARKS = {"ok": "ok", "absent": "-", "warning": "!", "failed": "FAILED"}
_STYLES = {"ok": "green", "absent": "dim", "warning": "yellow", "failed": "bold red"}
_MARK_WIDTH = 6


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for machines.")
    ] = False,
) -> None:
    """Tell whether this installation works, and what is missing."""
    with errors_to_exit_codes():
        from pedpose.doctoring.doctor import examine

        with Console(stderr=True).status("looking ..."):
            diagnosis = examine(sys.stdout.encoding)
    if as_json:
        typer.echo(json.dumps(diagnosis.to_dict()))
    else:
        _show(diagnosis)
    if not diagnosis.weights_whole:
        raise typer.Exit(CHECKPOINT_REFUSED)
    if not diagnosis.detects:
        raise typer.Exit(GATE_FAILED)


def _show(diagnosis: Diagnosis) -> None:
    console = Console(highlight=False)
    width = max(len(finding.name) for finding in diagnosis.findings)
    area = ""
    for finding in diagnosis.findings:
        if finding.area != area:
            area = finding.area
            console.print(area, style="bold")
        mark = _MARKS[finding.state].ljust(_MARK_WIDTH)
        advice = f" -> {finding.advice}" if finding.advice else ""
        console.print(f"  {mark} ", style=_STYLES[finding.state], end="", soft_wrap=True)
        text = f"{finding.name.ljust(width)}  {finding.text}{advice}"
        console.print(text, markup=False, soft_wrap=True)
    typer.echo(_verdict(diagnosis))


def _verdict(diagnosis: Diagnosis) -> str:
    """Return the last line: whether it works."""
    if not diagnosis.weights_whole:
        return "The weights of the package are damaged: install it anew."
    if not diagnosis.detects:
        return "Detection does not work here: see what FAILED."
    if any(finding.state in ("warning", "failed") for finding in diagnosis.findings):
        return "Detection works. What is marked ! or FAILED is worth a look."
    return "Everything works."
