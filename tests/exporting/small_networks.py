"""Small networks with something to find, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from click.testing import Result
from torch import nn
from typer.testing import CliRunner

from pedpose.cli.main import app
from pedpose.model.architecture import PERSON_CHANNELS, Architecture, Stage
from pedpose.model.checkpoint import Checkpoint, save_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.skeleton import Skeleton

SKELETON = Skeleton(names=("head", "left_hand", "right_hand"))

_STAGES = (Stage(8, 1),) * 3


@dataclass(frozen=True)
class Files:
    """Weights and exports of a joint network of 64 x 48 pixels and a person finder."""

    joints: Path
    person: Path
    joints_onnx: Path
    person_onnx: Path


def run(*arguments: object) -> Result:
    """Run the command line."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def done(*arguments: object) -> str:
    """Run a command that must succeed; return what it printed."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(code: int, arguments: Sequence[object], *messages: str) -> None:
    """Run a command that must end with an exit code and one error that says why."""
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert result.output.count("error: ") == 1, result.output
    for message in messages:
        assert message in result.output


def export_all(folder: Path) -> Files:
    """Write the networks, and export both to ONNX."""
    torch.manual_seed(0)
    joints = HeatmapCNN(
        Architecture("joints", 3, "plain", 8, 8, height_px=64, width_px=48, stages=_STAGES)
    )
    person = HeatmapCNN(
        Architecture(
            "person", PERSON_CHANNELS, "plain", 8, 8, height_px=96, width_px=96, stages=_STAGES
        )
    )
    # Untrained networks see nothing anywhere; strong heads make peaks of what they see.
    nn.init.normal_(joints.head.weight, std=3.0)
    nn.init.normal_(person.head.weight[:1], std=3.0)
    save_checkpoint(folder / "joints.safetensors", Checkpoint(joints, SKELETON))
    save_checkpoint(folder / "person.safetensors", Checkpoint(person, None))
    made = [folder / f"{task}.onnx" for task in ("joints", "person")]
    for path in made:
        done("export", path.with_suffix(".safetensors"), "--out", path)
    return Files(folder / "joints.safetensors", folder / "person.safetensors", *made)
