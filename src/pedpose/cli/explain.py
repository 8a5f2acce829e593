"""``pedpose explain``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from pedpose.cli.choices import DEVICES, one_of
from pedpose.cli.exit_codes import errors_to_exit_codes
from pedpose.cli.progress import ProgressReport
from pedpose.errors import ConfigError

_SUFFIXES = (".html", ".htm")


def explain(
    picture: Annotated[Path, typer.Argument(help="A picture with people.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The page; by default NAME.explain.html in this folder."),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="Joint network (.safetensors); the package's own by default."),
    ] = None,
    person_weights: Annotated[
        Path | None, typer.Option(help="Person finder; the package's own by default.")
    ] = None,
    person: Annotated[
        int, typer.Option(help="Which of the people that are found, best first.")
    ] = 1,
    whole_image: Annotated[
        bool, typer.Option("--whole-image", help="One person fills the picture: look for nobody.")
    ] = False,
    run: Annotated[
        Path | None,
        typer.Option(help="Folder of a training run: its weights, and how training changed them."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.", autocompletion=one_of(*DEVICES))
    ] = "auto",
) -> None:
    """Make a page of what the joint network sees in a picture, and why it says what it says."""
    with errors_to_exit_codes():
        page = out or Path(f"{picture.stem}.explain.html")
        _check_page(page)
        began = time.perf_counter()
        # Imported here: PyTorch takes seconds, and --help must not wait for it.
        from pedpose.explaining.explain import explain as measure
        from pedpose.explaining.page import write_explain_page
        from pedpose.explaining.settings import ExplainSettings

        settings = ExplainSettings(
            *(picture, weights, person_weights, person, whole_image, run, device)
        )
        with ProgressReport() as report:
            explanation = measure(settings, report.line)
        write_explain_page(page, explanation)
        typer.echo(f"device: {explanation.device}")
        typer.echo(
            f"explained: person {explanation.subject.number} of {len(explanation.subject.boxes)} "
            f"-> {page} ({page.stat().st_size / 1e6:.2f} MB, {time.perf_counter() - began:.1f} s)"
        )


def _check_page(page: Path) -> None:
    """Refuse a place that is none for a page before seconds are spent on it."""
    if page.is_dir():
        raise ConfigError(f"--out: expected a file, found a folder at {page}")
    if page.suffix.lower() not in _SUFFIXES:
        raise ConfigError(f"--out: expected a name that ends in .html, found {page}")
