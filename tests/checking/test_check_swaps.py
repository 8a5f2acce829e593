"""Left and right exchanged: by geometry, and in a network's opinion."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from clean_set import Content, entry, joint

from pedpose.checking.check import check
from pedpose.checking.settings import CheckSettings
from pedpose.errors import ConfigError
from pedpose.shipped import shipped_weights

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
NO_OUTLIERS = CheckSettings(outliers=0)

Save = Callable[..., Path]


def exchange(content: Content, number: int, *parts: str) -> None:
    """Exchange left and right of some parts of a person."""
    flat = entry(content, number)["keypoints"]
    for part in parts:
        left, right = (
            joint(content, number, f"left_{part}"),
            joint(content, number, f"right_{part}"),
        )
        flat[left], flat[right] = flat[right], flat[left]


PARTS = ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")


@pytest.mark.parametrize(
    ("parts", "joints"),
    [
        (PARTS, {"left_eye, right_eye"}),
        (("eye",), {"left_eye, right_eye"}),
        (("eye", "ear"), {"left_eye, right_eye"}),
        (("hip",), {"left_hip, right_hip"}),
        (("hip", "knee", "ankle"), {"left_hip, right_hip"}),
        (("shoulder", "elbow", "wrist", "hip", "knee", "ankle"), {"left_shoulder, right_shoulder"}),
        (("wrist",), {"left_wrist, right_wrist"}),
        (("elbow", "wrist"), {"left_elbow, right_elbow"}),
    ],
)
def test_exchanged_sides_are_found(
    parts: tuple[str, ...], joints: set[str], clean: Content, save: Save
):
    exchange(clean, 105, *parts)
    report = check([save(clean)], NO_OUTLIERS)
    swaps = [f for f in report.findings if f.code == "likely-swap"]
    assert report.findings == tuple(swaps)
    assert {f.place.annotation for f in swaps} == {105}
    assert joints <= {f.place.joint for f in swaps}
    assert report.passed()


def test_crossed_shins_are_found_if_they_are_too_long(clean: Content, save: Save):
    for side, outwards in (("left", 10), ("right", -10)):
        entry(clean, 105)["keypoints"][joint(clean, 105, f"{side}_ankle").start] += outwards
    assert check([save(clean)], NO_OUTLIERS).findings == ()
    exchange(clean, 105, "ankle")
    findings = check([save(clean)], NO_OUTLIERS).findings
    assert [(f.code, f.place.joint) for f in findings] == [
        ("likely-swap", "left_ankle, right_ankle")
    ]


def test_people_from_behind_are_no_fault(clean: Content, save: Save):
    for number in range(101, 113):
        exchange(clean, number, *PARTS)
        for name in ("nose", "left_eye", "right_eye"):
            entry(clean, number)["keypoints"][joint(clean, number, name)] = [0, 0, 0]
        entry(clean, number)["num_keypoints"] = 14
    assert check([save(clean)]).findings == ()


def test_hidden_faces_say_nothing(clean: Content, save: Save):
    """As in rendered data: the eyes of people seen from behind are labelled, but hidden."""
    exchange(clean, 105, *PARTS)
    for name in ("nose", "left_eye", "right_eye"):
        entry(clean, 105)["keypoints"][joint(clean, 105, name)][2:] = [1]
    values = entry(clean, 105)["keypoints"]
    for name in ("nose", "left_eye", "right_eye"):
        values[joint(clean, 105, name).stop - 1] = 1
    assert check([save(clean)]).findings == ()


def test_folded_arms_are_no_fault(clean: Content, save: Save):
    """Each hand is twice as near to the other elbow, but no forearm is too long for that."""
    flat = entry(clean, 105)["keypoints"]
    left, right = (joint(clean, 105, f"{side}_shoulder") for side in ("left", "right"))
    low = flat[joint(clean, 105, "left_elbow")][1]
    reach, inner, outer = 15.5, flat[right][0], flat[left][0]
    flat[joint(clean, 105, "left_elbow")] = [outer, low, 2]
    flat[joint(clean, 105, "right_elbow")] = [inner, low, 2]
    flat[joint(clean, 105, "left_wrist")] = [outer - reach, low, 2]
    flat[joint(clean, 105, "right_wrist")] = [inner + reach, low, 2]
    assert reach > 1.5 * (outer - inner - reach)
    assert check([save(clean)], NO_OUTLIERS).findings == ()


def test_a_skeleton_without_sides_is_not_asked_for_them(clean: Content, save: Save):
    exchange(clean, 105, *PARTS)
    assert check([save(clean)], NO_OUTLIERS).counts() == {"likely-swap": 1}
    clean["categories"][0]["keypoints"] = [
        "nose",
        *(f"{part} {letter}" for part in PARTS for letter in ("one", "two")),
    ]
    report = check([save(clean)], NO_OUTLIERS)
    assert report.findings == ()
    assert "no joints with sides" in report.remarks[0]


@pytest.fixture
def samples() -> Content:
    """The truth of one sample, its picture named by its full path."""
    content: Content = json.loads((SAMPLES / "samples.json").read_text())
    image = next(i for i in content["images"] if i["file_name"] == "crosswalk.jpg")
    image["file_name"] = str(SAMPLES / image["file_name"])
    content["images"] = [image]
    content["annotations"] = [a for a in content["annotations"] if a["image_id"] == image["id"]]
    return content


def test_the_shipped_network_finds_exchanged_sides(samples: Content, save: Save):
    settings = replace(NO_OUTLIERS, weights=shipped_weights("joints"), device="cpu")
    before = check([save(samples)], settings)
    assert "likely-swap-model" not in before.counts()
    # The largest person whose arms and legs are all in sight.
    number = max(
        (a for a in samples["annotations"] if a["num_keypoints"] == 17),
        key=lambda a: a["bbox"][2] * a["bbox"][3],
    )["id"]
    exchange(samples, number, *PARTS)
    report = check([save(samples)], settings)
    found = [f for f in report.findings if f.code == "likely-swap-model"]
    assert [f.place.annotation for f in found] == [number]
    assert len(str(found[0].place.joint).split(", ")) >= 4
    assert "exchanged" in found[0].found


def test_weights_must_know_the_joints(samples: Content, save: Save):
    samples["categories"][0]["keypoints"] = [
        f"{side}_{n}" for n in range(8) for side in ("left", "right")
    ] + ["tail"]
    settings = CheckSettings(weights=shipped_weights("joints"), device="cpu")
    with pytest.raises(ConfigError, match="--weights: expected a network with left and right"):
        check([save(samples)], settings)
