"""CVAT XML is read safely, and refused where it is broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from pedpose.data.coco import read_coco
from pedpose.errors import ConfigError, DataError
from pedpose.formats.cvat import read_cvat
from pedpose.formats.labelled import ReadOptions
from pedpose.skeleton import Skeleton

Run = Callable[..., Result]
Write = Callable[..., Path]
THREE = Skeleton(("head", "left_hand", "right_hand"))

META = """<meta><task><labels>
<label><name>person</name><type>skeleton</type></label>
<label><name>head</name><type>points</type><parent>person</parent></label>
<label><name>left_hand</name><type>points</type><parent>person</parent></label>
<label><name>right_hand</name><type>points</type><parent>person</parent></label>
</labels></task></meta>"""

SKELETON = """<skeleton label="person" source="manual" z_order="0"{group}>
<points label="left_hand" outside="0" occluded="1" points="20.50,30.25"></points>
<points label="head" outside="0" occluded="0" points="40.00,10.00"></points>
<points label="right_hand" outside="1" occluded="0" points="99.00,1.00"></points>
</skeleton>"""

BOX = '<box label="person" occluded="0" xtl="10" ytl="5" xbr="60.5" ybr="45"{group}></box>'
GROUP = ' group_id="7"'


@pytest.fixture
def write(tmp_path: Path, paint: Callable[..., Path]) -> Write:
    def xml(body: str, meta: str = META, size: tuple[int, int] = (100, 50)) -> Path:
        paint(tmp_path / "images/a.png", 100, 50)
        path = tmp_path / "annotations.xml"
        path.write_text(
            f'<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>{meta}'
            f'<image id="0" name="a.png" width="{size[0]}" height="{size[1]}">{body}</image>'
            "</annotations>"
        )
        return path

    return xml


def mark(label: str, place: str, more: str = "") -> str:
    return f'<points label="{label}" occluded="0" points="{place}"{more}></points>'


def test_skeletons(write: Write, tmp_path: Path, run: Run) -> None:
    path = write(SKELETON.format(group=""))
    done = run(path, "--out", tmp_path / "out.json")
    data = read_coco(tmp_path / "out.json")
    (person,) = data.pictures[0].people
    assert data.skeleton.names == THREE.names
    assert person.keypoints.tolist() == [[40, 10, 2], [20.5, 30.25, 1], [0, 0, 0]]
    # Extent 19.5 x 20.25; a tenth of the longer side is 2.025.
    assert person.box.tolist() == pytest.approx([18.475, 7.975, 42.025, 32.275])
    assert "1 people without a box: box = joints' extent" in done.output
    assert "format: cvat (detected)" in done.output
    assert "annotations: 1 pictures, 1 people, 2 labelled joints" in done.output


def test_box_of_the_same_group(write: Write) -> None:
    conversion = read_cvat(write(BOX.format(group=GROUP) + SKELETON.format(group=GROUP)))
    (person,) = conversion.splits[0].pictures[0].people
    assert person.box.tolist() == [10, 5, 60.5, 45]


def test_single_points_by_group(write: Write) -> None:
    body = (
        mark("head", "40,10", ' group_id="1"')
        + mark("head", "80,12", ' group_id="2"')
        + mark("left_hand", "82,30", ' group_id="2"')
        + BOX.format(group=' group_id="1"')
    )
    meta = META.replace("<parent>person</parent>", "")
    conversion = read_cvat(write(body, meta))
    first, second = conversion.splits[0].pictures[0].people
    # The third joint is not used anywhere: only labels of points are joints.
    assert conversion.skeleton.names == ("head", "left_hand")
    assert first.keypoints.tolist() == [[40, 10, 2], [0, 0, 0]]
    assert first.box.tolist() == [10, 5, 60.5, 45]
    assert second.keypoints.tolist() == [[80, 12, 2], [82, 30, 2]]


def test_one_person_without_groups(write: Write) -> None:
    body = mark("head", "40,10") + mark("left_hand", "20,30") + BOX.format(group="")
    conversion = read_cvat(write(body), ReadOptions(skeleton=THREE))
    (person,) = conversion.splits[0].pictures[0].people
    assert person.labelled == 2
    assert person.box.tolist() == [10, 5, 60.5, 45]
    assert any("belong to one person" in note for note in conversion.notes)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (mark("head", "4,1") + mark("head", "5,2"), "a group that says whose joint it is"),
        (
            mark("head", "4,1", GROUP) + mark("head", "5,2", GROUP),
            "head once in a group, found \"a second one in '7'\"",
        ),
        (mark("nose", "4,1", GROUP), "a joint of head, left_hand, right_hand, found 'nose'"),
        (mark("head", "4,1;5,2", GROUP), "one point as x,y"),
        (mark("head", "4", GROUP), "one point as x,y"),
        (mark("head", "4,51.5", GROUP), "head: expected a place inside the picture of 100 x 50"),
        (mark("head", "40,10", GROUP) + BOX.format(group=""), "the group of the joints inside it"),
        (mark("head", "4,1", GROUP) + 2 * BOX.format(group=GROUP), "one box in a group"),
        (BOX.format(group="").replace("60.5", "5"), "a box x1, y1, x2 > x1"),
        (BOX.format(group="").replace("60.5", "x"), "xbr as a number"),
        (BOX.format(group=' rotation="20.00"'), "no rotation"),
    ],
)
def test_faults(write: Write, body: str, said: str) -> None:
    with pytest.raises(DataError) as error:
        read_cvat(write(body), ReadOptions(skeleton=THREE))
    assert said in str(error.value)
    assert "image a.png" in str(error.value)


def test_missing_picture_and_wrong_size(write: Write, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a picture of \(101.0, 50.0\).*found \(100, 50\)"):
        read_cvat(write("", size=(101, 50)), ReadOptions(skeleton=THREE))
    path = write("")
    (tmp_path / "images/a.png").unlink()
    with pytest.raises(DataError, match=r"the picture a.png on disk.*--images"):
        read_cvat(path, ReadOptions(skeleton=THREE))


def test_other_things_are_counted(write: Write) -> None:
    body = (
        SKELETON.format(group="")
        + '<box label="car" xtl="70" ytl="1" xbr="80" ybr="9"/>'
        + '<skeleton label="dog"></skeleton><tag label="x"/><polygon label="y" points=""/>'
        + '<box label="person" xtl="70" ytl="1" xbr="80" ybr="9"/>'
    )
    with pytest.raises(ConfigError, match="car, dog, person"):
        read_cvat(write(body))
    conversion = read_cvat(write(body), ReadOptions(categories=("person",)))
    assert len(conversion.splits[0].pictures[0].people) == 2
    for said in (
        "1 boxes of other labels left out",
        "1 skeletons of other labels left out",
        "1 <tag> elements left out",
        "1 <polygon> elements left out",
        "1 people with a box and no labelled joint",
    ):
        assert said in conversion.notes


def test_empty_pictures_are_kept(write: Write) -> None:
    conversion = read_cvat(write(""), ReadOptions(skeleton=THREE))
    assert conversion.splits[0].pictures[0].people == ()
    assert "1 pictures without people" in conversion.notes


def test_without_meta_the_order_has_to_be_given(write: Write) -> None:
    path = write(SKELETON.format(group=""), meta="")
    with pytest.raises(ConfigError, match="head, left_hand, right_hand: give the joints"):
        read_cvat(path)
    coco = write(mark("nose", "4,1") + mark("left_eye", "5,1"), meta="")
    assert len(read_cvat(coco).skeleton) == 17


def test_video_exports_are_refused(write: Write) -> None:
    path = write("")
    path.write_text("<annotations><track/></annotations>")
    with pytest.raises(DataError, match=r"CVAT for images 1\.1"):
        read_cvat(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "without DOCTYPE"),
        ("<annotations>", "not valid XML"),
        ("", "not valid XML"),
        ('<?xml version="1.0" encoding="utf-16"?><a/>', "CVAT for images"),
        ('<?xml version="1.0" encoding="nonsense"?><a/>', "CVAT for images"),
        ("<a>&b;</a>", "not valid XML"),
    ],
)
def test_dangerous_and_broken_xml(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "annotations.xml"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        read_cvat(path)


def test_doctype_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "annotations.xml"
    path.write_bytes('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"))
    with pytest.raises(DataError, match="UTF-8"):
        read_cvat(path)
