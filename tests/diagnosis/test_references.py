"""Figures of a training, and what they are compared with. Golden values are computed by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pedpose.data.coco import CocoData, Person, Picture, read_coco
from pedpose.diagnosis.figures import figures
from pedpose.diagnosis.references import chance, human, mean_pose, sigmas_of
from pedpose.errors import DataError
from pedpose.evaluation.oks import Prediction
from pedpose.skeleton import Skeleton

HEAD_AND_HAND = Skeleton(("head", "hand"), sigmas=(0.1, 0.2))

Label = tuple[float, float, int]
Box = tuple[float, float, float, float]


def person(number: int, box: Box, labels: list[Label], area: float, weight: float = 1.0) -> Person:
    keypoints = np.array(labels, np.float32)
    weights = np.where(keypoints[:, 2] > 0, weight, 0).astype(np.float32)
    return Person(number, np.array(box, np.float32), keypoints, weights, area)


def data(*people: Person, skeleton: Skeleton = HEAD_AND_HAND) -> CocoData:
    """Return annotations with one picture for each person."""
    pictures = tuple(
        Picture(p.id, Path("p.png"), 640, 480, (p,), np.zeros((0, 4), np.float32)) for p in people
    )
    return CocoData(Path("people.json"), skeleton, 1, pictures)


def answer(who: Person, places: list[tuple[float, float]]) -> Prediction:
    keypoints = np.array([(x, y, 1.0) for x, y in places])
    return Prediction(who.id, keypoints, who.box, 1.0, who.id)


STANDING = person(1, (10, 10, 50, 110), [(30, 20, 2), (15, 60, 1)], 2500)
LYING = person(2, (100, 100, 300, 150), [(110, 120, 2), (0, 0, 0)], 6000)


def test_figures_of_distances_known_by_hand() -> None:
    # Sides 100 and 200. Distances: 4 / 100, 20.1 / 100, and 150 / 200, which counts as 0.5.
    found = figures(
        data(STANDING, LYING),
        [answer(STANDING, [(34, 20), (15, 80.1)]), answer(LYING, [(260, 120), (5, 5)])],
        (0.1, 0.2),
    )
    assert list(found) == ["ap", "pck@0.2", "pck@0.05", "error"]
    assert found["pck@0.2"] == pytest.approx(1 / 3)
    assert found["pck@0.05"] == pytest.approx(1 / 3)
    assert found["error"] == pytest.approx((0.04 + 0.201 + 0.5) / 3, abs=1e-6)


def test_figures_of_perfect_and_of_missing_predictions() -> None:
    both = data(STANDING, LYING)
    right = [answer(p, [(x, y) for x, y, _ in p.keypoints]) for p in (STANDING, LYING)]
    assert figures(both, right, (0.1, 0.2)) == pytest.approx(
        {"ap": 1.0, "pck@0.2": 1.0, "pck@0.05": 1.0, "error": 0.0}
    )
    nothing = figures(both, [], (0.1, 0.2))
    assert nothing == {"ap": 0.0, "pck@0.2": 0.0, "pck@0.05": 0.0, "error": 0.5}


def test_figures_need_labels() -> None:
    blank = person(1, (0, 0, 10, 10), [(0, 0, 0), (0, 0, 0)], 50)
    for call in (
        lambda: figures(data(blank), [], (0.1, 0.2)),
        lambda: human(data(blank), (0.1, 0.2)),
        lambda: human(data(), (0.1, 0.2)),
        lambda: chance(data(STANDING), data(blank)),
    ):
        with pytest.raises(DataError, match=r"people\.json: expected at least one labelled joint"):
            call()


def test_the_mean_pose_is_in_parts_of_the_box() -> None:
    # Heads at (0.5, 0.1) and (0.05, 0.4); the only labelled hand at (0.125, 0.5).
    assert mean_pose(data(STANDING, LYING)) == pytest.approx(
        np.array([(0.275, 0.25), (0.125, 0.5)]), abs=1e-6
    )
    # A label that counts three times as much draws the mean to itself.
    sure = replace(LYING, weights=LYING.weights * 3)
    assert mean_pose(data(STANDING, sure))[0] == pytest.approx(
        ((0.5 + 0.15) / 4, 1.3 / 4), abs=1e-6
    )
    blank = person(1, (0, 0, 10, 10), [(0, 0, 0), (5, 1, 2)], 50)
    assert mean_pose(data(blank)) == pytest.approx(np.array([(0.5, 0.5), (0.5, 0.1)]))


def test_chance_says_the_mean_pose() -> None:
    # The mean pose in the box (200, 0, 240, 80): head (211, 20), hand (205, 40). Side 80.
    val = person(7, (200, 0, 240, 80), [(211, 36, 2), (205, 43, 2)], 1000)
    found = chance(data(STANDING, LYING), data(val))
    assert found["pck@0.2"] == pytest.approx(0.5)  # 16 / 80 is not below 0.2
    assert found["pck@0.05"] == pytest.approx(0.5)
    assert found["error"] == pytest.approx((0.2 + 0.0375) / 2, abs=1e-6)
    # OKS = (exp(-16^2 / (2 * 1000 * 0.2^2)) + exp(-3^2 / (2 * 1000 * 0.4^2))) / 2 = 0.506
    assert found["ap"] == pytest.approx(0.1)
    assert chance(data(STANDING, LYING), data(val), (1.0, 1.0))["ap"] == pytest.approx(1.0)


def test_chance_wants_the_same_joints() -> None:
    other = replace(data(STANDING), skeleton=Skeleton(("hand", "head")))
    with pytest.raises(DataError, match=r"expected the joints of .* head, hand, found hand, head"):
        chance(data(STANDING), other)


def test_a_human_by_hand() -> None:
    # s = 50, longer side 100: r = sigma * s / side = 0.05 for sigma 0.1.
    head = person(1, (0, 0, 40, 100), [(20, 10, 2), (0, 0, 0)], 2500)
    found = human(data(head), (0.1, 0.2))
    assert list(found) == ["ap", "pck@0.2", "pck@0.05", "error"]
    assert found["pck@0.05"] == pytest.approx(1 - math.exp(-1))
    assert found["pck@0.2"] == pytest.approx(1 - math.exp(-16))
    assert found["error"] == pytest.approx(0.0443113, abs=1e-6)  # sqrt(pi) / 2 * 0.05
    # r = 0.5 for a sigma of 1: sqrt(pi) / 2 * 0.5 * erf(1), since distances end at 0.5.
    assert human(data(head), (1.0, 0.2))["error"] == pytest.approx(0.373412, abs=1e-6)
    # Two joints, two people: means over all three labelled joints, r = 0.05, 0.1, 0.0387298.
    shares = [1 - math.exp(-((0.05 / r) ** 2)) for r in (0.05, 0.1, 0.1 * math.sqrt(6000) / 200)]
    assert human(data(STANDING, LYING), (0.1, 0.2))["pck@0.05"] == pytest.approx(sum(shares) / 3)


def test_labels_drawn_at_random_have_the_figures_of_the_formula() -> None:
    random = np.random.default_rng(3)
    sigmas = np.array([0.08, 0.15])
    people, answers = [], []
    for number in range(1, 1501):
        one = person(number, (0, 0, 60, 100), [(30, 10, 2), (10, 60, 2)], 2000)
        noise = random.normal(size=(2, 2)) * sigmas[:, None] * math.sqrt(2000 / 2)
        people.append(one)
        answers.append(answer(one, [tuple(row) for row in one.keypoints[:, :2] + noise]))
    drawn = figures(data(*people), answers, tuple(sigmas))
    expected = human(data(*people), tuple(sigmas))
    assert drawn == pytest.approx(expected, abs=0.02)
    assert 0.6 < expected["ap"] < 0.95
    assert human(data(*people[:3]), tuple(sigmas)) == human(data(*people[:3]), tuple(sigmas))


def test_a_human_needs_a_sigma_for_each_joint() -> None:
    with pytest.raises(DataError, match="expected 2 sigmas, one a joint, found 1"):
        human(data(STANDING), (0.1,))


def test_sigmas_have_a_default() -> None:
    assert sigmas_of(data(STANDING)) == (0.1, 0.2)
    assert sigmas_of(data(STANDING, skeleton=Skeleton(("head", "hand")))) == (0.05, 0.05)


def test_on_people_of_coco_chance_is_poor_and_humans_are_good(shared: Path) -> None:
    train, val = (
        read_coco(shared / "data" / "coco" / name, need_pictures=False)
        for name in ("train.json", "dev.json")
    )
    blind, careful = chance(train, val), human(val, sigmas_of(val))
    assert blind["ap"] < 0.01 and 0.7 < careful["ap"] < 0.9
    assert 0.5 < blind["pck@0.2"] < 0.7 < careful["pck@0.05"] < 0.85 < 0.999 < careful["pck@0.2"]
    assert 0.15 < blind["error"] < 0.25 and 0.02 < careful["error"] < 0.05
