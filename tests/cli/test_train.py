"""The real command on tiny data; what it leaves behind is used by the other commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file
from typer.testing import CliRunner, Result

from pedpose.cli.main import app
from pedpose.data.teacher_heatmaps import CELLS, TeacherHeatmaps

WEIGHTS = Path(__file__).resolve().parents[2] / "weights"
SMALL = (
    *("--backbone", "resnet18", "--backbone-stride", "16"),
    *("--width", "8", "--input-size", "64x64", "--batch", "4", "--workers", "0"),
    *("--device", "cpu"),
)


def pedpose(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_train_info_and_eval_fit_together(dots: Path, tmp_path: Path):
    run = tmp_path / "run"
    result = pedpose(
        *("train", "--data", dots, "--val", dots, "--out", run, "--epochs", "4"),
        *("--val-epochs", "2", *SMALL),
    )
    assert result.exit_code == 0, result.output
    assert "mirrored pairs: none" in result.output
    assert "device: cpu" in result.output
    assert "validation after step 8: ap " in result.output
    best = run / "best.safetensors"
    assert f"best weights: {best}" in result.output

    facts = json.loads(pedpose("info", best, "--json").stdout)
    assert facts["skeleton"]["names"] == ["red", "blue"]
    assert facts["architecture"]["height_px"] == 64
    assert facts["training"]["config"]["epochs"] == 4
    assert set(facts["metrics"]) == {"ap", "pck@0.2", "pck@0.05", "error"}

    result = pedpose(
        *("eval", "--data", dots, "--weights", best, "--device", "cpu", "--out", tmp_path / "eval")
    )
    assert result.exit_code == 0, result.output
    assert "red" in result.output
    report = json.loads((tmp_path / "eval/report.json").read_text())
    assert report["predictions"]["boxes"] == "gt"
    assert report["metrics"]["ap"]["value"] == pytest.approx(facts["metrics"]["ap"], abs=1e-6)

    result = pedpose("train", "--resume", run)
    assert result.exit_code == 0, result.output
    assert "resumed at step 8 of 8" in result.output


def test_the_packages_own_weights_can_be_trained_further(dots: Path, tmp_path: Path):
    result = pedpose(
        *("train", "--data", dots, "--out", tmp_path / "run", "--epochs", "0.5", "--batch", "4"),
        *("--init", WEIGHTS / "joints.safetensors", "--input-size", "64x64", "--workers", "0"),
        *("--device", "cpu"),
    )
    assert result.exit_code == 0, result.output
    # Only the head is new: it has two joints in place of 17.
    assert "2 found no place: head.weight, head.bias" in result.output
    assert "learned from nothing: red, blue" in result.output


def test_person_finders_are_trained_too(dots: Path, tmp_path: Path):
    result = pedpose(
        *("train", "--task", "person", "--data", dots, "--val", dots, "--epochs", "1"),
        *("--out", tmp_path / "run", *SMALL),
    )
    assert result.exit_code == 0, result.output
    facts = json.loads(pedpose("info", tmp_path / "run/last.safetensors", "--json").stdout)
    assert facts["architecture"]["task"] == "person"
    assert facts["skeleton"] is None
    assert set(facts["metrics"]) == {"box_ap", "box_ap50", "recall_at_1_false_alarm"}


def test_a_teacher_alone_teaches_whatever_the_labels_say(dots: Path, tmp_path: Path):
    content = json.loads(dots.read_text())
    people = content["annotations"]
    TeacherHeatmaps(
        ("red", "blue"),
        np.array([person["id"] for person in people], np.int64),
        np.tile(np.arange(CELLS, dtype=np.int32)[:, None], (len(people), 1, 2)),
        np.full((len(people), CELLS, 2), 1 / CELLS, np.float16),
        np.array([[*person["bbox"][:2], 2, 8] for person in people], np.float32),
    ).write(dots.parent / "seen.safetensors")
    found = {}
    for shift in (0, 5):
        for person in people:
            person["keypoints"][0] += shift
        dots.write_text(json.dumps(content | {"teacher_heatmaps": "seen.safetensors"}))
        for share in (0.5, 1.0):
            run = tmp_path / f"{shift}_{share}"
            result = pedpose(
                *("train", "--data", dots, "--epochs", "1", "--augment", "0", "--out", run),
                *("--distil", share, *SMALL),
            )
            assert result.exit_code == 0, result.output
            found[shift, share] = load_file(run / "last.safetensors")["head.weight"]
    assert found[0, 1.0].equal(found[5, 1.0])
    assert not found[0, 0.5].equal(found[5, 0.5])


def test_files_without_a_teacher_teach_by_their_labels_alone(dots: Path, tmp_path: Path):
    content = json.loads(dots.read_text())
    people = content["annotations"]
    TeacherHeatmaps(
        ("red", "blue"),
        np.array([people[0]["id"]], np.int64),
        np.zeros((1, CELLS, 2), np.int32),
        np.full((1, CELLS, 2), 1 / CELLS, np.float16),
        np.array([[0, 0, 2, 8]], np.float32),
    ).write(dots.parent / "seen.safetensors")
    taught = dots.parent / "taught.json"
    taught.write_text(json.dumps(content | {"teacher_heatmaps": "seen.safetensors"}))
    found = []
    for shift in (0, 5):
        people[1]["keypoints"][0] += shift
        dots.write_text(json.dumps(content))
        run = tmp_path / str(shift)
        result = pedpose(
            *("train", "--data", taught, "--data", dots, "--epochs", "1", "--augment", "0"),
            *("--out", run, "--distil", "1", *SMALL),
        )
        assert result.exit_code == 0, result.output
        found.append(load_file(run / "last.safetensors")["head.weight"])
    assert not found[0].equal(found[1])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "expected --data and --out"),
        (["--data", "DOTS"], 2, "expected --data and --out"),
        (["--data", "DOTS", "--out", "run", "--input-size", "64"], 2, "HEIGHTxWIDTH"),
        (["--data", "DOTS", "--out", "run", "--input-size", "60x64"], 2, "multiple of 32"),
        (["--data", "DOTS", "--out", "run", "--task", "cats"], 2, "joints, person, found 'cats'"),
        (["--data", "DOTS", "--out", "run", "--precision", "int8"], 2, "found 'int8'"),
        (["--data", "DOTS", "--out", "run", "--backbone", "vgg"], 2, "found 'vgg'"),
        (["--data", "DOTS", "--out", "run", "--epochs", "0"], 2, "epochs"),
        (["--data", "DOTS", "--out", "run", "--distil", "1"], 3, "an entry 'teacher_heatmaps'"),
        (["--data", "DOTS", "--out", "run", "--init", "DOTS"], 5, "expected a safetensors file"),
        (["--data", "none.json", "--out", "run"], 3, "none.json"),
        (["--data", "DOTS:0", "--out", "run"], 2, "expected a weight above 0"),
        (["--resume", "none"], 2, "expected the folder of a run"),
        (["--resume", "none", "--data", "DOTS"], 2, "found --data beside it"),
        (["--resume", "none", "--epochs", "20", "--lr", "1"], 2, "found --epochs --lr beside it"),
        (["--data", "DOTS"], 2, "or --resume; found data"),
    ],
)
def test_refusals(
    dots: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    message: str,
):
    monkeypatch.chdir(tmp_path)
    result = pedpose("train", *(a.replace("DOTS", str(dots)) for a in arguments))
    assert result.exit_code == code, result.output
    assert message in result.output
    assert not (tmp_path / "run").exists()
