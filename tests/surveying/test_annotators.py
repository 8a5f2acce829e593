"""Sigmas from repeated labels, on annotators whose errors are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pedpose.cli.main import app
from pedpose.data.coco import read_coco
from pedpose.evaluation.bootstrap import Resampling
from pedpose.surveying.annotators import Agreement, estimate
from pedpose.surveying.same_people import same_people

TRUE = (0.03, 0.08, 0.2)
NAMES = ("nose", "wrist", "hip")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["data", "stats", *map(str, arguments)])


def write(path: Path, noise: float, seed: int, people: int = 600, **change: Any) -> Path:
    """Label the same people of known places, with Gaussian errors of ``noise`` times sigma."""
    truth, random = np.random.default_rng(0), np.random.default_rng(seed)
    images, annotations = [], []
    for number in range(1, people + 1):
        if number % 2:
            images.append(
                {"id": number, "file_name": f"{number}.jpg", "width": 1000, "height": 500}
            )
        x, side = 20 + 500 * (number % 2 == 0), truth.integers(100, 400)
        area = 0.5 * side**2
        # E[d^2] = 2 (deviation in x)^2 = sigma^2 area
        deviation = np.array(TRUE) * np.sqrt(area / 2) * noise
        places = truth.uniform([x, 20], [x + side, 20 + side], (3, 2))
        places += random.normal(0, 1, (3, 2)) * deviation[:, None]
        flat = np.column_stack([places, [2, 2, 1]]).round(3).ravel().tolist()
        annotations.append(
            {
                **{"id": number, "image_id": number - (number % 2 == 0), "category_id": 1},
                **{"bbox": [x, 20, int(side), int(side)], "area": area, "keypoints": flat},
            }
        )
    category = {"id": 1, "name": "person", "keypoints": list(NAMES)}
    content = {"images": images, "annotations": annotations, "categories": [category], **change}
    path.write_text(json.dumps(content))
    return path


def agreement(*paths: Path) -> Agreement:
    files = [read_coco(path, need_pictures=False) for path in paths]
    return estimate(NAMES, same_people(files), Resampling(200))


@pytest.mark.parametrize("annotators", [2, 4])
def test_known_noise_is_found_again(tmp_path: Path, annotators: int) -> None:
    paths = [write(tmp_path / f"{n}.json", 1, n) for n in range(1, annotators + 1)]
    found = agreement(*paths)
    assert found.matched == (600,) * (annotators - 1)
    # The variance of n (annotators - 1) times two coordinates has a relative error of
    # sqrt(2 / (2 n (annotators - 1))), its root half of that.
    error = 0.5 / np.sqrt(600 * (annotators - 1))
    for joint, sigma in zip(found.joints, TRUE, strict=True):
        assert joint.pairs == 600 * annotators * (annotators - 1) / 2
        assert joint.sigma == pytest.approx(sigma, rel=4 * error)
        assert joint.robust == pytest.approx(sigma, rel=0.12)
        assert joint.low is not None and joint.high is not None
        assert joint.low < joint.sigma < joint.high
        assert joint.high - joint.low == pytest.approx(2 * 1.96 * error * sigma, rel=0.4)
        assert joint.outliers <= 3
        assert (joint.alone, joint.identical, joint.problem) == (0, 0, None)


def test_by_hand(tmp_path: Path) -> None:
    """Three annotators at (10, 10), (13, 14), (10, 10): their mean is (11, 11 1/3)."""
    category = {"id": 1, "name": "person", "keypoints": ["dot"]}
    paths = []
    for number, (x, y) in enumerate(((10, 10), (13, 14), (10, 10))):
        image = {"id": 1, "file_name": f"{number}/a.jpg", "width": 50, "height": 50}
        person = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 40, 40], "area": 400}
        content = {"images": [image], "annotations": [{**person, "keypoints": [x, y, 2]}]}
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(json.dumps({**content, "categories": [category]}))
    files = [read_coco(path, need_pictures=False) for path in paths]
    (joint,) = estimate(["dot"], same_people(files), Resampling(100)).joints
    # d^2 of the pairs is 25, 0, 25: mean 50 / 3, half of it over 400 is 1 / 48.
    assert joint.sigma == pytest.approx((1 / 48) ** 0.5, abs=1e-6)
    # The unbiased variance: (1 + 16/9 + 4 + 64/9 + 1 + 16/9) / 2 / 400.
    assert joint.sigma == pytest.approx((50 / 3 / 2 / 400) ** 0.5, abs=1e-6)
    assert (joint.pairs, joint.identical, joint.low) == (3, 1, None)
    assert joint.problem == "too few pairs of labels (3, expected 10)"


def test_gross_errors_are_counted_and_leave_the_median(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.json", 1, 1), write(tmp_path / "b.json", 1, 2)
    content = json.loads(second.read_text())
    for person in content["annotations"][:30]:
        person["keypoints"][0] += 2 * person["bbox"][2]
    second.write_text(json.dumps(content))
    nose, wrist, _ = agreement(first, second).joints
    assert 30 <= nose.outliers <= 33
    assert nose.sigma is not None and nose.sigma > 5 * TRUE[0]
    assert nose.robust == pytest.approx(TRUE[0], rel=0.15)
    assert wrist.outliers <= 3


def test_only_what_both_labelled_counts(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.json", 1, 1), write(tmp_path / "b.json", 1, 2)
    content = json.loads(second.read_text())
    for person in content["annotations"][:595]:
        person["keypoints"][3:6] = [0, 0, 0]
    second.write_text(json.dumps(content))
    nose, wrist, hip = agreement(first, second).joints
    assert (nose.pairs, wrist.pairs, hip.pairs) == (600, 5, 600)
    assert wrist.alone == 595
    done = run("--annotators", first, second, "--write", tmp_path / "new.json")
    assert done.exit_code == 3
    assert "wrist: too few pairs of labels (5, expected 10)" in done.stderr
    assert "--sigmas" not in done.stdout
    assert "too few" in done.stdout
    assert not (tmp_path / "new.json").exists()
    assert json.loads(run("--annotators", first, second, "--json").stdout)["sigmas"] is None


def test_people_are_matched_one_to_one_by_their_boxes(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.json", 1, 1, 40), write(tmp_path / "b.json", 1, 2, 40)
    content = json.loads(second.read_text())
    content["annotations"].reverse()
    for image in content["images"]:
        image["file_name"] = "elsewhere/" + image["file_name"]
    del content["annotations"][5]
    content["annotations"][0]["bbox"] = [950, 400, 40, 90]
    twice = content["annotations"][7]
    narrow = [*twice["bbox"][:2], 0.8 * twice["bbox"][2], twice["bbox"][3]]
    content["annotations"].append({**twice, "id": 999, "bbox": narrow})
    second.write_text(json.dumps(content))
    found = agreement(first, second)
    assert (found.pictures, found.matched, found.unmatched, found.missed) == (20, (38,), (2,), (2,))
    assert found.joints[0].pairs == 38
    assert found.joints[0].outliers == 0  # nobody was compared with somebody else


def test_copies_are_refused(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.json", 1, 1), write(tmp_path / "b.json", 1, 1)
    done = run("--annotators", first, second, "--write", tmp_path / "new.json")
    assert done.exit_code == 3
    assert "nose: 600 of 600 pairs are identical: not labelled twice" in done.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"categories": [{"id": 1, "name": "p", "keypoints": ["nose", "hip", "wrist"]}]}, "'hip'"),
        ({"images": [{"id": 1, "file_name": "1.jpg", "width": 900, "height": 500}]}, "1000 x 500"),
        ({"images": [{"id": 1, "file_name": "x.jpg", "width": 900, "height": 500}]}, "no picture"),
    ],
)
def test_files_that_do_not_belong_together(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    first = write(tmp_path / "a.json", 1, 1, 2)
    second = write(tmp_path / "b.json", 1, 2, 2, **change)
    done = run("--annotators", first, second)
    assert done.exit_code == 3
    assert message in done.stderr


def test_written_copy(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    first, second = write(tmp_path / "in/a.json", 1, 1), write(tmp_path / "in/b.json", 1, 2)
    before = first.read_bytes()
    out = tmp_path / "new" / "with.json"
    done = run("--annotators", first, second, "--write", out)
    assert done.exit_code == 0, done.output
    assert first.read_bytes() == before
    (line,) = [li for li in done.stdout.splitlines() if li.startswith("--sigmas ")]
    data = read_coco(out, need_pictures=False)
    assert data.skeleton.sigmas == tuple(map(float, line.split()[1].split(",")))
    assert data.skeleton.sigmas == pytest.approx(TRUE, rel=0.1)
    old, new = json.loads(before), json.loads(out.read_text())
    assert new["annotations"] == old["annotations"]
    assert new["images"][0]["file_name"] == "../in/1.jpg"
    assert "annotator 2" in done.stdout and "600 people matched; not matched: 0" in done.stdout
    again = run("--annotators", first, second, "--write", out)
    assert again.exit_code == 2
    assert "exists already" in again.stderr
    assert run("--annotators", first, second, "--write", first).exit_code == 2
    assert first.read_bytes() == before


def test_wrong_options(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", 1, 1, 2)
    for arguments, message in (
        ((path, "--annotators"), "two or more, found one"),
        ((path, path), "expected one file, found 2"),
        ((path, "--write", tmp_path / "o.json"), "which need --annotators"),
        ((path, path, "--annotators", "--out", tmp_path), "not for --annotators"),
        ((path, path, "--annotators", "--resamples", 5), "expected 100 or more"),
    ):
        done = run(*arguments)
        assert done.exit_code == 2, done.output
        assert message in done.stderr
