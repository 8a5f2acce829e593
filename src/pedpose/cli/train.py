"""``pedpose train``."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from pedpose.cli.exit_codes import errors_to_exit_codes
from pedpose.cli.progress import ProgressReport
from pedpose.errors import ConfigError

_LINE_EVERY_S = 30.0

# Backbone, width and input size of the shipped weights, which --init takes unless told otherwise.
_SHIPPED_AS = {
    "joints": ("lite_hrnet", 40, "256x192"),
    "person": ("lcnet_pan", 48, "320x320"),
}


def train(
    context: typer.Context,
    data: Annotated[
        list[str] | None,
        typer.Option(help="COCO keypoint file, or FILE:WEIGHT; give it again to mix several."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run.")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Continue the run in this folder; takes no other option.")
    ] = None,
    task: Annotated[str, typer.Option(help="joints or person.")] = "joints",
    val: Annotated[Path | None, typer.Option(help="COCO keypoint file to validate on.")] = None,
    backbone: Annotated[
        str | None,
        typer.Option(help="lite_hrnet (joints), lcnet_pan (person) or a torchvision network."),
    ] = None,
    backbone_stride: Annotated[
        int, typer.Option(help="Where one of torchvision is cut: 16 or 32.")
    ] = 32,
    width: Annotated[
        int | None, typer.Option(help="Channels of the decoder: 40 (joints), 48 (person).")
    ] = None,
    input_size: Annotated[
        str | None,
        typer.Option(help="HEIGHTxWIDTH of the input: 256x192 (joints), 320x320 (person)."),
    ] = None,
    init: Annotated[str, typer.Option(help="Initial weights: FILE, imagenet or none.")] = "none",
    freeze: Annotated[
        int, typer.Option(help="Keep the backbone's weights up to this stride; 0 trains all.")
    ] = 0,
    min_side: Annotated[
        float, typer.Option(help="Do not learn joints of people smaller than this, in pixels.")
    ] = 0.0,
    distil: Annotated[
        float, typer.Option(help="How much a teacher's heatmaps count beside the labels, 0..1.")
    ] = 0.0,
    epochs: Annotated[float, typer.Option(help="Length of the run.")] = 20.0,
    batch: Annotated[int, typer.Option(help="Samples of a step.")] = 32,
    lr: Annotated[float, typer.Option(help="Peak learning rate.")] = 1e-3,
    weight_decay: Annotated[float, typer.Option(help="Of AdamW.")] = 0.05,
    warmup: Annotated[int, typer.Option(help="Steps in which the rate rises.")] = 200,
    clip: Annotated[float, typer.Option(help="Largest norm of the gradient.")] = 5.0,
    ema: Annotated[float, typer.Option(help="Decay of the averaged weights.")] = 0.999,
    loss: Annotated[str, typer.Option(help="Of joint heatmaps: entropy or squares.")] = "entropy",
    sigma: Annotated[float, typer.Option(help="Of joint heatmaps, in cells.")] = 1.5,
    augment: Annotated[
        float, typer.Option(help="Strength of the random changes of pictures, 0..1.")
    ] = 1.0,
    mirror: Annotated[
        bool, typer.Option("--mirror/--no-mirror", help="Whether to mirror pictures at random.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    workers: Annotated[int, typer.Option(help="Loader processes.")] = 2,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="fp32, bf16 or fp16.")] = "fp32",
    save_steps: Annotated[int, typer.Option(help="Steps between saved states.")] = 200,
    val_epochs: Annotated[float, typer.Option(help="Epochs between validations.")] = 1.0,
) -> None:
    """Train a joint network or a person finder."""
    with errors_to_exit_codes(), _TrainReport() as report:
        from pedpose.data.augment import Augmentation
        from pedpose.data.mixing import WeightedFile
        from pedpose.training import trainer
        from pedpose.training.config import TrainConfig

        if resume is not None:
            _refuse_others(context)
            result = trainer.resume(resume, report)
        else:
            if not data or out is None:
                given = " ".join(_given_options(context)) or "none of them"
                raise ConfigError(f"expected --data and --out, or --resume; found {given}")
            augmentation = Augmentation().scaled(augment)
            kind = _parse_task(task)
            shipped_backbone, shipped_width, shipped_size = _SHIPPED_AS[kind]
            height, across = _parse_size(input_size or shipped_size)
            config = TrainConfig(
                data=tuple(WeightedFile.parse(text) for text in data),
                out=out,
                task=kind,
                val=val,
                backbone=backbone or shipped_backbone,
                backbone_stride=backbone_stride,
                width=shipped_width if width is None else width,
                height_px=height,
                width_px=across,
                init=init,
                freeze_stride=freeze,
                min_side_px=min_side,
                distil=distil,
                epochs=epochs,
                batch_size=batch,
                learning_rate=lr,
                weight_decay=weight_decay,
                warmup_steps=warmup,
                clip_norm=clip,
                ema_decay=ema,
                loss=loss,
                sigma=sigma,
                seed=seed,
                workers=workers,
                device=device,
                precision=precision,
                save_steps=save_steps,
                val_epochs=val_epochs,
                augmentation=augmentation if mirror else replace(augmentation, mirror_chance=0.0),
            )
            result = trainer.train(config, report)
    typer.echo(f"last weights: {result.last}")
    if result.best is not None:
        typer.echo(f"best weights: {result.best}")


def _given_options(context: typer.Context) -> list[str]:
    """Return the names of the options on the command line."""
    given = []
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name) if parameter.name else None
        if source is not None and source.name == "COMMANDLINE":
            given.append(parameter.opts[0])
    return given


def _refuse_others(context: typer.Context) -> None:
    """Refuse options beside --resume, rather than let them seem to count."""
    others = [name for name in _given_options(context) if name != "--resume"]
    if others:
        raise ConfigError(
            f"--resume takes all options from the run; found {' '.join(others)} beside it"
        )


def _parse_size(text: str) -> tuple[int, int]:
    height, cross, width = text.lower().partition("x")
    if not (cross and height.isdigit() and width.isdigit()):
        raise ConfigError(f"--input-size: expected HEIGHTxWIDTH such as 256x192, found {text!r}")
    return int(height), int(width)


def _parse_task(text: str) -> Literal["joints", "person"]:
    if text == "joints":
        return "joints"
    if text == "person":
        return "person"
    raise ConfigError(f"--task: expected joints or person, found {text!r}")


class _TrainReport(ProgressReport):
    """A bar with the loss on a terminal, a line now and then when piped."""

    def __init__(self) -> None:
        super().__init__(Console())
        self._task = self.bar.add_task("training", total=None)
        self._loss: float | None = None
        self._began: tuple[int, float] | None = None
        self._printed = 0.0

    def note(self, text: str) -> None:
        """Print a fact."""
        self.line(text)

    def step(self, step: int, total: int, loss: float, rate: float) -> None:
        """Show the running mean of the loss."""
        self._loss = loss if self._loss is None else 0.98 * self._loss + 0.02 * loss
        shown = f"loss {self._loss:.4f} lr {rate:.1e}"
        self.bar.update(self._task, completed=step, total=total, description=shown)
        now = time.monotonic()
        if self._began is None:
            self._began = (step, now)
        if not self.console.is_terminal and now - self._printed >= _LINE_EVERY_S:
            first, start = self._began
            pace = (step - first) / (now - start) if step > first else 0.0
            left = f", {(total - step) / pace / 60:.0f} min left" if pace else ""
            self.line(f"step {step}/{total}: {shown}{left}")
            self._printed = now

    def validated(self, step: int, metrics: dict[str, float], best: bool) -> None:
        """Print the figures of a validation."""
        figures = ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())
        self.line(f"validation after step {step}: {figures}{' (best)' if best else ''}")
