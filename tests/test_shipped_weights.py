"""What the weights in the package can do must not get lost unnoticed."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pedpose.cli.main import app
from pedpose.model.checkpoint import load_checkpoint
from pedpose.shipped import shipped_weights
from pedpose.skeleton import COCO_17

SAMPLES = Path(__file__).parents[1] / "samples" / "samples.json"


def gate(data: Path, boxes: str, *limits: str) -> None:
    """Evaluate the shipped weights and demand what is given."""
    options = ["--data", str(data), "--boxes", boxes, "--device", "cpu", "--resamples", "100"]
    demands = [part for limit in limits for part in ("--min", limit)]
    done = CliRunner().invoke(app, ["eval", *options, *demands])
    assert done.exit_code == 0, done.output


def test_joints_and_people_are_found_in_rendered_pictures():
    gate(SAMPLES, "gt", "ap=0.6", "pck@0.2=0.9")
    gate(SAMPLES, "detected", "ap=0.5", "ar=0.5")


def test_joints_are_found_in_photographs(shared: Path):
    gate(shared / "data/coco/dev.json", "gt", "ap=0.62", "pck@0.2=0.92", "pck@0.2/left_wrist=0.85")


def test_people_are_found_in_photographs(shared: Path):
    gate(shared / "data/coco/dev.json", "detected", "ap=0.53", "ap50=0.72")


def test_the_files_say_what_they_are():
    joints, person = (load_checkpoint(shipped_weights(task)) for task in ("joints", "person"))
    assert joints.skeleton == COCO_17
    assert set(joints.calibration) == {"joints", "people"}
    assert person.network.architecture.task == "person"
    for checkpoint in (joints, person):
        assert checkpoint.training["config"]["data"]
        assert checkpoint.metrics


@pytest.mark.parametrize("task", ["joints", "person"])
def test_the_files_are_small(task: str):
    assert shipped_weights(task).stat().st_size < 5_000_000
