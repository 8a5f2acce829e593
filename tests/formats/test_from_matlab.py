"""LSP and MPII, as Matlab files made by SciPy and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat
from typer.testing import Result

from pedpose.data.coco import read_coco
from pedpose.errors import ConfigError, DataError
from pedpose.formats.labelled import ReadOptions
from pedpose.formats.lsp import LSP_14, read_lsp
from pedpose.formats.mpii import MPII_16, read_mpii
from pedpose.formats.mpii_json import read_mpii_json
from pedpose.skeleton import Skeleton

Run = Callable[..., Result]
Paint = Callable[..., Path]


def lsp_joints(pictures: int) -> np.ndarray:
    """(3, 14, N): joint j of picture i at x = 10 + 5 j + i, y = 20 + j, every third hidden."""
    joints = np.zeros((3, 14, pictures))
    for i in range(pictures):
        joints[0, :, i] = 10 + 5 * np.arange(14) + i
        joints[1, :, i] = 20 + np.arange(14)
        joints[2, ::3, i] = 1
    return joints


def paint_numbered(paint: Paint, folder: Path, count: int, digits: int) -> None:
    for i in range(1, count + 1):
        paint(folder / f"images/im{i:0{digits}}.png", 100, 50)


def test_lsp(tmp_path: Path, paint: Paint, run: Run) -> None:
    paint_numbered(paint, tmp_path, 3, 4)
    savemat(tmp_path / "joints.mat", {"joints": lsp_joints(2)})
    done = run(tmp_path, "--out", tmp_path / "out.json")
    data = read_coco(tmp_path / "out.json")
    assert data.skeleton.names == LSP_14.names
    assert [picture.path.name for picture in data.pictures] == ["im0001.png", "im0002.png"]
    (person,) = data.pictures[1].people
    # Matlab's index 11 is the pixel 10, whose centre is at 10.5. Flag 1 is hidden.
    assert person.keypoints[0].tolist() == [10.5, 19.5, 1]
    assert person.keypoints[1].tolist() == [15.5, 20.5, 2]
    # Extent 65 x 13, a tenth of 65 all around.
    assert person.box.tolist() == pytest.approx([4, 13, 82, 39])
    assert "1 = hidden (v = 1)" in done.output
    assert "1 pictures without labels left out" in done.output
    assert "2 people without a box" in done.output


def test_lspet_means_the_opposite(tmp_path: Path, paint: Paint) -> None:
    paint_numbered(paint, tmp_path, 2, 5)
    joints = lsp_joints(2).transpose(1, 0, 2)
    joints[:, 2, 1] = 0  # nobody is labelled
    joints[1, :2, 0] = -400  # not labelled, so that its place does not matter
    savemat(tmp_path / "joints.mat", {"joints": joints})
    conversion = read_lsp(tmp_path / "joints.mat")
    (picture,) = conversion.splits[0].pictures
    assert picture.people[0].keypoints[:4].tolist() == [
        *([9.5, 19.5, 2], [0, 0, 0], [0, 0, 0], [24.5, 22.5, 2])
    ]
    assert "1 pictures without a labelled person left out" in conversion.notes
    assert any("LSPET" in note for note in conversion.notes)


def test_lsp_faults(tmp_path: Path, paint: Paint, run: Run) -> None:
    paint_numbered(paint, tmp_path, 1, 4)
    path = tmp_path / "joints.mat"
    joints = lsp_joints(2)
    joints[0, 13, 0] = 120
    savemat(path, {"joints": joints})
    output = run(path, "--out", tmp_path / "out.json", code=3).output
    assert "picture 1, head_top: expected a place inside the picture of 100 x 50" in output
    assert "picture 2: expected im0002 or im00002" in output
    joints[2, 0, 0] = 3
    savemat(path, {"joints": joints})
    with pytest.raises(DataError, match="right_ankle: expected a flag of 0 or 1"):
        read_lsp(path)
    savemat(path, {"joints": np.zeros((4, 5, 2))})
    with pytest.raises(DataError, match=r"3 x 14 x N .*found \(4, 5, 2\)"):
        read_lsp(path)
    savemat(path, {"other": 1})
    with pytest.raises(DataError, match="'joints'"):
        read_lsp(path)
    with pytest.raises(ConfigError, match="no --skeleton"):
        read_lsp(path, ReadOptions(skeleton=Skeleton(("a",))))


def test_broken_matlab_files(tmp_path: Path) -> None:
    path = tmp_path / "joints.mat"
    for content in (b"", b"nonsense" * 40, b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"):
        path.write_bytes(content)
        with pytest.raises(DataError, match="expected a Matlab file of version 7 or below"):
            read_lsp(path)


def test_without_scipy_its_extra_is_named(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    savemat(tmp_path / "joints.mat", {"joints": lsp_joints(1)})
    monkeypatch.setattr("pedpose.formats.mat_file.find_spec", lambda name: None)
    output = run(tmp_path / "joints.mat", "--out", tmp_path / "out.json", code=2).output
    assert "pip install 'pedpose[mat]'" in output


def struct(**fields: Any) -> dict[str, Any]:
    return fields


def structs(*items: dict[str, Any]) -> np.ndarray:
    """A Matlab struct array: one row, the same fields in all."""
    names = list(dict.fromkeys(name for item in items for name in item))
    array = np.empty((1, len(items)), dtype=[(name, object) for name in names])
    for position, item in enumerate(items):
        for name in names:
            array[0, position][name] = item.get(name, np.zeros((0, 0)))
    return array


def point(number: int, x: float, y: float, visible: Any = None) -> dict[str, Any]:
    shown = np.zeros((0, 0)) if visible is None else visible
    return struct(x=x, y=y, id=number, is_visible=shown)


def write_mpii(path: Path, *entries: Any, trains: list[int] | None = None) -> Path:
    annolist = structs(
        *(struct(image=struct(name=name), annorect=people) for name, people in entries)
    )
    in_training = np.array([trains or [1] * len(entries)])
    savemat(path, {"RELEASE": struct(annolist=annolist, img_train=in_training)})
    return path


def person(*points: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"x1": 30, "y1": 5, "x2": 50, "y2": 21}
    return struct(**head, annopoints=struct(point=structs(*points)), scale=1.0, **more)


def test_mpii(tmp_path: Path, paint: Paint, run: Run) -> None:
    paint(tmp_path / "images/a.png", 100, 50)
    paint(tmp_path / "images/b.png", 100, 50)
    unlabelled = struct(x1=1, y1=2, x2=3, y2=4, scale=1.0)
    path = write_mpii(
        tmp_path / "mpii.mat",
        (
            "a.png",
            structs(
                person(point(0, 41, 31, 0), point(9, 41, 11), point(10, 51, 21, "1")),
                unlabelled,
            ),
        ),
        ("b.png", person(point(6, 21, 31, 1))),
        ("test.png", struct(scale=1.0)),
        ("nobody.png", unlabelled),
        trains=[1, 1, 0, 1],
    )
    done = run(path, "--out", tmp_path / "out.json")
    data = read_coco(tmp_path / "out.json")
    assert data.skeleton.names == MPII_16.names
    first, second = (picture.people[0] for picture in data.pictures)
    labelled = {MPII_16.names[j]: first.keypoints[j].tolist() for j in (0, 9, 10)}
    assert labelled == {
        "right_ankle": [40.5, 30.5, 1],
        "head_top": [40.5, 10.5, 2],
        "right_wrist": [50.5, 20.5, 2],
    }
    assert first.labelled == 3
    assert first.head_box is not None
    assert first.head_box.tolist() == [29.5, 4.5, 49.5, 20.5]
    # Extent 10 x 20, two pixels all around.
    assert first.box.tolist() == [38.5, 8.5, 52.5, 32.5]
    assert second.keypoints[6].tolist() == [20.5, 30.5, 2]
    assert "1 test pictures (img_train 0, no public labels) left out" in done.output
    assert "2 people without labelled joints left out" in done.output
    assert "1 training pictures in which nobody has joints left out" in done.output


def test_mpii_faults(tmp_path: Path, paint: Paint) -> None:
    paint(tmp_path / "a.png", 100, 50)
    path = tmp_path / "mpii.mat"
    for points, said in (
        ([point(16, 1, 1)], "points with id 0..15"),
        ([point(1, 1, 1), point(1, 2, 2)], "joint 1 once"),
        ([point(0, 1, 70)], "right_ankle: expected a place inside"),
    ):
        write_mpii(path, ("a.png", person(*points)))
        with pytest.raises(DataError, match=said):
            read_mpii(path)
    write_mpii(path, ("gone.png", person(point(0, 1, 1))))
    with pytest.raises(DataError, match=r"annolist\(1\): expected the picture gone.png"):
        read_mpii(path)
    savemat(path, {"RELEASE": 1})
    with pytest.raises(DataError, match="RELEASE"):
        read_mpii(path)


def test_mpii_json(tmp_path: Path, paint: Paint, run: Run) -> None:
    paint(tmp_path / "images/a.png", 100, 50)
    joints, labelled = [[-1.0, -1.0]] * 16, [0] * 16
    joints[0], labelled[0] = [41, 31], 1
    joints[9], labelled[9] = [41, 11], 1
    entry = {"image": "a.png", "joints": joints, "joints_vis": labelled}
    nobody = {**entry, "joints_vis": [0] * 16}
    (tmp_path / "annot").mkdir()
    path = tmp_path / "annot/train.json"
    path.write_text(json.dumps([entry, {**entry, "center": [1, 2], "scale": 1}, nobody]))
    done = run(path, "--out", tmp_path / "out")
    (picture,) = read_coco(tmp_path / "out/train.json").pictures
    assert len(picture.people) == 2
    assert picture.people[0].keypoints[0].tolist() == [40.5, 30.5, 2]
    assert picture.people[0].labelled == 2
    assert "format: mpii (detected)" in done.output
    assert "1 people with neither a labelled joint nor a box left out" in done.output
    for change, said in (
        ({"joints": joints[1:]}, "joints as 16 pairs"),
        ({"joints_vis": [2] * 16}, "joints_vis as 16 times 0 or 1"),
        ({"image": "gone.png"}, "the picture gone.png"),
        ({"image": None}, "an object with an 'image'"),
    ):
        path.write_text(json.dumps([entry, {**entry, **change}]))
        with pytest.raises(DataError, match=f"entry 2: expected {said}"):
            read_mpii_json(path)
    path.write_text('[{"img_paths": "a.png", "joint_self": []}]')
    with pytest.raises(DataError, match="a list of people with image, joints, joints_vis"):
        read_mpii_json(path)


def test_skeletons_mirror_as_they_should() -> None:
    for skeleton in (LSP_14, MPII_16):
        pairs = skeleton.swap_pairs
        assert len(pairs) == 6
        assert all(a.replace("right", "left") == b for a, b in pairs)
