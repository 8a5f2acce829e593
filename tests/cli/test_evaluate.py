"""``pedpose eval`` on the rendered samples, whose truth is exact, and on broken data."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pedpose.cli.main import app

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

Content = dict[str, Any]


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments), "--device", "cpu"])


@pytest.fixture
def truth(tmp_path: Path) -> Content:
    """The annotations of one sample, its picture beside them in ``tmp_path``."""
    content = json.loads((SAMPLES / "samples.json").read_text())
    image = next(i for i in content["images"] if i["file_name"] == "plaza.jpg")
    shutil.copy(SAMPLES / "plaza.jpg", tmp_path)
    content["images"] = [image]
    content["annotations"] = [a for a in content["annotations"] if a["image_id"] == image["id"]]
    return content


def test_true_boxes_are_easier_than_found_ones(tmp_path: Path):
    reports = {}
    for boxes in ("gt", "detected"):
        out = tmp_path / boxes
        result = evaluate("--data", SAMPLES / "samples.json", "--boxes", boxes, "--out", out)
        assert result.exit_code == 0, result.output
        assert "PCK" in result.output
        reports[boxes] = json.loads((out / "report.json").read_text())
    ap = {boxes: report["metrics"]["ap"]["value"] for boxes, report in reports.items()}
    assert ap["gt"] >= ap["detected"] > 0
    assert reports["gt"]["truth"] == reports["detected"]["truth"]
    assert reports["gt"]["predictions"]["matching"] == "by annotation id"
    assert "not found count as wrong" in reports["detected"]["predictions"]["matching"]
    hashes = reports["detected"]["predictions"]["files"]
    assert [len(sha256) for sha256 in hashes.values()] == [64, 64]


def test_results_of_other_tools_are_judged(tmp_path: Path, truth: Content):
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    perfect = [
        {
            "image_id": a["image_id"],
            "category_id": 1,
            "score": 1.0,
            "keypoints": a["keypoints"],
            "bbox": a["bbox"],
        }
        for a in truth["annotations"]
        if a["num_keypoints"]
    ]
    (tmp_path / "results.json").write_text(json.dumps(perfect))
    out = tmp_path / "report"
    arguments = (
        *("--data", tmp_path / "truth.json", "--predictions", tmp_path / "results.json"),
        *("--out", out),
    )
    result = CliRunner().invoke(app, ["eval", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    report = json.loads((out / "report.json").read_text())
    assert report["metrics"]["ap"]["value"] == pytest.approx(1.0)
    assert report["predictions"]["boxes"] == "of the predictions"


def fifty_numbers(content: Content) -> None:
    content["annotations"][0]["keypoints"].pop()


def box_outside(content: Content) -> None:
    content["annotations"][0]["bbox"] = [600, 10, 4000, 50]


def picture_missing(content: Content) -> None:
    content["images"][0]["file_name"] = "gone.jpg"


def wrong_size(content: Content) -> None:
    content["images"][0]["width"] += 4
    content["images"][0]["height"] += 4


def other_joints(content: Content) -> None:
    content["categories"][0]["keypoints"][0] = "beak"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (fifty_numbers, "expected keypoints as 51 numbers (17 joints), found 50 values"),
        (box_outside, "found [600, 10, 4000, 50]"),
        (picture_missing, "gone.jpg"),
        (wrong_size, "pixels as its annotation file states"),
        (other_joints, "beak"),
    ],
)
def test_broken_truth_is_refused(
    tmp_path: Path, truth: Content, spoil: Callable[[Content], None], message: str
):
    spoil(truth)
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    result = evaluate("--data", tmp_path / "truth.json", "--out", tmp_path / "report")
    assert result.exit_code == 3, result.output
    assert message in result.output
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("cut.json", b'{"images": [', "JSON"),
        ("list.json", b"[]", "expected"),
        ("random.json", bytes(range(256)), "random.json"),
        ("missing.json", None, "missing.json"),
    ],
)
def test_broken_json_is_refused(tmp_path: Path, name: str, content: bytes | None, message: str):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = evaluate("--data", tmp_path / name)
    assert result.exit_code == 3, result.output
    assert message in result.output


def test_unknown_kind_of_boxes_is_refused(tmp_path: Path):
    result = evaluate("--data", SAMPLES / "samples.json", "--boxes", "guessed")
    assert result.exit_code == 2
    assert "expected one of gt, detected or a COCO file with boxes, found 'guessed'" in (
        result.output
    )


def test_least_score_without_a_search_is_refused():
    result = evaluate("--data", SAMPLES / "samples.json", "--conf", "0.2")
    assert result.exit_code == 2
    assert "--conf needs --boxes detected" in result.output
