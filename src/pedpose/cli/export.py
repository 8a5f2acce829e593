"""``pedpose export``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import TaskID
from rich.table import Table

from pedpose.cli.choices import one_of
from pedpose.cli.exit_codes import errors_to_exit_codes
from pedpose.cli.progress import ProgressReport

if TYPE_CHECKING:
    from pedpose.exporting.export import ExportResult

_LOG_WIDTH = 110


def export(
    weights: Annotated[
        Path,
        typer.Argument(
            help="A weights file (.safetensors), or joints or person: those of the package."
        ),
    ],
    form: Annotated[
        str,
        typer.Option(
            "--format", help="onnx or openvino.", autocompletion=one_of("onnx", "openvino")
        ),
    ] = "onnx",
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to make; by default named after the weights, in this folder. What is "
            "there stays unless the new file passes."
        ),
    ] = None,
    precision: Annotated[
        str, typer.Option(help="fp32, fp16 (half the file) or, for openvino, int8.")
    ] = "fp32",
    size: Annotated[
        str | None,
        typer.Option(
            help="Input of a person finder: HxW, or any (the default). Joint networks have theirs."
        ),
    ] = None,
    decode: Annotated[
        bool,
        typer.Option("--decode", help="Return joints or people in pixels in place of maps."),
    ] = False,
    data: Annotated[Path | None, typer.Option(help="COCO keypoint file to compare AP on.")] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of its pictures; that of the file by default.")
    ] = None,
    calibrate: Annotated[
        list[Path] | None,
        typer.Option(
            help="For int8: a picture, a folder of them or a COCO file, whose people the network "
            "will be like; can be given several times. Not the pictures of --data."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for machines.")
    ] = False,
) -> None:
    """Make a file for ONNX Runtime or OpenVINO; refuse one that differs from its weights."""
    with errors_to_exit_codes():
        # Imported here: PyTorch takes seconds, and --help must not wait for it.
        from pedpose.exporting.export import export as make
        from pedpose.exporting.settings import ExportSettings

        settings = ExportSettings(
            *(weights, out, form, precision, size, decode, data, images),
            calibrate=tuple(calibrate or ()),
        )
        with _ExportProgress(quiet=as_json) as progress:
            result = make(settings, progress.step)
    if as_json:
        typer.echo(json.dumps(result.to_dict()))
    else:
        _show(result)


def _show(result: ExportResult) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=_LOG_WIDTH)
    people = "people" if result.task == "person" else "joints"
    for check in result.checks:
        typer.echo(f"device: {check.device}, runtime: {check.runtime}")
    table = Table("runtime", "heatmap", "score", "shift px", "95 %", people, "AP", "change")
    for check in result.checks:
        found = check.differences
        ap = ("not measured", "")
        if check.ap is not None and result.source_ap is not None:
            ap = (f"{check.ap:.4f}", f"{check.ap - result.source_ap:+.4f}")
        table.add_row(
            check.runtime,
            "decoded" if found.heatmap is None else f"{found.heatmap:.2g}",
            f"{found.score:.2g}",
            f"{found.shift:.2g}",
            f"{found.shift_p95:.2g}",
            str(found.measured),
            *ap,
        )
    console.print(table)
    typer.echo(_summary(result))


def _summary(result: ExportResult) -> str:
    """Return the last line: the worst of all checks."""
    found = [check.differences for check in result.checks]
    heat = max((d.heatmap for d in found if d.heatmap is not None), default=None)
    moved = "box shift" if result.task == "person" else "joint shift"
    parts = [
        f"exported: {result.path} ({result.bytes / 1e6:.1f} MB)",
        "maps are decoded inside" if heat is None else f"maximum heatmap difference {heat:.2g}",
        f"{moved} at most {max(d.shift for d in found):.2g} px, "
        f"{max(d.shift_p95 for d in found):.2g} px of 95 %",
    ]
    if not any(d.measured for d in found):
        parts[-1] = f"{moved} not measured: the weights are sure of nobody in the crops"
    least = min((check.ap for check in result.checks if check.ap is not None), default=None)
    if least is None or result.source_ap is None:
        parts.append("AP was not measured (give --data)")
    else:
        parts.append(f"AP {least:.4f}, of the source {result.source_ap:.4f}")
    return ", ".join(parts)


class _ExportProgress(ProgressReport):
    """A bar for each step."""

    def __init__(self, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._tasks: dict[str, TaskID] = {}

    def step(self, name: str, done: int, total: int) -> None:
        """Show how far a step is."""
        if name not in self._tasks:
            self._tasks[name] = self.bar.add_task(name, total=total)
        self.bar.update(self._tasks[name], completed=done)
