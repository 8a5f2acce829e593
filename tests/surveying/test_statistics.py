"""What ``pedpose data stats`` counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from pedpose.cli.main import app
from pedpose.data.coco import CocoData, read_coco
from pedpose.surveying.plots import charts
from pedpose.surveying.poses import JointPose, mean_pose
from pedpose.surveying.statistics import survey

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "samples.json"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["data", "stats", *map(str, arguments)])


def test_counts(data: CocoData) -> None:
    found = survey(data)
    assert (found.pictures, found.people, found.crowds) == (2, 3, 1)
    assert found.crowding == {"0": 0, "1": 1, "2": 1, "3-5": 0, "6+": 0}
    assert found.sizes == {"small": 3, "medium": 0, "large": 0}
    head, left, right = found.joints
    assert (head.visible, head.hidden, head.unlabelled) == (3, 0, 0)
    assert (left.visible, left.hidden, left.unlabelled) == (2, 1, 0)
    assert (right.visible, right.hidden, right.unlabelled) == (2, 0, 1)
    assert found.heights.to_dict() == {
        **{"p0": 36.0, "p5": 36.4, "p25": 38.0, "p50": 40.0, "p75": 45.0, "p95": 49.0, "p100": 50.0}
    }
    assert found.aspects.quantiles is not None
    assert found.aspects.quantiles[3] == pytest.approx(0.6)
    # Box 11 ends at y = 46 of 48: within two pixels of the border, with all joints.
    assert (found.at_border, found.truncated) == (1, 0)
    assert found.sides == ("middle", "left", "right")


def test_people_by_area_border_and_labels(
    coco_content: dict[str, Any], write_coco: Callable[..., Path]
) -> None:
    first, second, third = (a for a in coco_content["annotations"] if not a.get("iscrowd"))
    first["area"], second["area"], third["area"] = 1023, 1025, 9217
    # Two end at the left border: one has all its labels, the other lacks one.
    first["bbox"][0] = second["bbox"][0] = 2
    first["keypoints"][2::3], first["num_keypoints"] = [2, 2, 2], 3
    second["keypoints"][2::3], second["num_keypoints"] = [2, 2, 0], 2
    third["keypoints"], third["num_keypoints"] = [0] * 9, 0
    found = survey(read_coco(write_coco(coco_content)))
    assert found.sizes == {"small": 1, "medium": 1, "large": 1}
    assert found.without_joints == 1
    assert (found.at_border, found.truncated) == (2, 1)


def test_charts_say_in_words_what_they_show(data: CocoData) -> None:
    *by_numbers, pose = charts(survey(data))
    assert {chart.title: chart.alt for chart in by_numbers} == {
        "People in a picture": (
            "Pictures with 0 people: 0, 1 people: 1, 2 people: 1, 3-5 people: 0, 6+ people: 0."
        ),
        "Labels of each joint": (
            "Labels: head 3 visible, 0 hidden, left_hand 2 visible, 1 hidden, right_hand 2 visible,"
            " 0 hidden."
        ),
        "Heights of boxes": (
            "Heights of boxes in pixels: median 40, nine in ten people 36.4 to 49."
        ),
        "Aspect of boxes": (
            "Aspect of boxes in width / height: median 0.6, nine in ten people 0.51 to 0.66."
        ),
    }
    assert "median 40" in by_numbers[2].svg
    assert pose.title == "Mean pose"
    assert "head at 0.52, 0.12" in pose.alt


def test_places_in_boxes(data: CocoData) -> None:
    pose = survey(data).poses[0]
    assert pose is not None
    # Continuous pixels: 14.5, 10.5 in box 4, 6, 20 x 40 and so on.
    x = [10.5 / 20, 12.5 / 24, 15 / 30]
    y = [4.5 / 40, 4.5 / 36, 5.5 / 50]
    assert pose.people == 3
    assert pose.mean == pytest.approx((np.mean(x), np.mean(y)), abs=1e-6)
    expected = (np.var(x), np.cov(x, y, ddof=0)[0, 1], np.var(y))
    assert pose.covariance == pytest.approx(expected, abs=1e-8)


@given(st.floats(0.1, 5), st.floats(0.01, 1), st.floats(-89, 89))
@settings(max_examples=50, deadline=None)
def test_ellipse_of_a_covariance(large: float, share: float, angle: float) -> None:
    small = large * share
    turn = np.radians(angle)
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    (xx, xy), (_, yy) = axes @ np.diag([large**2, small**2]) @ axes.T
    found = JointPose(1, (0, 0), (xx, xy, yy)).ellipse()
    assert found[:2] == pytest.approx((large, small), rel=1e-4)
    if share < 0.9:
        assert np.cos(2 * np.radians(found[2] - angle)) == pytest.approx(1, abs=1e-4)


def test_poses_do_not_depend_on_place_and_size_of_boxes() -> None:
    random = np.random.default_rng(0)
    unit = random.random((50, 4, 2))
    low, size = random.uniform(0, 100, (50, 1, 2)), random.uniform(10, 99, (50, 1, 2))
    keypoints = np.concatenate([low + unit * size, np.full((50, 4, 1), 2.0)], axis=2)
    keypoints[:, 3, 2] = 0
    boxes = np.concatenate([low, low + size], axis=2)[:, 0]
    poses = mean_pose(keypoints, boxes)
    assert poses[3] is None
    for joint, pose in enumerate(poses[:3]):
        assert pose is not None
        assert pose.mean == pytest.approx(tuple(unit[:, joint].mean(axis=0)), abs=1e-5)


def test_report_files(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    done = run(SAMPLES, "--out", out)
    assert done.exit_code == 0, done.output
    content = json.loads((out / "stats.json").read_text())
    truth = json.loads(SAMPLES.read_text())
    assert content["pictures"] == len(truth["images"])
    assert content["people"] + content["crowds"] == len(truth["annotations"])
    assert [joint["name"] for joint in content["joints"]] == truth["categories"][0]["keypoints"]
    assert content == json.loads(run(SAMPLES, "--json").stdout)
    page = (out / "stats.html").read_text()
    assert page.count("<svg") == 5
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert "right_ankle" in page
    again = run(SAMPLES, "--out", out)
    assert again.exit_code == 2
    assert "exists already, and is not overwritten" in again.stderr


def test_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run(SAMPLES, "--out", tmp_path / name).exit_code == 0
    for file in ("stats.json", "stats.html"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize("people", [0, 1])
def test_one_joint_and_hardly_anybody(
    coco_content: dict[str, Any], write_coco: Callable[..., Path], tmp_path: Path, people: int
) -> None:
    person = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 30]}
    coco_content["annotations"] = [{**person, "keypoints": [5, 5, 2]}][:people]
    coco_content["categories"] = [{"id": 1, "name": "p", "keypoints": ["<b>$x$"]}]
    done = run(write_coco(coco_content), "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "out" / "stats.html").read_text()
    assert "<b>" not in page and "&lt;b&gt;$x$" in page
    content = json.loads((tmp_path / "out" / "stats.json").read_text())
    assert content["people"] == people
    assert (content["heights"] is None) == (not people)
    assert page.count("<svg") == (5 if people else 1)


def test_no_pictures_at_all(tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    category = {"id": 1, "name": "p", "keypoints": ["a"]}
    path.write_text(json.dumps({"images": [], "annotations": [], "categories": [category]}))
    done = run(path, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "pictures: 0, people: 0, crowds: 0" in done.stdout


def test_broken_labels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text("[")
    done = run(path)
    assert done.exit_code == 3
    assert "not valid JSON" in done.stderr
