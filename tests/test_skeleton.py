"""Skeletons: sides from names, and refusal of contradictions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedpose.errors import DataError
from pedpose.skeleton import COCO_17, Skeleton


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
    skeleton = Skeleton(("nose", "left hand", "Right-Foot", "l_eye", "r_eye", "r_ear"))
    sides = ["middle", "left", "right", "left", "right", "middle"]
    assert [skeleton.side(i) for i in range(6)] == sides == list(skeleton.sides)


def test_sides_of_explicit_pairs() -> None:
    names = ("a", "b", "tail", "right_eye", "eye", "both_left_right")
    skeleton = Skeleton(names, swaps=((1, 0), (3, 4)))
    assert skeleton.sides == ("right", "left", "middle", "right", "left", "middle")
    assert Skeleton(("r_x", "l_x"), swaps=((0, 1),)).sides == ("right", "left")


def test_explicit_pairs_win_over_names_that_leave_it_open() -> None:
    names = ("0", "1", "2", "lwrist", "rwrist", "l_hip")
    skeleton = Skeleton(names, swaps=((0, 2), (3, 4)))
    assert skeleton.flip_indices == (2, 1, 0, 4, 3, 5)
    assert skeleton.swap_pairs == (("0", "2"), ("lwrist", "rwrist"))
    assert Skeleton(names, swaps=()).flip_indices == (0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("names", "swaps", "fault"),
    [
        (("a", "b"), ((0, 2),), r"swap \(0, 2\) points outside 2 joints"),
        (("a", "b"), ((-1, 0),), r"swap \(-1, 0\) points outside 2 joints"),
        (("a", "b"), ((1, 1),), "expected b in one pair with another joint, found it 2 times"),
        (("a", "b", "c"), ((0, 1), (2, 0)), "expected a in one pair .*, found it 2 times"),
        (("left_eye", "right_ear"), ((0, 1),), "expected left_eye <-> right_eye .*, found right_e"),
        (("left_eye", "left_ear"), ((0, 1),), "expected left_eye <-> right_eye .* found left_ear"),
        (("leftX", "rightX", "tail"), ((0, 2),), "expected leftX <-> rightX .* found tail"),
        (("left_x", "right_x"), (), "expected left_x <-> right_x .* found no partner for left_x"),
    ],
)
def test_pairs_that_contradict_are_refused(
    names: tuple[str, ...], swaps: tuple[tuple[int, int], ...], fault: str
) -> None:
    with pytest.raises(DataError, match=fault):
        Skeleton(names, swaps=swaps)


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (("left_right_x", "nose"), "both sides in them: left_right_x"),
        (("l_wrist", "nose"), r"without a partner on the other side: l_wrist \(expected r_wrist"),
        (("lwrist", "rwrist"), "look like sides but are not certain: lwrist / rwrist"),
        (("kp1", "kp2"), "do not say what the joints are: kp1, kp2"),
    ],
)
def test_where_sides_are_open_pictures_are_not_mirrored(names: tuple[str, ...], fault: str) -> None:
    skeleton = Skeleton(names)
    with pytest.raises(DataError, match=fault) as caught:
        _ = skeleton.flip_indices
    assert "'swaps' in the category or skeleton file" in str(caught.value)
    assert "--no-mirror" in str(caught.value)
    assert skeleton.mirrors == tuple(range(len(names)))
    assert Skeleton(names, swaps=()).flip_indices == tuple(range(len(names)))


@pytest.mark.parametrize("name", ["tip", "0", "kp1", "a"])
def test_one_joint_is_its_own_mirror(name: str) -> None:
    assert Skeleton((name,)).flip_indices == (0,)
    assert Skeleton((name,)).swap_pairs == ()


JOINT_NAMES = st.lists(
    st.lists(
        st.sampled_from(["left", "Right", "l", "R", "eye", "Tip", "1"]), min_size=1, max_size=3
    ).map("_".join),
    min_size=1,
    max_size=8,
    unique=True,
)


@given(JOINT_NAMES, st.data())
def test_mirroring_twice_is_identity(names: list[str], data: st.DataObject) -> None:
    swaps = None
    if data.draw(st.booleans()):
        order = data.draw(st.permutations(range(len(names))))
        pairs = data.draw(st.integers(0, len(names) // 2))
        swaps = tuple((order[2 * i], order[2 * i + 1]) for i in range(pairs))
    try:
        skeleton = Skeleton(tuple(names), swaps=swaps)
        flips = skeleton.flip_indices
    except DataError:
        return
    assert [flips[j] for j in flips] == list(range(len(names)))
    for first, second in skeleton.swap_pairs:
        sides = {skeleton.side(names.index(first)), skeleton.side(names.index(second))}
        assert sides == {"left", "right"}


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


PLAIN = [
    COCO_17,
    Skeleton(("tip",)),
    Skeleton(("a", "b"), ((0, 1),)),
    Skeleton(("a", "b", "c"), swaps=((2, 0),)),
    Skeleton(("a", "b"), swaps=()),
]


@pytest.mark.parametrize("skeleton", PLAIN)
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


def test_swaps_of_a_category_are_names_or_indices_from_0() -> None:
    names = ["a", "b", "c"]
    for swaps in ([["a", "c"]], [[0, 2]], [["a", 2]]):
        assert Skeleton.from_coco_category({"keypoints": names, "swaps": swaps}).swaps == ((0, 2),)
    assert Skeleton.from_coco_category({"keypoints": names}).swaps is None
    assert Skeleton.from_coco_category({"keypoints": names, "swaps": []}).swaps == ()


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ({"keypoints": ["a", 5]}, "'keypoints': name 2: expected text, found 5"),
        ({"keypoints": ["a", " "]}, "'keypoints': name 2: expected text, found ' '"),
        ({"keypoints": ["a", "a"]}, r"found twice: \['a'\]"),
        (
            {"skeleton": [[1, 2], [0, 1]]},
            r"'skeleton': limb 2: expected two joints from 1 to 3, found \[0, 1\] \(COCO counts",
        ),
        ({"skeleton": [[1, 4]]}, r"limb 1: expected two joints from 1 to 3, found \[1, 4\]"),
        ({"skeleton": [[1, 2, 3]]}, r"limb 1: expected two joints from 1 to 3, found \[1, 2, 3\]"),
        ({"skeleton": [[1, True]]}, r"limb 1: .* found \[1, True\]"),
        ({"skeleton": 5}, "'skeleton': expected a list of pairs, found 5"),
        ({"sigmas": [0.1]}, "'sigmas': expected 3 sigmas, found 1"),
        ({"sigmas": 0.1}, "'sigmas': expected 3 sigmas, found 0.1"),
        ({"sigmas": [0.1, float("nan"), 1]}, "'sigmas': b: expected a number above 0, found nan"),
        ({"sigmas": [0.1, 0.1, "0.1"]}, "'sigmas': c: expected a number above 0, found '0.1'"),
        ({"swaps": [["a"]]}, r"'swaps': pair 1: expected two joint names or indices 0 to 2, found"),
        ({"swaps": [["a", "z"]]}, "'swaps': pair 1: .*, found 'z'"),
        ({"swaps": [[0, 3]]}, "'swaps': pair 1: .*, found 3"),
        ({"swaps": [[0, 0]]}, "expected a in one pair with another joint"),
    ],
)
def test_a_broken_category_is_refused(entries: dict[str, object], fault: str) -> None:
    with pytest.raises(DataError, match=f"category 'hand': .*{fault}"):
        Skeleton.from_coco_category({"name": "hand", "keypoints": ["a", "b", "c"], **entries})


@pytest.mark.parametrize("names", [None, [], "nose", 5])
def test_category_without_joint_names_is_refused(names: object) -> None:
    with pytest.raises(DataError, match="'keypoints': expected a list of joint names"):
        Skeleton.from_coco_category({"name": "person", "keypoints": names})
