"""Settings files and flags of the real command; what of them is found in the weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors.torch import load_file
from typer.testing import CliRunner, Result

from pedpose.cli.main import app
from pedpose.errors import CheckpointError, ConfigError
from pedpose.model.architecture import Stage
from pedpose.model.checkpoint import load_checkpoint, read_metadata
from pedpose.shipped import shipped_weights
from pedpose.training.settings import make_config, read_settings
from pedpose.training.trainer import read_config

TINY: dict[str, Any] = {
    "stages": [{"width": 8, "depth": 1}, {"width": 8, "depth": 1}],
    "width": 8,
    "height_px": 32,
    "width_px": 32,
    "epochs": 1,
    "batch_size": 4,
    "workers": 0,
    "device": "cpu",
}


def pedpose(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def settings(dots: Path, tmp_path: Path) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text(yaml.safe_dump({**TINY, "data": str(dots), "out": str(tmp_path / "run")}))
    return path


def test_a_file_holds_what_flags_change(settings: Path, tmp_path: Path):
    more = {"augmentation": {"rotation": 20.0, "scale": [0.5, 2.0]}, "learning_rate": 0.01}
    settings.write_text(settings.read_text() + yaml.safe_dump(more))
    result = pedpose(
        *("train", "--config", settings, "--out", tmp_path / "other", "--epochs", 2, "--lr", 0.1),
        *("--input-size", "64x32", "--augment", 0.5, "--no-mirror"),
    )
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "run").exists()
    config = read_config(tmp_path / "other")
    assert (config.epochs, config.learning_rate) == (2, 0.1)
    assert (config.height_px, config.width_px, config.batch_size) == (64, 32, 4)
    assert config.augmentation.rotation == 10.0
    assert config.augmentation.scale == pytest.approx((0.5**0.5, 2.0**0.5))
    assert config.augmentation.mirror_chance == 0.0
    # What neither says is as by default, what belongs to the task as of its network.
    assert (config.weight_decay, config.activation) == (0.05, "relu")


def test_the_settings_of_a_run_make_the_same_run(settings: Path, tmp_path: Path):
    assert pedpose("train", "--config", settings, "--seed", 7).exit_code == 0
    result = pedpose("train", "--config", tmp_path / "run/config.json", "--out", tmp_path / "again")
    assert result.exit_code == 0, result.output
    first, again = (load_file(tmp_path / n / "last.safetensors") for n in ("run", "again"))
    assert all(again[name].equal(value) for name, value in first.items())
    one, other = (json.loads((tmp_path / n / "config.json").read_text()) for n in ("run", "again"))
    assert other == one | {"out": str(tmp_path / "again")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch: 3", "unknown entry 'epoch'; expected some of data, out, task"),
        ("- epochs", "expected entries such as 'epochs: 20', found ['epochs']"),
        ("", "expected entries such as 'epochs: 20', found None"),
        ("epochs: [1", "not valid YAML"),
        ("epochs: many", "epochs: expected a number, found 'many'"),
        ("epochs:", "epochs: expected a number, found None"),
        ("batch_size: 1.5", "batch_size: expected a whole number, found 1.5"),
        ("sync_norm: 1", "sync_norm: expected true or false, found 1"),
        ("backbone: [a]", "backbone: expected text"),
        ("skeleton: 3", "skeleton: expected text, found 3"),
        ("sigmas: 3", "sigmas: expected numbers, found 3"),
        ("sigmas: [a, b]", "sigmas: expected numbers, found ['a', 'b']"),
        ("stages: 3", "stages: expected a list, found 3"),
        ("stages: [{width: 8}]", "stages[0]: expected depth"),
        ("val: 3", "settings: "),
        ("data: [{path: a.json, weight: x}]", "settings: could not convert"),
        ("data: [{path: a.json, weight: -1}]", "a.json: expected a weight above 0, found -1"),
        ("data: [{file: a.json}]", "data: expected FILE, FILE:WEIGHT or path and weight"),
        ("data: [3]", "data: expected FILE, FILE:WEIGHT or path and weight, found 3"),
        ("task: [joints]", "task: expected one of joints, person"),
        ("augmentation: {spin: 1}", "augmentation: expected some of mirror_chance, scale"),
        ("augmentation: 3", "augmentation: expected some of mirror_chance, scale"),
        ("augmentation: {scale: 3}", "augmentation: scale: expected two numbers above 0"),
        ("augmentation: {scale: [2, 1]}", "augmentation: scale: expected two numbers above 0"),
        ("augmentation: {grey_chance: 2}", "augmentation: grey_chance: expected 0..1, found 2"),
        ("augmentation: {rotation: a}", "augmentation: rotation: expected 0 or more, found 'a'"),
        ("augmentation: {shift: .nan}", "augmentation: shift: expected 0 or more, found nan"),
    ],
)
def test_wrong_settings_are_refused(settings: Path, tmp_path: Path, text: str, message: str):
    known = yaml.safe_load(settings.read_text())
    settings.write_text(text)
    if text and ":" in text and "[1" not in text:
        settings.write_text(yaml.safe_dump(known | yaml.safe_load(text)))
    for more in ((), ("--augment", "0.5")):
        result = pedpose("train", "--config", settings, *more)
        assert result.exit_code == 2, result.output
        assert message in result.output
    assert not (tmp_path / "run").exists()


def test_a_settings_file_that_is_not_there(tmp_path: Path):
    result = pedpose("train", "--config", tmp_path / "none.yaml")
    assert result.exit_code == 2
    assert "none.yaml: cannot be read: No such file or directory" in result.output


@pytest.mark.parametrize("task", ["joints", "person"])
def test_shipped_weights_bring_their_network_and_what_they_were_taught_by(task: str):
    given = {"data": "a.json", "out": "run", "task": task, "init": "shipped"}
    config = make_config(given)
    metadata = read_metadata(shipped_weights(config.task))
    network = metadata["architecture"]
    for name in ("backbone", "backbone_stride", "width", "height_px", "width_px"):
        assert getattr(config, name) == network[name], name
    assert (config.learning_rate, config.warmup_steps, config.ema_decay) == (3e-4, 50, 0.99)
    if task == "joints":
        trained = metadata["training"]["config"]
        assert (config.loss, config.sigma) == (trained["loss"], trained["sigma"])
        assert (config.loss, config.sigma) != (make_config(given | {"init": "none"}).loss, 1.5)
    else:
        assert config.loss == "entropy"
    # Flags win.
    changed = make_config(given | {"height_px": 320, "learning_rate": 1.0, "sigma": 9.0})
    assert (changed.height_px, changed.learning_rate, changed.sigma) == (320, 1.0, 9.0)


def test_weights_of_the_other_task_are_refused():
    given = {"data": "a.json", "out": "run", "task": "person"}
    with pytest.raises(ConfigError, match=r"init: expected weights of a network for person, found"):
        make_config(given | {"init": str(shipped_weights("joints"))})
    with pytest.raises(CheckpointError, match=r"none\.safetensors: expected a weights file"):
        make_config(given | {"init": "none.safetensors"})


def test_another_network_does_not_take_what_belongs_to_the_first():
    given = {"data": "a.json", "out": "run", "init": "shipped", "stages": [TINY["stages"][0]] * 2}
    config = make_config(given)
    assert (config.backbone, config.backbone_stride) == ("plain", 4)
    assert config.learning_rate == 1e-3


def test_stages_on_the_command_line_build_a_plain_network(settings: Path, tmp_path: Path):
    known = yaml.safe_load(settings.read_text())
    del known["stages"]
    settings.write_text(yaml.safe_dump(known))
    result = pedpose("train", "--config", settings, "--stages", "8x1,16x2x5,8x1x3x1")
    assert result.exit_code == 0, result.output
    found = load_checkpoint(tmp_path / "run/last.safetensors").network.architecture
    assert (found.backbone, found.backbone_stride) == ("plain", 4)
    assert found.stages == (Stage(8, 1), Stage(16, 2, 5), Stage(8, 1, 3, 1))
    assert read_settings(tmp_path / "run/config.json")["backbone"] == "plain"


@pytest.mark.parametrize("text", ["8", "8x1x3x1x1", "8xa", "", "8x1,,8x1"])
def test_stages_that_are_none(settings: Path, text: str):
    result = pedpose("train", "--config", settings, "--stages", text)
    assert result.exit_code == 2
    assert "--stages: expected WIDTHxDEPTH[xKERNEL[xSTRIDE]]" in result.output


SKELETON = """
names: [blue, red]
limbs: [[red, blue]]
swaps: [[red, blue]]
"""


def test_a_skeleton_and_sigmas_are_used_and_kept(settings: Path, tmp_path: Path):
    file = tmp_path / "skeleton.yaml"
    file.write_text(SKELETON)
    result = pedpose("train", "--config", settings, "--skeleton", file, "--sigmas", "0.2,0.3")
    assert result.exit_code == 0, result.output
    assert "skeleton: 2 joints; mirrored pairs: blue <-> red" in result.output
    assert "sigmas: given by --sigmas" in result.output
    skeleton = load_checkpoint(tmp_path / "run/last.safetensors").joint_skeleton
    assert skeleton.names == ("blue", "red")
    assert skeleton.sigmas == (0.2, 0.3)
    assert skeleton.swap_pairs == (("blue", "red"),)
    assert skeleton.limbs == ((1, 0),)
    # Resumed and begun anew, it is read again.
    assert pedpose("train", "--resume", tmp_path / "run").exit_code == 0
    file.write_text(SKELETON + "sigmas: {blue: 0.02, red: 0.03}\n")
    result = pedpose("train", "--config", settings, "--out", tmp_path / "b", "--skeleton", file)
    assert f"sigmas: skeleton file {file}" in result.output
    skeleton = load_checkpoint(tmp_path / "b/last.safetensors").joint_skeleton
    assert skeleton.sigmas == (0.02, 0.03)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--skeleton", "coco17"), 3, "missing in the file: nose, left_eye"),
        (("--skeleton", "coco17"), 3, "missing in the skeleton: red, blue"),
        (("--skeleton", "none.yaml"), 2, "expected coco17 or the path of a YAML file"),
        (("--sigmas", "0.1"), 2, "expected 2 sigmas, found 1"),
        (("--sigmas", "0.1,x"), 2, "sigmas: expected numbers, found '0.1,x'"),
        (("--sigmas", "0.1,0"), 2, "sigmas: expected numbers above 0"),
        (("--task", "person", "--sigmas", "0.1,0.1"), 2, "a person finder knows no joints"),
        (("--freeze", "2"), 2, "freeze: expected a stride of 4, found 2"),
    ],
)
def test_skeletons_and_sigmas_that_do_not_fit(
    settings: Path, tmp_path: Path, options: tuple[str, ...], code: int, message: str
):
    result = pedpose("train", "--config", settings, *options)
    assert result.exit_code == code, result.output
    assert message in result.output
    assert not (tmp_path / "run").exists()


def test_the_source_of_sigmas_is_said(settings: Path, dots: Path, tmp_path: Path):
    result = pedpose("train", "--config", settings, "--val", dots, "--epochs", "0.1")
    assert "sigmas: annotation file" in result.output
    assert "worked out from the sigmas (annotation file)" in result.output
    content = json.loads(dots.read_text())
    del content["categories"][0]["sigmas"]
    dots.write_text(json.dumps(content))
    result = pedpose("train", "--config", settings, "--val", dots, "--out", tmp_path / "b")
    said = f"none in {dots}; validation takes 0.05"
    assert f"sigmas: {said}" in result.output
    assert f"worked out from the sigmas ({said})" in result.output
    samples = Path(__file__).resolve().parents[2] / "samples/samples.json"
    options = ("--data", samples, "--out", tmp_path / "c", "--epochs", "0.01")
    result = pedpose("train", "--config", settings, *options)
    assert "sigmas: published for the 17 joints of COCO" in result.output


def test_files_that_contradict_each_other_about_sides_are_refused(
    settings: Path, dots: Path, tmp_path: Path
):
    content = json.loads(dots.read_text())
    content["categories"][0]["swaps"] = [["red", "blue"]]
    other = dots.parent / "other.json"
    other.write_text(json.dumps(content))
    options = ("train", "--config", settings, "--data", dots, "--data", other)
    result = pedpose(*options)
    assert result.exit_code == 3, result.output
    assert f"{other}: 'swaps': expected no partner for red as in {dots}, found red <-> blue" in (
        result.output
    )
    assert not (tmp_path / "run").exists()
    file = tmp_path / "skeleton.yaml"
    file.write_text(SKELETON)
    result = pedpose(*options, "--skeleton", file)
    assert result.exit_code == 0, result.output
    assert "mirrored pairs: blue <-> red" in result.output
