"""The reports that ``pedpose eval --out`` writes, on the rendered samples."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from pedpose.cli.main import app

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
TRUTH = SAMPLES / "samples.json"


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments), "--resamples", "100"])


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Results for the samples: all people, their left wrists 30 pixels off."""
    content = json.loads(TRUTH.read_text())
    wrist = 3 * content["categories"][0]["keypoints"].index("left_wrist")
    entries: list[dict[str, Any]] = []
    for person in content["annotations"]:
        if person["num_keypoints"]:
            keypoints = list(person["keypoints"])
            keypoints[wrist] += 30
            ids = {"image_id": person["image_id"], "category_id": 1, "score": 0.9}
            entries.append({**ids, "keypoints": keypoints})
    path = tmp_path / "results.json"
    path.write_text(json.dumps(entries))
    return path


def test_all_reports_agree(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = evaluate(
        *("--data", TRUTH, "--predictions", results, "--out", out),
        *("--min", "pck@0.05/left_wrist=0.9", "--min", "pck@0.05/right_wrist=0.9"),
    )
    assert done.exit_code == 1, done.output
    for name in ("report.json", "report.md", "junit.xml", "report.html"):
        assert f"report: {out / name}" in done.output
    content = json.loads((out / "report.json").read_text())
    value = content["metrics"]["pck@0.05"]["joints"]["left_wrist"]["value"]
    found = f"pck@0.05/left_wrist: {value:.4f}, expected at least 0.9"
    failures = ElementTree.parse(out / "junit.xml").getroot().findall(".//failure")
    assert [failure.get("message") for failure in failures] == [found]
    summary = (out / "report.md").read_text()
    assert f"- **fell short**: {found}" in summary
    page = (out / "report.html").read_text()
    assert found in page
    assert page.count("data:image/jpeg;base64,") == 2 * len(content["per_picture"]["ids"])


def test_pictures_may_lie_elsewhere(results: Path, tmp_path: Path) -> None:
    moved = tmp_path / "annotations" / "truth.json"
    moved.parent.mkdir()
    moved.write_text(TRUTH.read_text())
    arguments = ("--data", moved, "--predictions", results, "--out", tmp_path / "out")
    page = tmp_path / "out" / "report.html"
    assert evaluate(*arguments).exit_code == 0
    assert "4 of 4 pictures are only listed, not drawn" in page.read_text()
    done = evaluate(*arguments, "--images", SAMPLES)
    assert done.exit_code == 0, done.output
    assert page.read_text().count("data:image/jpeg;base64,") == 8
    assert '<span class="name">plaza.jpg</span>' in page.read_text()

    done = evaluate(*arguments, "--images", tmp_path)  # given, they must be there
    assert done.exit_code == 3, done.output
    assert "expected the picture plaza.jpg on disk" in done.output
    done = evaluate(*arguments, "--images", tmp_path / "gone")
    assert done.exit_code == 2, done.output


def test_without_out_nothing_is_written(results: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    done = evaluate("--data", TRUTH, "--predictions", results)
    assert done.exit_code == 0, done.output
    assert "report:" not in done.output
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_as_folder_is_refused_before_the_work(results: Path) -> None:
    done = evaluate("--data", TRUTH, "--predictions", results, "--out", results)
    assert done.exit_code == 2, done.output
    assert "--out: expected a folder, found a file" in done.output


def test_drawing_libraries_are_only_loaded_for_reports(results: Path) -> None:
    arguments = ["eval", "--data", str(TRUTH), "--predictions", str(results), "--resamples", "100"]
    code = (
        f"import sys; from pedpose.cli.main import app; app({arguments!r}, standalone_mode=False); "
        "print('loaded:', [m for m in ('matplotlib', 'jinja2', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # pycocotools, which measures AP, loads matplotlib by itself.
    loaded = done.stdout.splitlines()[-1]
    assert loaded in ("loaded: []", "loaded: ['matplotlib']"), loaded
