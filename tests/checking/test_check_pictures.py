"""Sizes, duplicates and leaks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import PIL.ExifTags
import PIL.Image
from clean_set import Content, entry, make_clean, picture

from pedpose.checking.check import check
from pedpose.checking.settings import CheckSettings

Save = Callable[..., Path]


def second_split(folder: Path) -> tuple[Path, Content]:
    """Return the path and content of another clean set, in a folder of its own."""
    content = make_clean(folder / "other", first=50)
    return folder / "other/val.json", content


def test_splits_without_common_pictures_pass(clean: Content, save: Save, tmp_path: Path):
    path, content = second_split(tmp_path)
    path.write_text(json.dumps(content))
    assert check([save(clean), path]).findings == ()


def test_the_same_picture_in_two_splits_is_a_leak(clean: Content, save: Save, tmp_path: Path):
    path, content = second_split(tmp_path)
    shutil.copy(tmp_path / "images/3.png", tmp_path / "other/images/52.png")
    path.write_text(json.dumps(content))
    report = check([save(clean), path])
    assert [(f.code, f.file, f.place.image) for f in report.findings] == [("leak", path, 52)]
    assert "images/3.png of image 3 in" in report.findings[0].found
    assert not report.passed()
    # It is noted in the later split.
    assert [f.file.name for f in check([path, tmp_path / "train.json"]).findings] == ["train.json"]


def test_one_file_in_two_splits_is_a_leak_that_needs_no_look(
    clean: Content, save: Save, tmp_path: Path
):
    other = {**clean, "images": clean["images"][:1], "annotations": clean["annotations"][:2]}
    files = [save(clean), save(other, "val.json")]
    for pictures in (True, False):
        report = check(files, CheckSettings(pictures=pictures))
        assert [(f.code, f.file) for f in report.findings] == [("leak", files[1])]


def test_nearly_the_same_picture_in_two_splits_is_a_warning(
    clean: Content, save: Save, tmp_path: Path
):
    path, content = second_split(tmp_path)
    with PIL.Image.open(tmp_path / "images/3.png") as image:
        image.save(tmp_path / "other/images/near.jpg", quality=50)
    content["images"][2]["file_name"] = "images/near.jpg"
    path.write_text(json.dumps(content))
    report = check([save(clean), path])
    assert [(f.code, f.place.image) for f in report.findings] == [("near-leak", 52)]
    assert report.passed()


def test_pictures_alike_are_one_finding(clean: Content, save: Save, tmp_path: Path):
    for quality in (40, 60, 80):
        with PIL.Image.open(tmp_path / "images/3.png") as image:
            image.save(tmp_path / f"images/q{quality}.jpg", quality=quality)
        name = f"images/q{quality}.jpg"
        clean["images"].append({**clean["images"][2], "id": quality, "file_name": name})
    report = check([save(clean)])
    assert [(f.code, f.place.image) for f in report.findings] == [("near-duplicate-picture", 3)]
    assert report.findings[0].found.startswith("4 pictures")


def test_pictures_of_nothing_are_alike_only_if_they_are(clean: Content, save: Save, tmp_path: Path):
    for number, grey in ((5, 0), (6, 128), (7, 255)):
        PIL.Image.new("RGB", (120, 90), (grey,) * 3).save(tmp_path / f"images/{number}.png")
    assert check([save(clean)]).findings == ()


def test_a_swapped_size_says_so(clean: Content, save: Save, tmp_path: Path):
    clean["images"][4].update(width=90, height=120)
    finding = check([save(clean)]).findings[0]
    assert (finding.code, finding.found) == ("wrong-size", [90, 120])
    assert "width and height have changed places" in finding.expected

    exif = PIL.Image.Exif()
    exif[PIL.ExifTags.Base.Orientation] = 8
    picture(5, 90, 120).save(tmp_path / "images/5.jpg", exif=exif)
    clean["images"][4]["file_name"] = "images/5.jpg"
    finding = check([save(clean)]).findings[0]
    assert (finding.code, finding.found) == ("wrong-size", [90, 120])
    assert "120 x 90 pixels, upright: the picture is turned by its EXIF" in finding.expected


def test_annotations_are_not_blamed_for_a_wrong_size(clean: Content, save: Save):
    clean["images"][4].update(width=60, height=45)
    assert [f.code for f in check([save(clean)]).findings] == ["wrong-size"]
    entry(clean, 109)["bbox"] = [10, 5, 36, 200]
    assert check([save(clean)]).counts() == {"wrong-size": 1, "box-outside": 1}
