"""One fault in a clean set is found where it is, and nothing else; all of them together, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from clean_faults import FAULTS, Fault
from clean_set import Content, entry, joint

from pedpose.checking.check import check
from pedpose.checking.codes import CODES
from pedpose.checking.settings import CheckSettings
from pedpose.errors import ConfigError, DataError

Save = Callable[..., Path]


def test_a_clean_set_has_no_findings(clean: Content, save: Save):
    report = check([save(clean)])
    assert report.findings == ()
    assert (report.files[0].images, report.files[0].annotations) == (12, 24)
    assert report.passed(strict=True)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_one_fault_is_found_alone(fault: Fault, clean: Content, save: Save, tmp_path: Path):
    where = fault(clean, tmp_path)
    report = check([save(clean)])
    assert [(f.code, str(f.place)) for f in report.findings] == [(FAULTS[fault], where)], [
        str(f) for f in report.findings
    ]
    finding = report.findings[0]
    assert finding.severity == CODES[FAULTS[fault]][0]
    assert finding.expected
    assert report.passed() == (finding.severity == "warning")
    assert not report.passed(strict=True)


def test_all_faults_are_found_together(clean: Content, save: Save, tmp_path: Path):
    expected = Counter()
    for fault, code in FAULTS.items():
        where = fault(clean, tmp_path)
        expected[code, "file" if code in ("no-joints",) else where] += 1
    found = Counter((f.code, str(f.place)) for f in check([save(clean)]).findings)
    assert expected <= found, expected - found
    # Of crowded image 10 nothing is said that is not a fault of its own.
    assert {code for code, _ in found - expected} <= {"near-duplicate-person"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "expected a JSON object, found list"),
        ('{"images": []}', "'annotations': expected a list"),
        ('{"images": [], "annotations": [], "categories": []}', "exactly one with keypoints"),
        ('{"images": [], "annotations": [], "categories": [{"id": "a"}]}', "integer id"),
    ],
)
def test_files_that_are_not_coco_are_refused(content: str, message: str, tmp_path: Path):
    path = tmp_path / "train.json"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        check([path])


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="cannot be read"):
        check([tmp_path / "none.json"])


def test_a_file_given_twice_is_refused(clean: Content, save: Save):
    path = save(clean)
    with pytest.raises(ConfigError, match="twice"):
        check([path, path.parent / "images" / ".." / path.name])


def test_skeletons_are_checked(clean: Content, save: Save):
    category = clean["categories"][0]
    category["keypoints"][16] = "right_foot"
    del category["sigmas"]
    report = check([save(clean)])
    assert report.counts() == {"side-without-partner": 1, "no-sigmas": 1}
    assert report.remarks
    category["keypoints"][16] = "nose"
    assert "bad-skeleton" in check([save(clean)]).counts()


def test_skeletons_of_one_joint_work(clean: Content, save: Save):
    clean["categories"][0] = {"id": 1, "name": "dot", "keypoints": ["dot"], "sigmas": [0.1]}
    for number, annotation in enumerate(clean["annotations"]):
        annotation["keypoints"] = [20.0 + 60 * (number % 2), 40.0, 2]
        annotation["num_keypoints"] = 1
    assert check([save(clean)]).findings == ()
    entry(clean, 101)["keypoints"] = [200, 40, 2]
    report = check([save(clean)])
    assert [(f.code, f.place.joint) for f in report.findings] == [("joint-outside", "dot")]


def test_other_categories_and_crowds_need_no_joints(clean: Content, save: Save):
    clean["categories"].append({"id": 2, "name": "car"})
    clean["annotations"] += [
        {"id": 301, "image_id": 1, "category_id": 2, "bbox": [1, 1, 500, 5]},
        {"id": 302, "image_id": 1, "category_id": 1, "iscrowd": 1, "bbox": [1, 1, 50, 50]},
    ]
    assert check([save(clean)]).findings == ()


def test_an_outlier_is_worth_a_look(clean: Content, save: Save):
    place = joint(clean, 101, "left_ankle")
    entry(clean, 101)["keypoints"][place] = [38, 6, 2]
    report = check([save(clean)])
    assert [f.code for f in report.findings] == ["outlier"]
    assert report.findings[0].place.annotation == 101
    assert "left_ankle" in str(report.findings[0].place.joint)
    assert report.passed()
    assert check([save(clean)], CheckSettings(outliers=0)).findings == ()


def test_outliers_are_ranked_over_all_files(clean: Content, save: Save):
    for number, rise in ((101, 50), (103, 70), (107, 60)):
        y = entry(clean, number)["keypoints"][joint(clean, number, "left_ankle")][1]
        entry(clean, number)["keypoints"][joint(clean, number, "left_ankle")] = [38, y - rise, 2]
    report = check([save(clean)], CheckSettings(outliers=2))
    assert [f.place.annotation for f in report.findings] == [103, 107]


def test_people_who_lie_or_hang_are_no_fault(clean: Content, save: Save):
    for annotation in clean["annotations"][:8]:
        left, top, width, height = annotation["bbox"]
        flat = annotation["keypoints"]
        # Turned by half a turn: the head is below, left is where right was.
        flat[0::3] = [2 * left + width - 1 - x for x in flat[0::3]]
        flat[1::3] = [2 * top + height - 1 - y for y in flat[1::3]]
    assert check([save(clean)]).findings == ()


def test_without_pictures_only_the_file_is_checked(clean: Content, save: Save, tmp_path: Path):
    for path in (tmp_path / "images").iterdir():
        path.unlink()
    path = save(clean)
    assert check([path]).counts() == {"missing-picture": 12}
    assert check([path], CheckSettings(pictures=False)).findings == ()
    with pytest.raises(ConfigError, match="--no-pictures"):
        CheckSettings(pictures=False, weights=tmp_path / "w.safetensors")


def test_pictures_may_lie_elsewhere(clean: Content, save: Save, tmp_path: Path):
    (tmp_path / "images").rename(tmp_path / "moved")
    for image in clean["images"]:
        image["file_name"] = Path(image["file_name"]).name
    path = save(clean)
    assert check([path], CheckSettings(images=tmp_path / "moved")).findings == ()
    with pytest.raises(ConfigError, match="--images: expected a folder"):
        CheckSettings(images=tmp_path / "none")
