"""``pedpose eval`` as a gate: exit codes, refusals and what is printed; results of any tool."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pedpose.cli.main import app

Content = dict[str, Any]
Write = Callable[..., Path]

QUICK = ("--resamples", "100")


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments), *QUICK])


@pytest.fixture
def truth(coco_content: Content, write_coco: Write) -> Path:
    path = write_coco(coco_content)
    for image in coco_content["images"]:
        (path.parent / image["file_name"]).unlink()  # results are judged without pictures
    return path


def results(truth: Path, name: str, *shifts: float) -> Path:
    """Write results: the people moved by so many pixels each, as far as there are shifts."""
    people = json.loads(truth.read_text())["annotations"]
    entries = [
        {
            "image_id": person["image_id"],
            "category_id": 1,
            "score": 0.9 - 0.1 * i,
            "keypoints": [
                value + shift * (n % 3 == 0) for n, value in enumerate(person["keypoints"])
            ],
        }
        for i, (person, shift) in enumerate(zip(people, shifts, strict=False))
    ]
    path = truth.parent / name
    path.write_text(json.dumps(entries))
    return path


def test_reached_limits_pass(truth: Path, tmp_path: Path) -> None:
    found = results(truth, "good.json", 0, 0, 0)
    limits = ("--min", "ap=1", "--min", "pck@0.05/left_hand=1", "--max", "epe=0")
    done = evaluate("--data", truth, "--predictions", found, *limits, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "gate passed" in done.output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["gate"]["passed"] is True
    assert [limit["name"] for limit in report["gate"]["limits"]] == [
        *("ap", "pck@0.05/left_hand", "epe")
    ]


def test_what_falls_short_fails_with_a_table_and_a_report(truth: Path, tmp_path: Path) -> None:
    found = results(truth, "poor.json", 0, 0)  # one of three people is missed
    limits = ("--min", "pck@0.3=0.9", "--min", "pck@0.3/head=0.5")
    done = evaluate("--data", truth, "--predictions", found, *limits, "--out", tmp_path / "out")
    assert done.exit_code == 1, done.output
    line = next(line for line in done.output.splitlines() if ">= 0.9" in line)
    assert "pck@0.3" in line and "0.6250" in line and "FELL SHORT" in line
    line = next(line for line in done.output.splitlines() if ">= 0.5" in line)
    assert "0.6667" in line and "ok" in line
    assert "gate FAILED: 1 of 2 fell short" in done.output
    assert json.loads((tmp_path / "out" / "report.json").read_text())["gate"]["passed"] is False


def test_baseline(truth: Path, tmp_path: Path) -> None:
    good = results(truth, "good.json", 0, 0, 0)
    poor = results(truth, "poor.json", 9, 9, 9)
    assert evaluate("--data", truth, "--predictions", good, "--out", tmp_path).exit_code == 0
    again = ("--baseline", tmp_path / "report.json", "--max-drop", "0.01")
    done = evaluate("--data", truth, "--predictions", good, *again, "--strict")
    assert done.exit_code == 0, done.output
    done = evaluate("--data", truth, "--predictions", poor, *again)
    assert done.exit_code == 1, done.output
    assert "FELL SHORT: dropped" in done.output


def test_the_baseline_is_never_overwritten(truth: Path, tmp_path: Path) -> None:
    good = results(truth, "good.json", 0, 0, 0)
    poor = results(truth, "poor.json", 9, 9, 9)
    out = tmp_path / "report"
    assert evaluate("--data", truth, "--predictions", good, "--out", out).exit_code == 0
    before = (out / "report.json").read_bytes()
    same = ("--baseline", out / "report.json", "--out", out)
    done = evaluate("--data", truth, "--predictions", poor, *same)
    assert done.exit_code == 2, done.output
    assert "holds the baseline, which would be lost" in done.output
    assert (out / "report.json").read_bytes() == before


def test_leaving_out_people_does_not_improve_distances(truth: Path, tmp_path: Path) -> None:
    blurred = results(truth, "blurred.json", 0, 4, 4)
    fewer = results(truth, "fewer.json", 0)
    epe = ("--metrics", "epe", "--max-drop", "0.01")
    done = evaluate("--data", truth, "--predictions", blurred, *epe[:2], "--out", tmp_path)
    assert done.exit_code == 0, done.output
    done = evaluate(
        "--data", truth, "--predictions", fewer, *epe, "--baseline", tmp_path / "report.json"
    )
    rows = {line.split()[1]: line for line in done.output.splitlines() if "-1" in line}
    assert "kept" in rows["epe"], "the distance itself has become less"
    line = next(line for line in done.output.splitlines() if "found" in line and "1.0000" in line)
    assert "0.3750" in line, "3 of 8 labelled joints"
    done = evaluate("--data", truth, "--predictions", fewer, "--max", "epe=1")
    assert "(5 labelled joints left out)" in done.output


def test_a_limit_may_be_newer_than_the_baseline(truth: Path, tmp_path: Path) -> None:
    good = results(truth, "good.json", 0, 0, 0)
    assert evaluate("--data", truth, "--predictions", good, "--out", tmp_path).exit_code == 0
    again = ("--baseline", tmp_path / "report.json", "--min", "pck@0.3=0.9")
    done = evaluate("--data", truth, "--predictions", good, *again, "--out", tmp_path / "new")
    assert done.exit_code == 0, done.output
    assert "| **pck@0.3** | 1.000 |" in (tmp_path / "new/report.md").read_text()
    # Asked for by name, it is to be compared.
    done = evaluate("--data", truth, "--predictions", good, *again, "--metrics", "pck@0.3")
    assert done.exit_code == 3, done.output
    assert "measure both with the same data and options" in done.output


def test_which_joints_fell_is_printed(truth: Path, tmp_path: Path) -> None:
    good = results(truth, "good.json", 0, 0, 0)
    poor = results(truth, "poor.json", 0, 9, 9)
    assert evaluate("--data", truth, "--predictions", good, "--out", tmp_path).exit_code == 0
    done = evaluate("--data", truth, "--predictions", poor, "--baseline", tmp_path / "report.json")
    assert done.exit_code == 1, done.output
    assert "Joints worse by more than 0.01 in pck@0.2, be it by chance: " in done.output
    line = next(line for line in done.output.splitlines() if line.startswith("Joints worse"))
    assert "head -0.333 (1.000 to 0.667)" in line


def test_results_of_detect_are_matched_by_file_name(truth: Path, tmp_path: Path) -> None:
    # The two pictures, numbered the other way round.
    found = results(truth, "good.json", 0, 0, 0)
    entries = json.loads(found.read_text())
    for entry in entries:
        entry["image_id"] = 3 - entry["image_id"]
    images = [
        {"id": 2, "file_name": "elsewhere/first.png", "width": 64, "height": 48},
        {"id": 1, "file_name": "elsewhere/second.png", "width": 80, "height": 60},
        {"id": 3, "file_name": "elsewhere/unknown.png", "width": 80, "height": 60},
    ]
    folder = tmp_path / "detected"
    folder.mkdir()
    (folder / "coco_results.json").write_text(json.dumps(entries))

    def measured(content: object) -> Result:
        (folder / "images.json").write_text(json.dumps(content))
        return evaluate("--data", truth, "--predictions", folder / "coco_results.json")

    for image in images:
        image["file_name"] = str(image["file_name"]).removeprefix("elsewhere/")
    done = measured(images)
    assert done.exit_code == 0, done.output
    assert "│ ap       │ 1.000" in done.output
    assert "images.json (sha256" in done.output
    done = measured([{**image, "width": 10} for image in images])
    assert done.exit_code == 3, done.output
    assert "image 2: expected the size (64, 48) of its annotations, found (10, 48)" in done.output
    done = measured(images[1:])
    assert done.exit_code == 3, done.output
    assert "entry no. 1: expected the image_id of a picture" in done.output
    # A list of other things is not ours: ids are taken as they are.
    assert "│ ap       │ 1.000" not in measured(["cat.png"]).output


def test_noise_passes_unless_strict(truth: Path, tmp_path: Path) -> None:
    good = results(truth, "good.json", 0, 0, 0)
    worse = results(truth, "worse.json", 0, 0, 9)  # one picture of two, which draws may not hold
    assert evaluate("--data", truth, "--predictions", good, "--out", tmp_path).exit_code == 0
    again = ("--baseline", tmp_path / "report.json", "--metrics", "pck@0.1,ap")
    done = evaluate("--data", truth, "--predictions", worse, *again)
    assert done.exit_code == 0, done.output
    assert "worse, but inside the noise" in done.output
    done = evaluate("--data", truth, "--predictions", worse, *again, "--strict")
    assert done.exit_code == 1, done.output


def test_baseline_of_other_data_is_refused(
    truth: Path, coco_content: Content, write_coco: Write, tmp_path: Path
) -> None:
    found = results(truth, "good.json", 0, 0, 0)
    assert evaluate("--data", truth, "--predictions", found, "--out", tmp_path).exit_code == 0
    coco_content["annotations"][0]["keypoints"][0] += 1
    other = write_coco(coco_content, "other.json")
    done = evaluate(
        *("--data", other, "--predictions", found, "--baseline", tmp_path / "report.json"),
        *("--metrics", "ap,pck@0.3"),
    )
    assert done.exit_code == 3, done.output
    assert "data (SHA-256 of the annotation file): expected" in done.output
    assert "metric pck@0.3: expected share of labelled joints" in done.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--min", "mAP=0.5"], "unknown metric 'mAP'; known are ap, ap50"),
        (["--min", "pck@0.2/beak=0.5"], "known are head, left_hand, right_hand"),
        (["--min", "ap"], "expected METRIC=NUMBER"),
        (["--metrics", "ap,quality"], "unknown metric 'quality'"),
        (["--metrics", ""], "unknown metric ''"),
        (["--max-drop", "0.1"], "need a --baseline"),
        (["--strict"], "need a --baseline"),
        (["--boxes", "gt"], "--predictions excludes"),
        (["--device", "cpu"], "--predictions excludes"),
        (["--conf", "0.2"], "--predictions excludes"),
        (["--weights", "x.safetensors"], "--predictions excludes"),
        (["--sigmas", "0.1"], "expected 3 numbers"),
        (["--sigmas", "0.1,0.1,0.1", "--default-sigma", "0.1"], "exclude each other"),
        (["--resamples", "5"], "expected 100 or more"),
        (["--seed", "-1"], "expected 0 or more"),
    ],
)
def test_wrong_usage(truth: Path, options: list[str], message: str) -> None:
    found = results(truth, "good.json", 0, 0, 0)
    arguments = ["--data", truth, "--predictions", found, *QUICK, *options]
    done = CliRunner().invoke(app, ["eval", *map(str, arguments)])
    assert done.exit_code == 2, done.output
    assert message in done.output


def test_max_drop_out_of_range(truth: Path, tmp_path: Path) -> None:
    found = results(truth, "good.json", 0, 0, 0)
    assert evaluate("--data", truth, "--predictions", found, "--out", tmp_path).exit_code == 0
    again = ("--baseline", tmp_path / "report.json", "--max-drop", "1.5")
    done = evaluate("--data", truth, "--predictions", found, *again)
    assert done.exit_code == 2, done.output
    assert "--max-drop: expected 0..1, found 1.5" in done.output


def no_score(entries: list[Content]) -> None:
    del entries[1]["score"]


def not_a_number(entries: list[Content]) -> None:
    entries[1]["keypoints"][0] = float("nan")


def endless(entries: list[Content]) -> None:
    entries[1]["keypoints"][3] = float("inf")


def unknown_picture(entries: list[Content]) -> None:
    entries[1]["image_id"] = 99


def other_joints(entries: list[Content]) -> None:
    entries[1]["keypoints"] *= 2


def same_person_twice(entries: list[Content]) -> None:
    for entry, number in zip(entries, (11, 11, 21), strict=True):
        entry["annotation_id"] = number


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (no_score, "entry no. 2: expected a number as score, found None"),
        (not_a_number, "entry no. 2: expected keypoints as 9 numbers (3 joints), found 9 values"),
        (endless, "entry no. 2: expected keypoints as 9 numbers (3 joints), found 9 values"),
        (unknown_picture, "entry no. 2: expected the image_id of a picture in"),
        (other_joints, "entry no. 2: expected keypoints as 9 numbers (3 joints), found 18"),
        (same_person_twice, "entry no. 2: expected each annotation_id once"),
    ],
)
def test_broken_results_are_refused(
    truth: Path, spoil: Callable[[list[Content]], None], message: str
) -> None:
    found = results(truth, "broken.json", 0, 0, 0)
    entries = json.loads(found.read_text())
    spoil(entries)
    found.write_text(json.dumps(entries))
    done = evaluate("--data", truth, "--predictions", found, "--out", truth.parent / "out")
    assert done.exit_code == 3, done.output
    assert message in done.output
    assert not (truth.parent / "out").exists()


def same_id(content: Content) -> None:
    content["annotations"][1]["id"] = 11


def nobody(content: Content) -> None:
    content["annotations"] = []


def no_labels(content: Content) -> None:
    for annotation in content["annotations"]:
        annotation.update(keypoints=[0] * 9, num_keypoints=0)


def no_sigmas(content: Content) -> None:
    del content["categories"][0]["sigmas"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (same_id, "annotation 11: expected a unique id, found 'the id a second time'"),
        (nobody, "expected annotated people, found none in 2 pictures"),
        (no_labels, "expected labelled joints (v > 0), found none of 3 people"),
        (no_sigmas, "OKS means nothing without them"),
    ],
)
def test_truth_without_meaning_is_refused(
    coco_content: Content, write_coco: Write, spoil: Callable[[Content], None], message: str
) -> None:
    spoil(coco_content)
    truth = write_coco(coco_content)
    done = evaluate("--data", truth, "--predictions", results(truth, "found.json"))
    assert done.exit_code == 3, done.output
    assert message in done.output


def test_default_sigma_is_told(coco_content: Content, write_coco: Write, tmp_path: Path) -> None:
    no_sigmas(coco_content)
    truth = write_coco(coco_content)
    found = results(truth, "found.json", 0, 0, 0)
    done = evaluate("--data", truth, "--predictions", found, "--default-sigma", "0.05")
    assert done.exit_code == 0, done.output
    assert "sigmas: one default for all joints, given by --default-sigma 0.05" in done.output


def test_pckh_without_heads_is_refused(truth: Path) -> None:
    found = results(truth, "found.json", 0, 0, 0)
    done = evaluate("--data", truth, "--predictions", found, "--metrics", "pckh@0.5")
    assert done.exit_code == 3, done.output
    assert "pckh@0.5 cannot be measured: no annotation has a head box" in done.output


def test_published_results_pass_and_fail(shared: Path, tmp_path: Path) -> None:
    pair = (
        *("--data", shared / "data/coco/dev.json"),
        *("--predictions", shared / "teachers/results_dev.json"),
    )
    done = evaluate(*pair, "--min", "ap=0.55", "--min", "pck@0.2/left_wrist=0.6")
    assert done.exit_code == 0, done.output
    done = evaluate(*pair, "--min", "ap=0.6")
    assert done.exit_code == 1, done.output


def test_names_in_brackets_are_printed_as_they_are(
    coco_content: Content, write_coco: Write
) -> None:
    coco_content["categories"][0]["keypoints"][0] = "head[red]"
    truth = write_coco(coco_content)
    found = results(truth, "found.json", 0, 0, 0)
    done = evaluate("--data", truth, "--predictions", found, "--min", "pck@0.2/head[red]=1")
    assert done.exit_code == 0, done.output
    assert done.output.count("head[red]") >= 3, "two tables of joints and one of limits"
