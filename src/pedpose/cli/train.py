"""``pedpose train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pedpose.cli.choices import DEVICES, TASKS, TRAINED_IN, one_of
from pedpose.cli.exit_codes import errors_to_exit_codes
from pedpose.cli.train_report import TrainReport
from pedpose.errors import ConfigError

Text = str | None
Number = float | None
Count = int | None


def train(
    context: typer.Context,
    data: Annotated[
        list[str] | None,
        typer.Option(help="COCO keypoint file, or FILE:WEIGHT; give it again to mix several."),
    ] = None,
    out: Annotated[Text, typer.Option(help="Folder of the run.")] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="YAML file of settings; flags win. A run's config.json is one, too."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Continue the run in this folder; takes no other option.")
    ] = None,
    task: Annotated[
        Text, typer.Option(help="joints (default) or person.", autocompletion=one_of(*TASKS))
    ] = None,
    val: Annotated[Text, typer.Option(help="COCO keypoint file to validate on.")] = None,
    skeleton: Annotated[
        Text, typer.Option(help="coco17 or a YAML file: limbs, swap pairs, sigmas of the joints.")
    ] = None,
    sigmas: Annotated[Text, typer.Option(help="Of OKS, one a joint: 0.05,0.1,...")] = None,
    init: Annotated[
        Text, typer.Option(help="Initial weights: shipped, FILE, imagenet or none (default).")
    ] = None,
    freeze: Annotated[
        Count, typer.Option(help="Keep the backbone's weights up to this stride; 0 trains all.")
    ] = None,
    backbone_rate: Annotated[
        Number, typer.Option(help="Learning rate of the backbone as part of the decoder's: 1.")
    ] = None,
    backbone: Annotated[
        Text,
        typer.Option(help="lite_hrnet (joints), lcnet_pan (person), plain, or one of torchvision."),
    ] = None,
    backbone_stride: Annotated[
        Count, typer.Option(help="Where one of torchvision is cut: 16 or 32 (default).")
    ] = None,
    stages: Annotated[
        Text, typer.Option(help="Of a plain backbone: WIDTHxDEPTH[xKERNEL[xSTRIDE]],...")
    ] = None,
    width: Annotated[
        Count, typer.Option(help="Channels of the decoder: 40 (joints), 48 (person).")
    ] = None,
    kernel: Annotated[Count, typer.Option(help="Side of the decoder's convolutions: 3.")] = None,
    activation: Annotated[
        Text, typer.Option(help="relu (default), leaky_relu, silu, gelu or hardswish.")
    ] = None,
    dropout: Annotated[
        Number, typer.Option(help="Part of the channels left out before the last layer: 0.")
    ] = None,
    input_size: Annotated[
        Text,
        typer.Option(help="HEIGHTxWIDTH of the input: 256x192 (joints), 320x320 (person)."),
    ] = None,
    epochs: Annotated[Number, typer.Option(help="Length of the run: 20.")] = None,
    patience: Annotated[
        Number, typer.Option(help="End after so many epochs without a better validation; 0: never.")
    ] = None,
    batch: Annotated[
        Count, typer.Option(help="Samples of a step; 0 (default): by free memory.")
    ] = None,
    workers: Annotated[
        Count, typer.Option(help="Loader processes; -1 (default): by processors.")
    ] = None,
    balance: Annotated[
        Text, typer.Option(help="Draw the rare more often: none (default), files or joints.")
    ] = None,
    lr: Annotated[
        Number, typer.Option(help="Peak learning rate: 1e-3; 3e-4 from trained weights.")
    ] = None,
    weight_decay: Annotated[Number, typer.Option(help="Of AdamW: 0.05.")] = None,
    warmup: Annotated[
        Count, typer.Option(help="Steps in which the rate rises: 200; 50 from trained weights.")
    ] = None,
    clip: Annotated[Number, typer.Option(help="Largest norm of the gradient: 5.")] = None,
    ema: Annotated[
        Number, typer.Option(help="Decay of the averaged weights: 0.999; 0.99 from trained ones.")
    ] = None,
    loss: Annotated[
        Text, typer.Option(help="Of joint heatmaps: entropy or squares; as the initial weights.")
    ] = None,
    sigma: Annotated[
        Number, typer.Option(help="Of joint heatmaps, in cells: 1.5; as the initial weights.")
    ] = None,
    min_side: Annotated[
        Number, typer.Option(help="Do not learn joints of people smaller than this, in pixels.")
    ] = None,
    distil: Annotated[
        Number, typer.Option(help="How much a teacher's heatmaps count beside the labels, 0..1.")
    ] = None,
    augment: Annotated[
        Number, typer.Option(help="Strength of the random changes of pictures, 0..1.")
    ] = None,
    mirror: Annotated[
        bool | None,
        typer.Option("--mirror/--no-mirror", help="Whether to mirror pictures at random."),
    ] = None,
    seed: Annotated[Count, typer.Option(help="Of everything random: 0.")] = None,
    device: Annotated[
        Text, typer.Option(help="auto, cpu, cuda, cuda:N or mps.", autocompletion=one_of(*DEVICES))
    ] = None,
    precision: Annotated[
        Text, typer.Option(help="fp32 (default), bf16 or fp16.", autocompletion=one_of(*TRAINED_IN))
    ] = None,
    sync_norm: Annotated[
        bool | None, typer.Option("--sync-norm", help="Share batch norm between processes.")
    ] = None,
    save_steps: Annotated[Count, typer.Option(help="Steps between saved states: 200.")] = None,
    val_epochs: Annotated[Number, typer.Option(help="Epochs between validations: 1.")] = None,
) -> None:
    """Train a joint network or a person finder; on several GPUs by torchrun -m pedpose train."""
    with errors_to_exit_codes(), TrainReport() as report:
        from pedpose.training import trainer
        from pedpose.training.settings import changed_augmentation, make_config, read_settings

        if resume is not None:
            _refuse_others(context)
            trainer.resume(resume, report)
        else:
            flags: dict[str, Any] = {
                "data": data or None,
                "out": out,
                "task": task,
                "val": val,
                "skeleton": skeleton,
                "sigmas": sigmas,
                "init": init,
                "freeze_stride": freeze,
                "backbone_rate": backbone_rate,
                "backbone": backbone,
                "backbone_stride": backbone_stride,
                "stages": None if stages is None else _parse_stages(stages),
                "width": width,
                "kernel": kernel,
                "activation": activation,
                "dropout": dropout,
                "epochs": epochs,
                "patience": patience,
                "batch_size": batch,
                "workers": workers,
                "balance": balance,
                "learning_rate": lr,
                "weight_decay": weight_decay,
                "warmup_steps": warmup,
                "clip_norm": clip,
                "ema_decay": ema,
                "loss": loss,
                "sigma": sigma,
                "min_side_px": min_side,
                "distil": distil,
                "seed": seed,
                "device": device,
                "precision": precision,
                "sync_norm": sync_norm,
                "save_steps": save_steps,
                "val_epochs": val_epochs,
            }
            given = {} if config is None else read_settings(config)
            given |= {name: value for name, value in flags.items() if value is not None}
            if input_size is not None:
                given["height_px"], given["width_px"] = _parse_size(input_size)
            if augment is not None or mirror is not None:
                given["augmentation"] = changed_augmentation(given, augment, mirror)
            trainer.train(make_config(given), report)


def _refuse_others(context: typer.Context) -> None:
    """Refuse options beside --resume, rather than let them seem to count."""
    others = []
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name) if parameter.name else None
        if source is not None and source.name == "COMMANDLINE" and parameter.name != "resume":
            others.append(parameter.opts[0])
    if others:
        raise ConfigError(
            f"--resume takes all options from the run; found {' '.join(others)} beside it"
        )


def _parse_size(text: str) -> tuple[int, int]:
    height, cross, width = text.lower().partition("x")
    if not (cross and height.isdigit() and width.isdigit()):
        raise ConfigError(f"--input-size: expected HEIGHTxWIDTH such as 256x192, found {text!r}")
    return int(height), int(width)


def _parse_stages(text: str) -> list[dict[str, int]]:
    stages = []
    for part in text.split(","):
        numbers = part.lower().split("x")
        if not 2 <= len(numbers) <= 4 or not all(number.isdigit() for number in numbers):
            raise ConfigError(
                f"--stages: expected WIDTHxDEPTH[xKERNEL[xSTRIDE]] such as 32x1, found {part!r}"
            )
        names = ("width", "depth", "kernel", "stride")
        stages.append(dict(zip(names, map(int, numbers), strict=False)))
    return stages
