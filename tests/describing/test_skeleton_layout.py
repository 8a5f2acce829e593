from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pedpose.describing.layout import lay_out
from pedpose.describing.standing import standing_pose
from pedpose.formats.lsp import LSP_14
from pedpose.formats.mpii import MPII_16
from pedpose.skeleton import COCO_17, Skeleton


@pytest.mark.parametrize("skeleton", [COCO_17, MPII_16, LSP_14])
def test_people_stand_upright_and_look_at_us(skeleton: Skeleton):
    layout = lay_out(skeleton)
    assert layout.from_front
    at = dict(zip(skeleton.names, layout.points.tolist(), strict=True))
    for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
        # Whoever looks at us has the left on our right.
        assert at[f"left_{name}"][0] > at[f"right_{name}"][0]
        assert at[f"left_{name}"][1] == at[f"right_{name}"][1]
    order = ("shoulder", "elbow", "wrist"), ("shoulder", "hip", "knee", "ankle")
    for names in order:
        heights = [at[f"left_{name}"][1] for name in names]
        assert heights == sorted(heights)
    assert layout.points.min(axis=0).tolist() == [0, 0]
    assert layout.points.max() == 1


@pytest.mark.parametrize(
    "names",
    [
        ("LeftShoulder", "RightShoulder", "Neck", "MidHip"),
        ("shoulder.L", "shoulder.R", "neck", "hip_center"),
        ("l_shoulder", "r_shoulder", "throat", "pelvis"),
    ],
)
def test_names_have_many_forms(names: tuple[str, ...]):
    found, expected = (
        standing_pose(Skeleton(n))
        for n in (names, ("left_shoulder", "right_shoulder", "neck", "pelvis"))
    )
    assert found is not None and expected is not None
    assert found.tolist() == expected.tolist()


def test_who_is_no_person_does_not_stand():
    assert standing_pose(Skeleton(("muzzle", "withers", "left_ear", "tail", "hoof"))) is None
    # Hips without a side are no place of one.
    assert standing_pose(Skeleton(("hip", "knee", "ankle"))) is None
    assert not lay_out(Skeleton(("muzzle", "tail"), ((0, 1),))).from_front


def test_what_a_person_carries_hangs_where_its_limb_begins():
    names = (*COCO_17.names, "hat", "left_glove", "right_glove")
    skeleton = Skeleton(names, (*COCO_17.limbs, (0, 17), (9, 18), (10, 19)))
    layout = lay_out(skeleton)
    assert layout.from_front
    people = lay_out(COCO_17).points
    shown = layout.points[:17]
    scale = np.ptp(shown[:, 1]) / np.ptp(people[:, 1])
    assert shown - shown[0] == pytest.approx(scale * (people - people[0]))
    away = np.linalg.norm(layout.points[:, None] - layout.points[None], axis=2)
    wrist, glove = names.index("left_wrist"), names.index("left_glove")
    assert away[glove, :17].argmin() == wrist
    assert 0.05 < away[glove, wrist] < 0.4
    hat = layout.points[17]
    assert hat[1] < layout.points[0, 1]


def test_two_joints_of_one_place_are_parted():
    names = (*COCO_17.names, "pelvis", "mid_hip")
    points = lay_out(Skeleton(names, (*COCO_17.limbs, (17, 18)))).points
    assert np.linalg.norm(points[17] - points[18]) > 0.02


def test_a_chain_is_straight_and_its_limbs_are_alike():
    points = lay_out(Skeleton(tuple("abcdef"), tuple((n, n + 1) for n in range(5)))).points
    assert np.linalg.norm(np.diff(points, axis=0), axis=1) == pytest.approx(0.2, abs=0.01)


def test_a_hand_has_its_fingers_apart():
    limbs = [(0, 1 + 5 * f) for f in range(5)]
    limbs += [(1 + 5 * f + n, 2 + 5 * f + n) for f in range(5) for n in range(4)]
    points = lay_out(Skeleton(tuple(f"p{n}" for n in range(26)), tuple(limbs))).points
    lengths = [np.linalg.norm(points[a] - points[b]) for a, b in limbs]
    assert max(lengths) < 2 * min(lengths)
    away = np.linalg.norm(points[:, None] - points[None], axis=2)[~np.eye(26, dtype=bool)]
    assert away.min() > 0.5 * min(lengths)


def test_sides_are_mirrored_and_what_is_left_is_on_the_right():
    names = ("tip", "left_a", "right_a", "left_b", "right_b", "x", "y")
    skeleton = Skeleton(
        names, ((0, 1), (0, 2), (1, 3), (2, 4), (0, 5), (3, 6)), swaps=((1, 2), (3, 4))
    )
    points = lay_out(skeleton).points
    axis = (points[1, 0] + points[2, 0]) / 2
    for left, right in ((1, 2), (3, 4)):
        assert points[left, 0] > points[right, 0]
        assert points[left] == pytest.approx([2 * axis - points[right, 0], points[right, 1]])


def test_without_limbs():
    assert lay_out(Skeleton(("tip",))).points.tolist() == [[0, 0]]
    assert lay_out(Skeleton(("red", "blue"))).points.tolist() == [[0, 0], [1, 0]]
    columns = lay_out(Skeleton(("leftTip", "rightTip", "end"))).points
    assert columns.tolist() == [[1, 0], [0, 0], [0.5, 0.5]]
    circle = lay_out(Skeleton(tuple(str(n) for n in range(30)))).points
    assert np.linalg.norm(circle - circle.max(axis=0) / 2, axis=1) == pytest.approx(0.5, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), count=st.integers(1, 12))
def test_no_two_joints_are_in_one_place_whatever_the_limbs(data: st.DataObject, count: int):
    joint = st.integers(0, count - 1)
    limbs = tuple(data.draw(st.lists(st.tuples(joint, joint), max_size=15)))
    pairs = data.draw(st.integers(0, count // 2))
    skeleton = Skeleton(
        tuple(f"j{n}" for n in range(count)),
        limbs,
        swaps=tuple((2 * n, 2 * n + 1) for n in range(pairs)),
    )
    points = lay_out(skeleton).points
    assert np.isfinite(points).all() and points.min() >= 0 and points.max() <= 1
    assert points.tolist() == lay_out(skeleton).points.tolist()
    if count > 1:
        away = np.linalg.norm(points[:, None] - points[None], axis=2) + np.eye(count)
        assert away.min() > 1e-3
