"""Skeletons in YAML: read back, and refused where they are broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pedpose.errors import ConfigError, DataError
from pedpose.skeleton import COCO_17, Skeleton
from pedpose.skeleton_file import read_skeleton
from skeleton_yaml import skeleton_to_yaml


def write(folder: Path, text: str) -> str:
    path = folder / "skeleton.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@st.composite
def skeletons(draw: st.DrawFn) -> Skeleton:
    text = st.text(min_size=1, max_size=6).filter(str.strip) | st.sampled_from(["no", "1", "~"])
    names = tuple(draw(st.lists(text, min_size=1, max_size=6, unique=True)))
    joint = st.integers(0, len(names) - 1)
    limbs = draw(st.lists(st.tuples(joint, joint), max_size=4))
    sigma = st.floats(1e-9, 1e9)
    sigmas = draw(st.none() | st.lists(sigma, min_size=len(names), max_size=len(names)))
    order = draw(st.permutations(range(len(names))))
    count = draw(st.none() | st.integers(0, len(names) // 2))
    swaps = None
    if count is not None:
        swaps = tuple((order[2 * i], order[2 * i + 1]) for i in range(count))
    return Skeleton(names, tuple(limbs), None if sigmas is None else tuple(sigmas), swaps)


@given(skeletons())
@example(Skeleton(("0\x85", "a\u2028b", "\n1")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_written_is_read(tmp_path: Path, skeleton: Skeleton) -> None:
    assert read_skeleton(write(tmp_path, skeleton_to_yaml(skeleton))) == skeleton


def test_the_joints_of_coco(tmp_path: Path) -> None:
    assert read_skeleton("coco17") is COCO_17
    assert read_skeleton(write(tmp_path, skeleton_to_yaml(COCO_17))) == COCO_17


def test_written_by_hand(tmp_path: Path) -> None:
    text = """
    names:
      - tail
      - ohr links
      - ohr rechts
    limbs: [[tail, ohr links]]
    swaps: [[ohr links, ohr rechts]]
    sigmas: [0.05, 0.03, 1]
    """
    names = ("tail", "ohr links", "ohr rechts")
    expected = Skeleton(names, ((0, 1),), (0.05, 0.03, 1.0), ((1, 2),))
    assert read_skeleton(write(tmp_path, text)) == expected
    by_name = text.replace("[0.05, 0.03, 1]", "{ohr rechts: 1, tail: 0.05, ohr links: 0.03}")
    assert read_skeleton(write(tmp_path, by_name)) == expected


def test_nothing_but_names(tmp_path: Path) -> None:
    assert read_skeleton(write(tmp_path, "names: [tip]")) == Skeleton(("tip",))
    assert read_skeleton(write(tmp_path, "{names: [a, b], swaps: []}")).swaps == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "expected the entries names, limbs, swaps, sigmas, found None"),
        ("[a, b]", r"expected the entries .*, found \['a', 'b'\]"),
        ("{names: [a], limb: []}", "expected the entries .*, found 'limb'"),
        ("{names: [a], 1: 2}", "expected the entries .*, found 1"),
        ("limbs: []", "'names': expected a list of joint names, found None"),
        ("names: a", "'names': expected a list of joint names, found 'a'"),
        ("names: [yes, b]", "'names': name 1: expected text, found True"),
        ("names: [a, 5]", "'names': name 2: expected text, found 5"),
        ("names: [a, a]", r"joint names must be unique, found twice: \['a'\]"),
        ("{names: [a, b], limbs: [[a, c]]}", "'limbs': pair 1: expected two joint names .*'c'"),
        ("{names: [a, b], limbs: [[0, 1]]}", "'limbs': pair 1: expected two joint names .* 0"),
        ("{names: [a, b], swaps: [a, b]}", "'swaps': pair 1: expected two joint names, found 'a'"),
        ("{names: [a, b], swaps: [[a, a]]}", "expected a in one pair with another joint"),
        ("{names: [left_a, right_a], swaps: []}", "expected left_a <-> right_a"),
        ("{names: [a, b], sigmas: [0.1]}", "'sigmas': expected 2 sigmas, found 1"),
        ("{names: [a, b], sigmas: {a: 1}}", "'sigmas': expected one for each joint, .* none for b"),
        ("{names: [a], sigmas: {a: 1, b: 1}}", "'sigmas': expected names of joints, found 'b'"),
        ("{names: [a], sigmas: [.nan]}", "'sigmas': a: expected a number above 0, found nan"),
        ("{names: [a], sigmas: [5e-2]}", "'sigmas': a: expected a number above 0, found '5e-2'"),
        (
            "names: [a]\nlimbs: []\nnames: [b]",
            "expected each entry once, found 'names' again at line 3",
        ),
        (
            "{names: [a], sigmas: {a: 1, a: 2}}",
            "expected each entry once, found 'a' again at line 1",
        ),
        ("names: [a\nlimbs: []", "not valid YAML: .* at line 2, column"),
        ("names: !!python/object:os.system [a]", "not valid YAML: .* at line 1, column 8"),
        ("names: [a, \x00]", "not valid YAML: "),
        ("? [a]\n: b", "not valid YAML: .*unhashable"),
        ("names: 2020-99-99", "not valid YAML: month must be in 1..12"),
        ("[" * 5000, "not valid YAML: "),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, text: str, fault: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DataError, match=fault) as caught:
        read_skeleton(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "skeleton.yaml"
    path.write_bytes(b"names: [\xff]")
    with pytest.raises(DataError, match="expected YAML text, found bytes that are not UTF-8"):
        read_skeleton(str(path))


@pytest.mark.parametrize("text", ["coco18", "nothing.yaml", "."])
def test_neither_a_name_nor_a_file(text: str) -> None:
    with pytest.raises(ConfigError, match=f"expected coco17 or the path .*, found '{text}'"):
        read_skeleton(text)
