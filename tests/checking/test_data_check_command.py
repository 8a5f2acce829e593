"""``pedpose data check``: output, exit codes and options."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from clean_faults import FAULTS, bad_visibility, box_outside, nan_in_bbox, no_area
from clean_set import Content, entry
from typer.testing import CliRunner, Result

from pedpose.checking.codes import CODES
from pedpose.cli.main import app
from pedpose.data.coco import read_coco

Save = Callable[..., Path]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["data", "check", *map(str, arguments)])


def test_a_clean_file_exits_0(clean: Content, save: Save):
    path = save(clean)
    result = run(path)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{path}: 12 pictures, 24 annotations",
        "0 errors, 0 warnings in 1 file",
    ]


def test_errors_exit_3_and_warnings_only_if_strict(clean: Content, save: Save, tmp_path: Path):
    no_area(clean, tmp_path)
    path = save(clean)
    assert run(path).exit_code == 0
    assert run(path, "--strict").exit_code == 3
    box_outside(clean, tmp_path)
    result = run(save(clean))
    assert result.exit_code == 3
    lines = result.stdout.splitlines()
    assert lines[1].startswith("error box-outside: 1 (")
    assert lines[2] == (
        f"  {path}: image 10, annotation 211: expected bbox inside the picture of 120 x 90, "
        "found [0, 0, 119, 95]"
    )
    assert lines[3].startswith("warning no-area: 1 (")
    assert lines[-1] == "1 error, 1 warning in 1 file"


def test_the_first_of_each_kind_are_shown_unless_all_are_wanted(clean: Content, save: Save):
    for number in range(101, 109):
        entry(clean, number)["num_keypoints"] = 1
    path = save(clean)
    shown = run(path).stdout
    assert shown.count("expected num_keypoints 17") == 3
    assert "... and 5 more (--all prints them)" in shown
    assert run(path, "--all").stdout.count("expected num_keypoints 17") == 8


def test_json_is_all_there_is_on_stdout(clean: Content, save: Save, tmp_path: Path):
    for fault in FAULTS:
        fault(clean, tmp_path)
    path = save(clean)
    result = run(path, "--json")
    assert result.exit_code == 3

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    report = json.loads(result.stdout, parse_constant=refuse)
    assert report["passed"] is False
    assert report["files"] == [
        {
            "path": str(path),
            "images": len(clean["images"]),
            "annotations": len(clean["annotations"]),
        }
    ]
    assert report["errors"] + report["warnings"] == len(report["findings"])
    assert sum(report["counts"].values()) == len(report["findings"])
    assert {finding["code"] for finding in report["findings"]} == set(FAULTS.values())
    box = next(f for f in report["findings"] if f["code"] == "box-outside")
    assert box == {
        "severity": "error",
        "code": "box-outside",
        "file": str(path),
        "image": 10,
        "annotation": 211,
        "joint": None,
        "entry": box["entry"],
        "found": [0, 0, 119, 95],
        "expected": "bbox inside the picture of 120 x 90",
    }
    place = int(box["entry"].removeprefix("annotations[").removesuffix("]"))
    assert clean["annotations"][place]["id"] == 211


def test_a_file_that_is_not_coco_exits_3(tmp_path: Path):
    (tmp_path / "train.json").write_text("{")
    result = run(tmp_path / "train.json", "--json")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "not valid JSON" in result.stderr


def test_fix_lists_changes_and_judges_what_was_written(clean: Content, save: Save, tmp_path: Path):
    box_outside(clean, tmp_path)
    bad_visibility(clean, tmp_path)
    nan_in_bbox(clean, tmp_path)
    path = save(clean)
    before = path.read_bytes()
    result = run(path, "--fix", tmp_path / "OUT")
    assert result.exit_code == 0, result.output
    assert path.read_bytes() == before
    assert (
        f"  {path}: image 10, annotation 211: bbox [0, 0, 119, 95] -> [0, 0, 119, 90] "
        "(box-outside)" in result.stdout
    )
    assert "annotation 216: left out (bad-visibility)" in result.stdout
    assert result.stdout.splitlines()[-1] == "0 errors, 0 warnings in 1 file"
    copy = tmp_path / "OUT/train.json"
    assert run(copy, "--strict").exit_code == 0
    assert read_coco(copy).people == 25

    again = run(path, "--fix", tmp_path / "OUT")
    assert again.exit_code == 2
    assert "exists" in again.stderr


def test_errors_that_stay_in_the_copy_exit_3(clean: Content, save: Save, tmp_path: Path):
    clean["categories"][0]["sigmas"] = [0.1]
    result = run(save(clean), "--fix", tmp_path / "OUT", "--json")
    assert result.exit_code == 3
    report = json.loads(result.stdout)
    assert report["fixed"]["after"]["counts"] == {"bad-skeleton": 1}
    assert report["fixed"]["written"] == [str(tmp_path / "OUT/train.json")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fix-leaks"], "--fix-leaks needs --fix"),
        (["--outliers", "-1"], "--outliers"),
        (["--weights", "shipped", "--no-pictures"], "--no-pictures"),
        (["--images", "none"], "--images"),
    ],
)
def test_options_that_make_no_sense_exit_2(
    options: list[str], message: str, clean: Content, save: Save
):
    result = run(save(clean), *options)
    assert result.exit_code == 2
    assert message in result.stderr


def test_weights_that_are_none_exit_5(clean: Content, save: Save, tmp_path: Path):
    (tmp_path / "w.safetensors").write_bytes(b"nothing")
    assert run(save(clean), "--weights", tmp_path / "w.safetensors").exit_code == 5


def test_samples_are_clean():
    samples = Path(__file__).resolve().parents[2] / "samples" / "samples.json"
    result = run(samples, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["errors"] == 0


@pytest.mark.parametrize("name", ["coco/train.json", "coco/dev.json"])
def test_data_labelled_by_hand_give_no_false_alarm(name: str, shared: Path):
    report = json.loads(run(shared / "data" / name, "--json").stdout)
    assert report["errors"] == 0
    assert set(report["counts"]) <= {"outlier", "near-duplicate-person"}


def test_every_code_is_explained():
    assert set(FAULTS.values()) <= set(CODES)
    assert all(severity in ("error", "warning") and text for severity, text in CODES.values())
