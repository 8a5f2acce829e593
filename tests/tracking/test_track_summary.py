"""What is summed up of a track, and when it is handed out."""

from __future__ import annotations

import numpy as np
import pytest
from walkers import person, together, tracked

from pedpose.people import People
from pedpose.skeleton import COCO_17, Skeleton
from pedpose.tracking.summary import TrackSummaries


def test_a_walk_is_summed_up():
    summaries = TrackSummaries(COCO_17, max_lost_s=2.0)
    for i in range(101):
        walker = person(100 + 2 * i, 100, 100, 0.5 + 0.4 * (i % 2))
        stander = person(400, 100, 50, 0.8)
        assert summaries.see(tracked(together([walker, stander]), [3, 1]), 1 + i / 25) == []
    first, second = summaries.finish()
    assert (first.track_id, first.first_s, first.last_s, first.frames) == (3, 1.0, 5.0, 101)
    assert first.mean_score == pytest.approx(0.7, abs=0.01)
    assert first.path == pytest.approx(2.0, abs=0.1)
    assert first.speed == pytest.approx(0.5, abs=0.03)
    assert (first.facing, first.facing_share) == ("toward", 1.0)
    assert (second.track_id, second.path, second.speed) == (1, 0.0, 0.0)
    assert summaries.finish() == []


def test_jitter_is_no_path_and_size_does_not_matter():
    random = np.random.default_rng(0)
    for height in (50.0, 400.0):
        summaries = TrackSummaries(COCO_17, 2.0)
        for i in range(500):
            x, y = 300 + random.normal(0, 0.015 * height, 2)
            summaries.see(tracked(person(x, y, height), [1]), i / 25)
        assert summaries.finish()[0].path < 1.5


def test_the_body_is_measured_where_the_box_is_cut_off():
    summaries = TrackSummaries(COCO_17, 2.0)
    for i in range(26):
        people = person(100 + 4 * i, 100)
        people.boxes[0, 3] = 100  # the lower half is out of the picture
        summaries.see(tracked(people, [1]), i / 25)
    assert summaries.finish()[0].path == pytest.approx(1.0, abs=0.15)


def test_tracks_are_handed_out_once_they_have_ended_and_forgotten():
    summaries = TrackSummaries(COCO_17, max_lost_s=2.0)
    ended = []
    for i in range(200):
        ended += summaries.see(tracked(person(100, 100), [i + 1]), 1.5 * i)
        assert len(summaries._ways) <= 2
    assert [t.track_id for t in ended] == list(range(1, 199))
    assert summaries.see(People.empty(COCO_17), 1e6)[0].speed == 0.0


def test_a_skeleton_without_shoulders_is_measured_by_its_boxes():
    skeleton = Skeleton(("tail", "head"))
    summaries = TrackSummaries(skeleton, 2.0)
    for i in range(26):
        box = np.array([[4 * i, 0, 4 * i + 30, 100]], np.float32)
        keypoints = np.ones((1, 2, 3), np.float32)
        people = People(skeleton, keypoints, box, np.ones(1, np.float32))
        summaries.see(tracked(people, [1]), i / 25)
    (track,) = summaries.finish()
    assert (track.facing, track.facing_share) == ("unknown", 1.0)
    assert track.speed == pytest.approx(1.0, abs=0.1)
