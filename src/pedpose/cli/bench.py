"""``pedpose bench``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pedpose.cli.choices import DEVICES, RUNTIMES, one_of, some_of
from pedpose.cli.exit_codes import PARTLY_DONE, errors_to_exit_codes, show_error
from pedpose.cli.progress import ProgressReport
from pedpose.errors import ConfigError
from pedpose.files import check_writable


def bench(
    picture: Annotated[
        Path | None,
        typer.Argument(help="A picture with people; one that comes with pedpose by default."),
    ] = None,
    people: Annotated[str, typer.Option(help="Numbers of people.")] = "1,3,10,30",
    size: Annotated[
        str, typer.Option(help="Sizes that the picture is resized to, as 640x480,1280x720.")
    ] = "640x480",
    runtime: Annotated[
        str,
        typer.Option(
            help="all that are installed; some of torch,onnx,openvino; or auto, that of detect.",
            autocompletion=some_of("all", *RUNTIMES),
        ),
    ] = "all",
    precision: Annotated[
        str | None,
        typer.Option(
            help="Some of auto,fp32,bf16,fp16; by default auto, and fp32 where that is another one."
        ),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Joint network; the package's own by default.")
    ] = None,
    person_weights: Annotated[
        Path | None, typer.Option(help="Person finder; the package's own by default.")
    ] = None,
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.", autocompletion=one_of(*DEVICES))
    ] = "auto",
    batch: Annotated[
        int | None,
        typer.Option(help="Most crops that are run at once; by default what suits the device."),
    ] = None,
    repeats: Annotated[int, typer.Option(help="How often everything is measured.")] = 20,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="File for everything that was measured, every sample too."),
    ] = None,
) -> None:
    """Measure how fast this machine is: each stage, each runtime, memory and cold start."""
    with errors_to_exit_codes():
        # Imported here: this takes its time, and --help must not wait for it.
        from pedpose.benching.bench import bench as measure
        from pedpose.benching.record import bench_record
        from pedpose.benching.settings import (
            BenchSettings,
            parse_names,
            parse_people,
            parse_sizes,
        )
        from pedpose.benching.table import report_lines
        from pedpose.files import write_json

        settings = BenchSettings(
            picture=picture,
            people=parse_people(people),
            sizes=parse_sizes(size),
            runtimes=None if runtime == "all" else parse_names(runtime),
            precisions=None if precision is None else parse_names(precision),
            weights=weights,
            person_weights=person_weights,
            device=device,
            batch=batch,
            repeats=repeats,
        )
        if json_file is not None:
            _check_free(json_file, [picture, weights, person_weights])
        with _BenchProgress() as progress:
            result = measure(settings, progress.step)
        if json_file is not None:
            write_json(json_file, bench_record(result))
        typer.echo("\n".join(report_lines(result)))
    for name, reason in result.failed:
        show_error(f"{name}: {reason}")
    if result.failed:
        raise typer.Exit(PARTLY_DONE)


def _check_free(file: Path, inputs: list[Path | None]) -> None:
    """Refuse a file that cannot be written before minutes are spent on measuring."""
    if file.is_dir():
        raise ConfigError(f"--json: expected a file, found a folder at {file}")
    if any(path is not None and path.resolve() == file.resolve() for path in inputs):
        raise ConfigError(f"--json: {file} is read here: choose another file")
    check_writable(file)


class _BenchProgress(ProgressReport):
    """One bar for all processes, or a line for each."""

    def __init__(self) -> None:
        super().__init__()
        self._task = self.bar.add_task("bench", total=None)

    def step(self, text: str, done: int, total: int | None) -> None:
        """Show what is done next."""
        self.bar.update(self._task, description=text, completed=done, total=total)
        if not self.console.is_terminal:
            self.line(text)
