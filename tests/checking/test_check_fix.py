"""Corrected copies: what is certain is mended, the rest left out and listed, no input changed."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.ExifTags
import PIL.Image
import pytest
from clean_faults import FAULTS, Fault, bad_image_size, box_outside, duplicate_file_name
from clean_set import Content, entry, make_clean, picture

from pedpose.checking.changes import Fixed
from pedpose.checking.check import check
from pedpose.checking.fix import fix
from pedpose.checking.settings import CheckSettings
from pedpose.data.coco import read_coco
from pedpose.errors import ConfigError, DataError

Save = Callable[..., Path]


def fixed(path: Path, leaks: bool = False, *more: Path) -> tuple[Fixed, Content]:
    """Return what a correction into ``OUT/deep`` did, and the content of the first copy."""
    out = path.parent / "OUT" / "deep"
    result = fix([path, *more], CheckSettings(), out, leaks)
    assert result.written[0] == out / path.name
    return result, json.loads(result.written[0].read_text())


def fingerprints(folder: Path) -> dict[Path, str]:
    """Return the SHA-256 of each file below a folder, but for the copies."""
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and "OUT" not in path.parts
    }


def changed(result: Fixed) -> list[tuple[str, str, Any, Any]]:
    return [
        (str(c.place), c.what, c.old, c.new)
        for c in result.changes
        if c.what != "file_name of all images"
    ]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_copies_pass_whatever_the_fault(fault: Fault, clean: Content, save: Save, tmp_path: Path):
    fault(clean, tmp_path)
    path = save(clean)
    before = fingerprints(tmp_path)
    result, _ = fixed(path)
    assert fingerprints(tmp_path) == before
    assert result.after.errors == 0, [str(f) for f in result.after.findings]
    assert check(result.written).errors == 0
    data = read_coco(result.written[0])
    assert 10 <= len(data.pictures) <= 14
    assert data.people >= 20
    if not result.before.passed():
        assert changed(result)


def test_all_faults_together_are_mended(clean: Content, save: Save, tmp_path: Path):
    for fault in FAULTS:
        fault(clean, tmp_path)
    path = save(clean)
    before = fingerprints(tmp_path)
    result, content = fixed(path)
    assert fingerprints(tmp_path) == before
    assert result.after.errors == 0, [str(f) for f in result.after.findings]
    read_coco(result.written[0])
    # Every annotation that is not in the copy is listed.
    gone = [c for c in result.changes if c.what == "entry" and c.place.section == "annotations"]
    assert len(gone) == len(clean["annotations"]) - len(content["annotations"])


def test_a_clean_file_is_copied_as_it_is(clean: Content, save: Save, tmp_path: Path):
    result, content = fixed(save(clean))
    assert changed(result) == []
    assert content["annotations"] == clean["annotations"]
    assert content["categories"] == clean["categories"]
    assert content["images"][0]["file_name"] == "../../images/1.png"
    assert [c.new for c in result.changes] == [f"relative to {tmp_path / 'OUT' / 'deep'}"]


def test_numbers_are_mended(clean: Content, save: Save, tmp_path: Path):
    person = entry(clean, 101)
    person["num_keypoints"] = 5
    person["keypoints"][:3] = [7, 8, 0]
    entry(clean, 103)["bbox"] = [-10, 5, 56, 80]
    entry(clean, 105)["area"] = math.nan
    entry(clean, 107)["keypoints"][6:9] = [400, 3, 1]
    del entry(clean, 109)["num_keypoints"]
    result, content = fixed(save(clean))
    mended = [
        ("image 1, annotation 101, nose", "x, y, v", [7, 8, 0], [0, 0, 0]),
        ("image 1, annotation 101", "num_keypoints", 5, 16),
        ("image 2, annotation 103", "bbox", [-10, 5, 56, 80], [0, 5, 46, 80]),
        ("image 3, annotation 105", "area", "nan", 0.53 * 36 * 80),
        ("image 4, annotation 107, right_eye", "x, y, v", [400, 3, 1], [0, 0, 0]),
        ("image 4, annotation 107", "num_keypoints", 17, 16),
        ("image 5, annotation 109", "num_keypoints", None, 17),
    ]
    assert changed(result) == mended
    assert entry(content, 101)["keypoints"][:3] == [0, 0, 0]
    assert entry(content, 103)["bbox"] == [0, 5, 46, 80]
    assert entry(content, 107)["num_keypoints"] == 16
    assert result.after.findings == ()


def test_a_box_out_of_sight_is_left_out(clean: Content, save: Save):
    entry(clean, 101)["bbox"] = [130, 5, 36, 80]
    result, content = fixed(save(clean))
    assert [c[:2] for c in changed(result)] == [("image 1, annotation 101", "entry")]
    assert 101 not in [a["id"] for a in content["annotations"]]


def test_a_bad_v_is_not_guessed(clean: Content, save: Save):
    entry(clean, 101)["keypoints"][2] = 3
    result, content = fixed(save(clean))
    place, what, old, new = changed(result)[0]
    assert (place, what, new) == ("image 1, annotation 101", "entry", None)
    assert old == "bbox [10.0, 5.0, 36.0, 80.0]"
    assert len(content["annotations"]) == 23


def test_a_size_is_mended_where_annotations_fit_only_it(clean: Content, save: Save, tmp_path: Path):
    picture(5, 120, 100).save(tmp_path / "images/5.png")
    result, content = fixed(save(clean))
    assert changed(result) == [("image 5", "width, height", [120, 90], [120, 100])]
    assert content["images"][4]["height"] == 100


def test_a_size_is_left_where_the_picture_may_have_been_resized(
    clean: Content, save: Save, tmp_path: Path
):
    """All boxes fit the larger picture, too, but are likely made for the smaller one."""
    picture(5, 240, 180).save(tmp_path / "images/5.png")
    result, content = fixed(save(clean))
    assert changed(result) == []
    assert result.after.counts() == {"wrong-size": 1}
    assert content["images"][4]["width"] == 120


def test_a_size_is_left_where_annotations_do_not_fit_it(clean: Content, save: Save, tmp_path: Path):
    picture(5, 60, 90).save(tmp_path / "images/5.png")
    result, _ = fixed(save(clean))
    assert changed(result) == []
    assert not result.after.passed()


def test_a_turned_picture_is_mended_only_if_boxes_say_so(
    clean: Content, save: Save, tmp_path: Path
):
    exif = PIL.Image.Exif()
    exif[PIL.ExifTags.Base.Orientation] = 6
    picture(5, 90, 120).save(tmp_path / "images/5.jpg", exif=exif)
    clean["images"][4].update(file_name="images/5.jpg", width=90, height=120)
    result, _ = fixed(save(clean))
    assert changed(result) == [("image 5", "width, height", [90, 120], [120, 90])]
    shutil.rmtree(tmp_path / "OUT")
    # Without the person on the right the others fit the picture as it is stored as well.
    clean["annotations"].remove(entry(clean, 110))
    result, _ = fixed(save(clean))
    assert changed(result) == []
    assert result.after.counts() == {"wrong-size": 1}


def test_two_entries_of_one_picture_become_one(clean: Content, save: Save, tmp_path: Path):
    duplicate_file_name(clean, tmp_path)
    clean["annotations"].append({**entry(clean, 103), "id": 301, "image_id": 53})
    entry(clean, 104)["image_id"] = 53
    result, content = fixed(save(clean))
    assert result.after.findings == ()
    assert [a["id"] for a in content["annotations"] if a["image_id"] == 2] == [103, 104]
    assert 53 not in [image["id"] for image in content["images"]]
    assert ("image 53, annotation 104", "image_id", 53, 2) in changed(result)


def test_an_id_of_two_pictures_is_left_out(clean: Content, save: Save, tmp_path: Path):
    """Which of them an annotation belongs to nobody can tell; two equal entries are one."""
    clean["images"].append(dict(clean["images"][0]))
    result, content = fixed(save(clean))
    assert len(content["images"]) == 12
    assert len(content["annotations"]) == 24
    shutil.rmtree(tmp_path / "OUT")
    clean["images"][1]["id"] = 3
    result, content = fixed(save(clean))
    assert [image["id"] for image in content["images"]] == [1, *range(4, 13)]
    assert result.after.findings == ()


def test_without_pictures_the_rest_is_mended(clean: Content, save: Save, tmp_path: Path):
    bad_image_size(clean, tmp_path)
    box_outside(clean, tmp_path)
    out = tmp_path / "OUT"
    result = fix([save(clean)], CheckSettings(pictures=False), out)
    assert result.after.findings == ()
    content = json.loads((out / "train.json").read_text())
    assert 51 not in [image["id"] for image in content["images"]]
    assert entry(content, 211)["bbox"] == [0, 0, 119, 90]


def test_leaks_are_left_out_of_the_later_split_if_asked(clean: Content, save: Save, tmp_path: Path):
    other = make_clean(tmp_path / "other", first=50)
    shutil.copy(tmp_path / "images/3.png", tmp_path / "other/images/52.png")
    with PIL.Image.open(tmp_path / "images/4.png") as image:
        image.save(tmp_path / "other/images/near.jpg")
    other["images"][3]["file_name"] = "images/near.jpg"
    val = tmp_path / "other/val.json"
    val.write_text(json.dumps(other))
    train = save(clean)

    kept, _ = fixed(train, False, val)
    assert kept.after.counts() == {"leak": 1, "near-leak": 1}
    assert changed(kept) == []
    shutil.rmtree(tmp_path / "OUT")

    result, content = fixed(train, True, val)
    assert result.after.findings == ()
    assert len(content["images"]) == 12
    left = json.loads(result.written[1].read_text())
    assert [i["id"] for i in left["images"]] == [50, 51, *range(54, 62)]
    assert [(c.file, c.place.image, c.reason) for c in result.changes if c.what == "entry"][:2] == [
        (val, 52, "leak"),
        (val, 53, "near-leak"),
    ]
    assert len(left["annotations"]) == 20


def test_other_files_are_found_from_the_copy(clean: Content, save: Save, tmp_path: Path):
    (tmp_path / "heat.npz").write_bytes(b"")
    clean["teacher_heatmaps"] = "heat.npz"
    _, content = fixed(save(clean))
    assert content["teacher_heatmaps"] == "../../heat.npz"


def test_copies_work_through_links(clean: Content, save: Save, tmp_path: Path):
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a/b/c", target_is_directory=True)
    result = fix([save(clean)], CheckSettings(), tmp_path / "link")
    assert result.after.findings == ()


def test_no_file_is_replaced(clean: Content, save: Save, tmp_path: Path):
    path = save(clean)
    with pytest.raises(ConfigError, match="exists"):
        fix([path], CheckSettings(), tmp_path)
    with pytest.raises(ConfigError, match="expected a folder"):
        fix([path], CheckSettings(), path)
    (tmp_path / "twin").mkdir()
    twin = Path(shutil.copy(path, tmp_path / "twin"))
    with pytest.raises(ConfigError, match=r"train\.json twice"):
        fix([path, twin], CheckSettings(pictures=False), tmp_path / "OUT")
    assert not (tmp_path / "OUT").exists()


def test_nan_in_what_is_not_needed_is_left_out(clean: Content, save: Save):
    clean["info"] = {"version": math.nan}
    clean["images"][0]["gps"] = [1, math.inf]
    path = save(clean)
    assert check([path]).counts() == {"not-a-number": 2}
    result, content = fixed(path)
    assert sorted(changed(result)) == [
        ("file", "info", "{'version': nan}", None),
        ("image 1", "gps", [1, "inf"], None),
    ]
    assert "info" not in content
    assert result.after.findings == ()


def test_nan_in_the_category_is_refused(clean: Content, save: Save, tmp_path: Path):
    clean["categories"][0]["sigmas"][0] = math.nan
    with pytest.raises(DataError, match="'categories': expected finite numbers"):
        fixed(save(clean))
    assert not (tmp_path / "OUT/deep/train.json").exists()
