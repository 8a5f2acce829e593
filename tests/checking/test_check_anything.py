"""Whatever stands in a file, a check ends with findings, and a copy without errors."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from clean_set import Content, make_clean
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pedpose.checking.check import check
from pedpose.checking.fix import fix
from pedpose.checking.settings import CheckSettings
from pedpose.data.coco import read_coco
from pedpose.errors import DataError

ODD = [
    *(None, True, -1, 0, 0.5, 3, 200, 1e9, 10**30, float("nan"), float("inf"), 1e308),
    *("x", "", "\0", [], {}, [1, 2], [[1, 2, 3]], {"id": 1}, [float("nan")] * 51, [2] * 51),
    *([0, 0, 0, 0], [5, 5, 1e9, 1e9], "images/2.png"),
]
KEYS = {
    "images": ["id", "file_name", "width", "height", "gps"],
    "annotations": [
        *("id", "image_id", "category_id", "iscrowd", "bbox", "area", "keypoints"),
        *("num_keypoints", "scores", "headbox", "segmentation", "bbox[0]", "keypoints[5]"),
    ],
    "categories": ["skeleton", "sigmas", "keypoints", "name"],
}


def put(content: Content, section: str, position: int, key: str, value: Any) -> None:
    entries = content[section]
    entry = entries[position % len(entries)]
    name, _, index = key.partition("[")
    if not isinstance(entry, dict) or (index and not isinstance(entry.get(name), list)):
        return
    if index and len(entry[name]) > 5:
        entry[name][int(index[:-1])] = value
    elif not index:
        entry[name] = copy.deepcopy(value)


changes = st.sampled_from(list(KEYS)).flatmap(
    lambda section: st.tuples(
        st.just(section),
        st.integers(0, 5),
        st.sampled_from(KEYS[section]),
        st.sampled_from(range(len(ODD))),
    )
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Content]:
    """A folder with the pictures of a clean set, and a part of its content."""
    path = tmp_path_factory.mktemp("any")
    content = make_clean(path)
    content["images"] = content["images"][:4]
    content["annotations"] = content["annotations"][:8]
    return path, content


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=st.lists(changes, min_size=1, max_size=6), pictures=st.booleans())
def test_any_content_is_checked_and_corrected(
    folder: tuple[Path, Content], made: list[tuple[str, int, str, int]], pictures: bool
):
    path, clean = folder
    content = copy.deepcopy(clean)
    for section, position, key, odd in made:
        put(content, section, position, key, ODD[odd])
    (path / "train.json").write_text(json.dumps(content))
    (path / "OUT/train.json").unlink(missing_ok=True)
    wanted = CheckSettings(pictures=pictures)
    try:
        report = check([path / "train.json"], wanted)
        result = fix([path / "train.json"], wanted, path / "OUT")
    except DataError as error:
        assert "'categories'" in str(error)  # the outline itself is broken
        return
    assert result.before == report
    json.dumps(report.to_dict(), allow_nan=False)
    left = set(result.after.counts()) - {"bad-skeleton", "wrong-size"}
    assert not [f for f in result.after.findings if f.severity == "error" and f.code in left]
    if result.after.passed():
        read_coco(path / "OUT/train.json", need_pictures=pictures)


def test_an_empty_file_is_no_fault(tmp_path: Path):
    content = make_clean(tmp_path)
    content.update(images=[], annotations=[])
    (tmp_path / "train.json").write_text(json.dumps(content))
    assert check([tmp_path / "train.json"]).findings == ()


def test_what_the_strict_reader_refuses_is_an_error_here(folder: tuple[Path, Content]):
    """Each odd value alone, in each key: no fault may be known to one of the two only."""
    path, clean = folder
    for section, keys in KEYS.items():
        for key in keys:
            for value in ODD:
                content = copy.deepcopy(clean)
                put(content, section, 1, key, value)
                (path / "one.json").write_text(json.dumps(content))
                try:
                    read_coco(path / "one.json")
                except DataError as error:
                    refused = str(error)
                else:
                    continue
                try:
                    wanted = CheckSettings(pictures=section == "images")
                    errors = check([path / "one.json"], wanted).errors
                except DataError:
                    continue
                assert errors, (section, key, value, refused)
