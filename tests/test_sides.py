"""Sides by names: what is certain, what is likely, and what says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedpose.sides import doubts, mirrored_name, name_side, named_partners, plain_name

PARTS = st.sampled_from(
    [*("left", "Right", "LEFT", "l", "R", "wrist", "Tip", "leftover", "a", "XL", "1"), *"_-. "]
)


@pytest.mark.parametrize(
    ("name", "mirror"),
    [
        ("left_wrist", "right_wrist"),
        ("wrist_left", "wrist_right"),
        ("Left-Wrist", "Right-Wrist"),
        ("RIGHT HIP", "LEFT HIP"),
        ("left hand_tip", "right hand_tip"),
        ("hand-tip left", "hand-tip right"),
        ("leftWrist", "rightWrist"),
        ("LeftWrist", "RightWrist"),
        ("wristLeft", "wristRight"),
        ("LEFTWrist", "RIGHTWrist"),
        ("hand.L", "hand.R"),
        ("l_wrist", "r_wrist"),
        ("RWrist", "LWrist"),
        ("wrist_r", "wrist_l"),
        ("nose", "nose"),
        ("leftover", "leftover"),
        ("lwrist", "lwrist"),
        ("LWRIST", "LWRIST"),
        ("ear", "ear"),
        ("BRAÇO", "BRAÇO"),
        ("LeftAaÀ", "RightAaÀ"),
    ],
)
def test_mirrored_name(name: str, mirror: str) -> None:
    assert mirrored_name(name) == mirror
    assert mirrored_name(mirror) == name


@given(st.lists(PARTS, min_size=1, max_size=6).map("".join) | st.text(max_size=12))
def test_mirroring_a_name_twice_is_identity(name: str) -> None:
    assert mirrored_name(mirrored_name(name)) == name
    assert (mirrored_name(name) != name) == (name_side(name) != "middle")


@pytest.mark.parametrize(
    ("name", "side"),
    [("Left-Hip", "left"), ("hip_r", "right"), ("nose", "middle"), ("left_r_x", "both")],
)
def test_name_side(name: str, side: str) -> None:
    assert name_side(name) == side


def test_letters_may_be_left_aside() -> None:
    assert name_side("l_hip", with_letters=False) == "middle"
    assert name_side("left_r", with_letters=False) == "left"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        *(("Left Shoulder", "left_shoulder"), ("hip_right", "right_hip"), ("RHip", "right_hip")),
        *(("head-top", "head_top"), ("HeadTop", "head_top"), ("nose", "nose")),
    ],
)
def test_plain_name(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_partners_are_those_who_are_there() -> None:
    assert named_partners(("REye", "LEye", "nose", "left_ear", "left_right")) == (1, 0, 2, 3, 4)


@pytest.mark.parametrize(
    "names",
    [
        *(("nose",), ("0",), ("kp1",), ("red", "blue"), ("leg", "lip"), ("spine1", "spine2")),
        *(("left_eye", "right_eye", "3"), ("l_hip", "r_hip"), ("LHip", "RHip", "MidHip")),
        *(("front_leg", "rear_leg"), ("leftover", "tail"), ("left_lwrist", "right_lwrist")),
    ],
)
def test_names_without_doubt(names: tuple[str, ...]) -> None:
    assert doubts(names) == []


@pytest.mark.parametrize(
    ("names", "doubt"),
    [
        (("left_hand",), "without a partner on the other side: left_hand (expected right_hand)"),
        (("wrist_l", "hip"), "without a partner on the other side: wrist_l (expected wrist_r)"),
        (("left_hand", "Right_hand"), "left_hand (expected right_hand), Right_hand (expected Left"),
        (("left_right_x",), "both sides in them: left_right_x"),
        (("l_left",), "without a partner on the other side: l_left (expected r_right)"),
        (("lwrist", "rwrist"), "not certain: lwrist / rwrist"),
        (("Rwrist", "Lwrist"), "not certain: Lwrist / Rwrist"),
        (("wristl", "wristr"), "not certain: wristl / wristr"),
        (("leftwrist", "rightwrist"), "not certain: leftwrist / rightwrist"),
        (("arm_lwrist", "arm_rwrist"), "not certain: arm_lwrist / arm_rwrist"),
        (("main_gauche", "main_droite"), "not certain: main_gauche / main_droite"),
        (("linkerFuss", "rechterFuss"), "not certain: linkerFuss / rechterFuss"),
        (("0", "1", "2"), "do not say what the joints are: 0, 1, 2"),
        (("kp3", "keypoint_1"), "do not say what the joints are: kp3, keypoint_1"),
        (("Point-4", "joint5", "nose"), "do not say what the joints are: Point-4, joint5"),
        (("l", "r"), "do not say what the joints are: l, r"),
        (tuple("abcdefgh"), "what the joints are: a, b, c, d, e, f and 2 more"),
    ],
)
def test_doubts(names: tuple[str, ...], doubt: str) -> None:
    assert doubt in "; ".join(doubts(names))
