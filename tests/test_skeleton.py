"""Skeletons: sides from names, and refusal of contradictions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedpose.errors import DataError
from pedpose.skeleton import COCO_17, Skeleton, mirrored_name

WORDS = st.sampled_from(["left", "Right", "LEFT", "wrist", "Tip", "leftover", "a"])
SEPARATORS = st.sampled_from(["_", "-", " "])


@pytest.mark.parametrize(
    ("name", "mirror"),
    [
        ("left_wrist", "right_wrist"),
        ("wrist_left", "wrist_right"),
        ("Left-Wrist", "Right-Wrist"),
        ("RIGHT HIP", "LEFT HIP"),
        ("left hand_tip", "right hand_tip"),
        ("hand-tip left", "hand-tip right"),
        ("nose", "nose"),
        ("leftover", "leftover"),
    ],
)
def test_mirrored_name(name: str, mirror: str) -> None:
    assert mirrored_name(name) == mirror


@given(st.lists(WORDS, min_size=1, max_size=4), SEPARATORS, SEPARATORS)
def test_mirroring_a_name_twice_is_identity(words: list[str], first: str, other: str) -> None:
    name = words[0] + "".join(
        (first if i % 2 else other) + word for i, word in enumerate(words[1:])
    )
    assert mirrored_name(mirrored_name(name)) == name
    sided = any(word.lower() in ("left", "right") for word in words)
    assert (mirrored_name(name) != name) == sided


def test_coco_swap_pairs() -> None:
    assert len(COCO_17) == 17
    assert COCO_17.flip_indices == (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
    assert COCO_17.swap_pairs[0] == ("left_eye", "right_eye")
    assert len(COCO_17.swap_pairs) == 8


def test_flip_indices_follow_names_not_order() -> None:
    skeleton = Skeleton(("right_foot", "nose", "right_hand", "left_foot", "left_hand"))
    assert skeleton.flip_indices == (3, 1, 4, 0, 2)
    assert skeleton.swap_pairs == (("right_foot", "left_foot"), ("right_hand", "left_hand"))


def test_a_side_without_partner_is_refused() -> None:
    with pytest.raises(DataError, match=r"left_hand \(expected right_hand\)"):
        _ = Skeleton(("nose", "left_hand")).flip_indices


def test_side() -> None:
    skeleton = Skeleton(("nose", "left hand", "Right-Foot"))
    assert [skeleton.side(i) for i in range(3)] == ["middle", "left", "right"]


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"names": ()}, "expected at least one joint name, found none"),
        ({"names": ("a", "b", "a")}, r"found twice: \['a'\]"),
        ({"names": ("a", "b"), "limbs": ((0, 2),)}, r"limb \(0, 2\) points outside 2 joints"),
        ({"names": ("a", "b"), "limbs": ((-1, 1),)}, r"limb \(-1, 1\) points outside 2 joints"),
        ({"names": ("a", "b"), "sigmas": (0.1,)}, "expected 2 sigmas, found 1"),
        ({"names": ("a",), "sigmas": (float("inf"),)}, "sigmas must be numbers above 0"),
        ({"names": ("a",), "sigmas": (0.0,)}, "sigmas must be numbers above 0"),
        ({"names": ("a",), "sigmas": (float("nan"),)}, "sigmas must be numbers above 0"),
    ],
)
def test_contradictions_are_refused(arguments: dict[str, object], fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        Skeleton(**arguments)


@pytest.mark.parametrize("skeleton", [COCO_17, Skeleton(("tip",)), Skeleton(("a", "b"), ((0, 1),))])
def test_plain_data_reads_back(skeleton: Skeleton) -> None:
    assert Skeleton.from_dict(json.loads(json.dumps(skeleton.to_dict()))) == skeleton
    category = json.loads(json.dumps(skeleton.to_coco_category()))
    assert Skeleton.from_coco_category(category) == skeleton


def test_coco_category_counts_limbs_from_one() -> None:
    assert Skeleton(("a", "b"), ((0, 1),)).to_coco_category()["skeleton"] == [[1, 2]]


def test_only_the_coco_joints_get_the_coco_sigmas() -> None:
    names = list(COCO_17.names)
    assert Skeleton.from_coco_category({"keypoints": names}).sigmas == COCO_17.sigmas
    assert Skeleton.from_coco_category({"keypoints": names[::-1]}).sigmas is None
    own = {"keypoints": names, "sigmas": [0.1] * 17}
    assert Skeleton.from_coco_category(own).sigmas == (0.1,) * 17


@pytest.mark.parametrize("names", [None, [], "nose", 5])
def test_category_without_joint_names_is_refused(names: object) -> None:
    with pytest.raises(DataError, match="'person': expected a list of joint names"):
        Skeleton.from_coco_category({"name": "person", "keypoints": names})
