"""Identities: through crossings, occlusions, gaps, any frame rate, any order, any skeleton."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from walkers import person, together, tracked

from pedpose.errors import ConfigError
from pedpose.geometry import iou
from pedpose.people import People
from pedpose.skeleton import COCO_17, Skeleton
from pedpose.tracking.tracker import Tracker, TrackerSettings

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def ids(people: People) -> list[int]:
    assert people.track_ids is not None
    assert people.track_ids.dtype == np.int64
    return people.track_ids.tolist()


def test_a_person_has_a_number_from_the_second_frame_on():
    tracker = Tracker(COCO_17)
    assert ids(tracker(person(100, 100), 0.0)) == []
    assert ids(tracker(person(101, 100), 0.04)) == [1]
    assert ids(tracker(People.empty(COCO_17), 0.08)) == []
    assert ids(tracker(person(103, 100), 0.12)) == [1]


def test_what_is_seen_once_takes_no_number():
    tracker = Tracker(COCO_17)
    tracker(person(100, 100), 0.0)
    tracker(People.empty(COCO_17), 0.04)
    assert ids(tracker(person(100, 100), 0.08)) == []
    assert ids(tracker(person(100, 100), 0.12)) == [1]


def test_results_are_the_given_people_in_the_given_order():
    tracker = Tracker(COCO_17)
    people = together([person(100, 100), person(300, 100, 80, 0.5), person(500, 100)])
    tracker(people, 0.0)
    result = tracker(people, 0.04)
    assert np.array_equal(result.keypoints, people.keypoints)
    assert np.array_equal(result.boxes, people.boxes)
    assert sorted(ids(result)) == [1, 2, 3]


@pytest.mark.parametrize("rate", [5.0, 25.0, 60.0])
def test_two_who_cross_keep_their_numbers(rate: float):
    tracker = Tracker(COCO_17)
    seen = []
    for time_s in np.arange(0, 4, 1 / rate).tolist():
        right, left = person(100 + 50 * time_s, 100), person(300 - 50 * time_s, 108)
        seen.append(ids(tracker(together([right, left]), time_s)))
    assert seen[0] == []
    assert all(some == seen[1] for some in seen[1:])
    assert sorted(seen[1]) == [1, 2]


@pytest.mark.parametrize(("hidden_s", "same"), [(1.0, True), (1.9, True), (2.5, False)])
def test_who_is_hidden_for_a_while_keeps_the_number(hidden_s: float, same: bool):
    tracker = Tracker(COCO_17)
    for time_s in np.arange(0, 1, 0.04).tolist():
        tracker(person(100 + 60 * time_s, 100), time_s)
    for time_s in np.arange(1 + hidden_s, 2 + hidden_s, 0.04).tolist():
        last = tracker(person(100 + 60 * time_s, 100), time_s)
    assert ids(last) == ([1] if same else [2])


def test_time_counts_and_not_frames():
    """Every frame, every fifth, and a rate that varies: the same people have the same numbers."""
    steps = np.random.default_rng(0).choice([0.02, 0.04, 0.2], 100)
    for times in (np.arange(0, 6, 0.04), np.arange(0, 6, 0.2), np.cumsum(steps)):
        tracker = Tracker(COCO_17)
        for time_s in times.tolist():
            people = together([person(50 + 70 * time_s, 100), person(600 - 70 * time_s, 250)])
            last = tracker(people, time_s)
        assert sorted(ids(last)) == [1, 2]


def test_a_doubtful_person_goes_on_with_a_track_but_begins_none():
    tracker = Tracker(COCO_17)
    for i in range(3):
        assert ids(tracker(person(100, 100, score=0.2), i / 25)) == []
    for i in range(3, 6):
        tracker(person(100, 100), i / 25)
    assert ids(tracker(person(100, 100, score=0.2), 6 / 25)) == [1]
    assert ids(tracker(person(100, 100, score=0.05), 7 / 25)) == []


def test_one_person_found_twice_has_one_track():
    tracker = Tracker(COCO_17)
    for i in range(10):
        twice = together([person(100 + i, 100), person(102 + i, 101, score=0.8)])
        last = tracker(twice, i / 25)
    assert ids(last) == [1]
    assert last.scores.tolist() == pytest.approx([0.9])


def test_a_shaking_camera_changes_no_numbers():
    random = np.random.default_rng(0)
    places = [(100, 100), (135, 104), (170, 98), (400, 200)]
    tracker = Tracker(COCO_17)
    seen = []
    for i in range(60):
        by = random.normal(0, 15, 2)
        people = together([person(x + i + by[0], y + by[1]) for x, y in places])
        seen.append(ids(tracker(people, i / 25)))
    assert all(some == seen[1] for some in seen[1:])
    assert sorted(seen[1]) == [1, 2, 3, 4]


def test_joints_without_scores_and_skeletons_of_one_joint():
    point = Skeleton(("centre",))
    tracker = Tracker(point)
    for i in range(20):
        keypoints = np.array([[[50 + i, 50, 0.0]], [[200 - i, 50, 0.9]]], np.float32)
        boxes = np.concatenate([keypoints[:, 0, :2] - 20, keypoints[:, 0, :2] + 20], axis=1)
        last = tracker(People(point, keypoints, boxes, np.full(2, 0.9, np.float32)), i / 25)
    assert sorted(ids(last)) == [1, 2]


def test_numbers_are_not_given_again_and_tracks_that_ended_are_forgotten():
    tracker = Tracker(COCO_17)
    seen: list[int] = []
    for hour in range(50):
        for i in range(3):
            seen += ids(tracker(person(100, 100), 3600 * hour + i / 25))
    assert Counter(seen) == dict.fromkeys(range(1, 51), 2)
    assert len(tracker._tracks) == 1


def test_times_and_settings_that_make_no_sense_are_refused():
    tracker = Tracker(COCO_17)
    tracker(person(100, 100), 1.0)
    with pytest.raises(ValueError, match=r"expected 1\.0 or later, found 0\.5"):
        tracker(person(100, 100), 0.5)
    with pytest.raises(ConfigError, match="min_score"):
        TrackerSettings(min_score=1.5)
    with pytest.raises(ConfigError, match="max_lost_s"):
        TrackerSettings(max_lost_s=-1.0)


@st.composite
def clips(draw: st.DrawFn) -> list[People]:
    """A few people who walk, jump, hide and doubt."""
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    count = draw(st.integers(0, 5))
    places, speeds = random.uniform(0, 500, (count, 2)), random.normal(0, 3, (count, 2))
    frames = []
    for _ in range(draw(st.integers(2, 12))):
        places += speeds + random.normal(0, 1, (count, 2))
        there = random.random(count) < 0.8
        scores = random.uniform(0.05, 1, count)
        seen = np.column_stack([places, scores])[there]
        frames.append(together([person(x, y, 90, score) for x, y, score in seen]))
    return frames


@settings(max_examples=40, deadline=None)
@given(clips(), st.integers(0, 2**31))
def test_numbers_are_unique_and_do_not_depend_on_the_order_of_people(
    frames: list[People], seed: int
):
    random = np.random.default_rng(seed)
    tracker, other = Tracker(COCO_17), Tracker(COCO_17)
    for i, people in enumerate(frames):
        result = tracker(people, i / 25)
        assert len(set(ids(result))) == len(result) <= len(people)
        mixed = other(people.select(random.permutation(len(people))), i / 25)
        by_place = [
            {number: box.tolist() for number, box in zip(ids(some), some.boxes, strict=True)}
            for some in (result, mixed)
        ]
        assert by_place[0] == by_place[1]


def switches(frames: list[list[dict]], results: list[People]) -> int:
    """Count how often a true person is found under another number than before."""
    last: dict[int, int] = {}
    count = 0
    for true, found in zip(frames, results, strict=True):
        boxes = np.array([t["bbox"] for t in true], np.float32).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        overlap = iou(boxes, found.boxes)
        for row, column in zip(*linear_sum_assignment(-overlap), strict=True):
            if overlap[row, column] >= 0.5:
                who, number = true[row]["track_id"], ids(found)[column]
                count += last.get(who, number) != number
                last[who] = number
    return count


@pytest.fixture(scope="module")
def walk() -> list[list[dict]]:
    content = json.loads((SAMPLES / "walk_tracks.json").read_text())
    frames: list[list[dict]] = [[] for _ in content["images"]]
    for annotation in content["annotations"]:
        frames[annotation["frame"]].append(annotation)
    return frames


def disturbed(true: list[dict], random: np.random.Generator) -> People:
    """Return what a fair detector finds: noisy, one in seven missing, three in a hundred wrong."""
    people = []
    for one in true:
        if random.random() < 0.15:
            continue
        x, y, width, height = one["bbox"]
        labels = np.array(one["keypoints"], float).reshape(-1, 3)
        joints = np.column_stack([labels[:, :2] + 0.5, 0.4 * labels[:, 2]])
        joints[:, :2] += random.normal(0, 0.02 * height, (17, 2))
        box = np.array([x, y, x + width, y + height]) + random.normal(0, 0.04 * height, 4)
        score = np.float32(random.uniform(0.15, 1))
        people.append(
            People(
                *(COCO_17, joints[None].astype(np.float32), box[None].astype(np.float32)),
                np.array([score]),
            )
        )
    if random.random() < 0.03:
        people.append(person(*random.uniform(50, 300, 2), 80, 0.4))
    return together(people)


@pytest.mark.parametrize("stride", [1, 2, 5])
def test_people_of_the_sample_clip_are_not_confused(walk: list[list[dict]], stride: int):
    random = np.random.default_rng(0)
    tracker = Tracker(COCO_17)
    some = walk[::stride]
    results = [tracker(disturbed(t, random), i * stride / 25) for i, t in enumerate(some)]
    assert switches(some, results) <= 1
    assert len({n for r in results for n in ids(r)}) <= 12
    true, found = sum(map(len, some)), sum(map(len, results))
    assert found > 0.7 * true


def test_the_count_of_switches_can_fail(walk: list[list[dict]]):
    results = []
    for i, true in enumerate(walk):
        people = disturbed(true, np.random.default_rng(i))
        results.append(tracked(people, range(i * 100, i * 100 + len(people))))
    assert switches(walk, results) > 500
