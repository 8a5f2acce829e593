"""``pedpose info`` for people and for programs, on real files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner, Result

from pedpose.calibration import Calibration
from pedpose.cli.main import app
from pedpose.files import sha256_of
from pedpose.model.architecture import Architecture, Stage
from pedpose.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pedpose.model.convolutions import convolution_lines, convolutions
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.summary import summarise, summary_lines
from pedpose.pictures import read_picture
from pedpose.skeleton import Skeleton

WEIGHTS = Path(__file__).resolve().parents[2] / "weights"
JOINTS, PERSON = WEIGHTS / "joints.safetensors", WEIGHTS / "person.safetensors"
FIVE = Skeleton(
    ("tip", "left_a", "right_a", "left_b", "right_b"),
    ((0, 1), (0, 2), (1, 3), (2, 4)),
)
TRAINING = {
    "config": {
        "data": [{"path": "train.json", "weight": 2.0}, {"path": "more.json", "weight": 0.5}],
        "val": "val.json",
        "width": 4,
        "learning_rate": 0.001,
        "sigmas": None,
        "stages": [],
        "augmentation": {"rotation": 30.0, "scale": [0.75, 1.25]},
    },
    "step": 1200,
    "total_steps": 1500,
    "seconds": 3725,
    "note": "by hand",
}


def info(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["info", *map(str, arguments)])


def page(*arguments: object) -> str:
    result = info(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Write a tiny network."""

    def write(skeleton: Skeleton = FIVE, **told: object) -> Path:
        torch.manual_seed(0)
        stages = (Stage(4, 1), Stage(4, 1))
        network = HeatmapCNN(Architecture("joints", len(skeleton), "plain", 4, 4, 64, 32, stages))
        path = tmp_path / "tiny.safetensors"
        save_checkpoint(path, Checkpoint(network, skeleton, **told))
        return path

    return write


def row_of(text: str, name: str) -> str:
    """Return what a line says behind its name."""
    found = [line.split(name, 1)[1] for line in text.splitlines() if line.strip().startswith(name)]
    assert len(found) == 1, (name, found)
    return found[0].strip()


def test_the_page_of_the_shipped_joint_network():
    text = page(JOINTS)
    assert row_of(text, "SHA-256") == sha256_of(JOINTS)
    assert row_of(text, "size") == f"{JOINTS.stat().st_size / 1e6:.2f} MB (2,925,010 bytes)"
    assert row_of(text, "task").startswith("joints: ")
    assert row_of(text, "backbone   ") == "lite_hrnet, stride 32"
    assert row_of(text, "output") == "17 maps of 48 x 64 cells, stride 4"
    assert row_of(text, "parameters") == "1,334,745"
    assert row_of(text, "GFLOPs").startswith("0.703 ")
    assert row_of(text, "sees") == (
        "each cell of the output can depend on 975 x 975 pixels, more than the picture has"
    )
    network = load_checkpoint(JOINTS).network
    assert "\n".join(summary_lines(summarise(network))) in text
    assert "skeleton: 17 joints, 19 limbs (seen from the front)" in text
    assert "10  right_wrist     right   left_wrist      0.062" in text
    assert "left_elbow-left_wrist" in text
    assert "\u2840" <= max(text) <= "\u28ff"
    assert row_of(text, "ap ").startswith("0.6524")
    # 1 / (1 + exp(-offset)), the chance behind log odds of 0.
    assert "80%" in row_of(text, "chance of joints") and "88%" in row_of(text, "chance of people")
    assert max(len(line) for line in text.splitlines()) <= 125


def test_the_page_of_the_shipped_finder():
    text = page(PERSON)
    assert row_of(text, "task").startswith("person: ")
    assert row_of(text, "output") == "5 maps of 80 x 80 cells, stride 4"
    assert row_of(text, "sees").endswith("the whole picture")
    assert row_of(text, "box_ap50").startswith("0.8096")
    assert "skeleton" not in text and "calibration" not in text


def test_what_training_left_is_told(make: Callable[..., Path]):
    text = page(
        make(
            training=TRAINING,
            metrics={"ap": 0.5, "pck@0.2": 0.75, "seen": 12},
            calibration={"joints": Calibration(1.0, 0.0)},
        )
    )
    assert row_of(text, "data") == "train.json (weight 2), more.json (weight 0.5)"
    assert row_of(text, "validation") == "val.json"
    assert row_of(text, "changes") == "rotation=30, scale=(0.75, 1.25)"
    # What the network is has been said, and what is not set says nothing.
    assert row_of(text, "settings") == "learning_rate=0.001"
    assert row_of(text, "steps") == "1,200 of 1,500"
    assert row_of(text, "time").startswith("1:02:05 ")
    assert row_of(text, "note") == "by hand"
    assert row_of(text, "seen") == "12"
    assert row_of(text, "chance of joints").split() == ["10%", "30%", "50%", "70%", "90%"]
    assert "nobody has measured them" in text


def test_what_is_not_known_is_said(make: Callable[..., Path]):
    text = page(make(Skeleton(("1", "2", "3"))))
    assert "training: the file tells nothing of it" in text
    assert "metrics: the file tells none" in text
    assert "calibration: none" in text
    assert "mirrored pairs are not certain: names that do not say what the joints are" in text
    assert "limbs:" not in text


@pytest.mark.parametrize(
    "training",
    [
        {"config": "lost", "step": "many", "seconds": -1},
        {"config": {"data": "train.json", "augmentation": 7}, "steps": [1, {"a": [None, True]}]},
        {"config": {"data": [{"path": 1}], "val": 3}, "seconds": 10**30},
    ],
)
def test_training_may_be_told_in_any_form(make: Callable[..., Path], training: dict[str, object]):
    text = page(make(training=training))
    for value in training.values():
        if not isinstance(value, dict | list):
            assert str(value) in text


def test_what_a_file_says_cannot_steer_the_terminal(make: Callable[..., Path]):
    skeleton = Skeleton(("a\x1b[31mb", "c\nd"), ((0, 1),))
    text = page(make(skeleton, training={"no\x1b[2Jte": "x\x07y"}, metrics={"m\x1b": "\r"}))
    assert not {"\x1b", "\x07", "\r"} & set(text)
    assert "c\nd" not in text and "c\ufffdd" in text


def test_json_is_for_programs(make: Callable[..., Path]):
    path = make(training=TRAINING, metrics={"ap": 0.5})
    told = json.loads(page(path, "--json"))
    assert list(told) == [
        *("file", "sha256", "parameters", "gflops", "architecture", "skeleton", "calibration"),
        *("metrics", "training"),
    ]
    network = load_checkpoint(path).network
    assert (told["file"], told["sha256"]) == (str(path), sha256_of(path))
    assert told["parameters"] == network.parameter_count()
    assert told["gflops"] == round(network.gflops(), 3)
    assert told["architecture"] == json.loads(json.dumps(network.architecture.to_dict()))
    assert told["skeleton"]["swap_pairs"] == [["left_a", "right_a"], ["left_b", "right_b"]]
    assert (told["training"], told["metrics"]) == (TRAINING, {"ap": 0.5})


def test_tables_alone(make: Callable[..., Path]):
    path = make()
    network = load_checkpoint(path).network
    assert page(path, "--summary").splitlines() == summary_lines(summarise(network))
    assert page(path, "--layers").splitlines() == convolution_lines(convolutions(network))


def test_a_picture_of_the_skeleton(make: Callable[..., Path], tmp_path: Path):
    path = make()
    result = info(path, "--skeleton", tmp_path / "five.png", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["file"] == str(path)
    assert f"skeleton: {tmp_path / 'five.png'}" in result.stderr
    assert len(np.unique(read_picture(tmp_path / "five.png").reshape(-1, 3), axis=0)) > 10


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((JOINTS, "--json", "--layers"), 2, "found --json and --layers"),
        ((JOINTS, "--skeleton", "bones.jpg"), 2, "expected a name that ends in .png"),
        ((PERSON, "--skeleton", "bones.png"), 2, "found a person finder, which has no skeleton"),
        ((WEIGHTS / "joints.onnx", "--summary"), 2, "--summary: expected a .safetensors file"),
        ((WEIGHTS / "joints.onnx", "--layers"), 2, "--layers: expected a .safetensors file"),
        ((WEIGHTS / "none.onnx",), 5, "found no such file"),
    ],
)
def test_what_cannot_be_told_is_refused(
    arguments: tuple[object, ...],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.chdir(tmp_path)
    result = info(*arguments)
    assert result.exit_code == code, result.output
    assert message in result.stderr and not result.stdout
    assert not list(tmp_path.iterdir())


def test_exports_are_told_without_torch_and_drawn_in_ascii_where_need_be(tmp_path: Path):
    drawn = tmp_path / "bones.png"
    code = (
        "import sys; from pedpose.cli.main import app; "
        f"sys.argv[1:] = ['info', {str(WEIGHTS / 'joints.onnx')!r}, '--skeleton', {str(drawn)!r}]; "
        "app(standalone_mode=False); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )
    text = done.stdout
    assert text.endswith("False\n") and text.isascii()
    assert row_of(text, "format") == "ONNX export"
    assert row_of(text, "made of").endswith(sha256_of(JOINTS))
    assert row_of(text, "precision") == "fp32"
    assert "runtime=onnx" in row_of(text, "check runs 1")
    assert "6-------" in text
    assert "GFLOPs" not in text
    assert drawn.is_file()
