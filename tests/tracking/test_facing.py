"""Which way people face: made by hand, and against the walk of those in the sample clip."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from walkers import FRONT, person

from pedpose.people import People
from pedpose.skeleton import COCO_17, Skeleton
from pedpose.tracking.facing import FacingEstimator, facing_of

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def turned(degrees: float) -> People:
    """Return a person who is turned: 0 faces the camera, 90 faces the right of the picture."""
    radians = math.radians(degrees)
    x = FRONT[:, 0] * 1.05  # shoulders 0.21 apart, torso 0.27
    # Nose and eyes are in front of the ears and these in front of the shoulders.
    depth = np.array([0.08, 0.06, 0.06, 0.01, 0.01, *[0.0] * 12])
    people = person(200, 100)
    keypoints = people.keypoints.copy()
    keypoints[0, :, 0] = 200 + 100 * (x * math.cos(radians) + depth * math.sin(radians))
    if math.cos(radians) < -0.5:
        keypoints[0, :3, 2] = 0  # seen from behind
    return replace(people, keypoints=keypoints)


@pytest.mark.parametrize(
    ("degrees", "word"),
    [
        *((0, "toward"), (30, "toward"), (-30, "toward")),
        *((90, "right"), (70, "right"), (110, "right")),
        *((-90, "left"), (-70, "left"), (-110, "left")),
        *((180, "away"), (150, "away"), (-150, "away")),
    ],
)
def test_turned_people(degrees: float, word: str):
    angle = float(FacingEstimator(COCO_17)(turned(degrees))[0])
    apart = (angle - degrees + 180) % 360 - 180
    assert facing_of(angle) == word
    assert abs(apart) < 20


def test_words_have_a_quarter_of_the_circle_each():
    words = [facing_of(float(angle)) for angle in (-180, -134, -46, -44, 44, 46, 134, 136, 180)]
    assert words == [
        *("away", "left", "left", "toward", "toward"),
        *("right", "right", "away", "away"),
    ]
    assert facing_of(math.nan) == "unknown"


def test_without_shoulders_nothing_is_known():
    hidden = turned(0)
    hidden.keypoints[0, 5, 2] = 0.1
    assert np.isnan(FacingEstimator(COCO_17)(hidden)).all()
    skeleton = Skeleton(("tail", "head"))
    people = People(
        skeleton,
        *(np.ones((2, 2, 3), np.float32), np.ones((2, 4), np.float32), np.ones(2, np.float32)),
    )
    assert np.isnan(FacingEstimator(skeleton)(people)).tolist() == [True, True]
    assert FacingEstimator(COCO_17)(People.empty(COCO_17)).shape == (0,)


def test_names_in_another_style_and_hips_that_are_not_seen():
    names = tuple("".join(w.capitalize() for w in n.split("_")) for n in COCO_17.names)
    people = replace(turned(0), skeleton=Skeleton(names))
    people.keypoints[0, 11:13, 2] = 0
    assert facing_of(float(FacingEstimator(people.skeleton)(people)[0])) == "toward"


def test_walkers_of_the_sample_clip_face_where_they_walk():
    """The true direction comes from the true distance and place 0.5 s before and after."""
    content = json.loads((SAMPLES / "walk_tracks.json").read_text())
    walks: dict[int, dict[int, dict]] = {}
    for one in content["annotations"]:
        walks.setdefault(one["track_id"], {})[one["frame"]] = one
    estimator, right, count = FacingEstimator(COCO_17), 0, 0
    for walk in walks.values():
        for frame, one in walk.items():
            before, after = walk.get(frame - 12), walk.get(frame + 12)
            if before is None or after is None:
                continue
            left, _, width, height = one["bbox_full"]
            metre = height / one["person_height"]  # in pixels, at this distance
            sideways = (_middle(after) - _middle(before)) / metre
            toward = before["distance"] - after["distance"]
            if math.hypot(sideways, toward) < 0.25:
                continue
            labels = np.array(one["keypoints"], np.float32).reshape(-1, 3)
            # A face that is turned away is labelled as hidden; nobody would find it.
            labels[:5, 2] = labels[:5, 2] == 2
            labels[5:, 2] = labels[5:, 2] > 0
            box = np.array([[left, 0, left + width, height]], np.float32)
            people = People(COCO_17, labels[None], box, np.ones(1, np.float32))
            found = facing_of(float(estimator(people)[0]))
            right += found == facing_of(math.degrees(math.atan2(sideways, toward)))
            count += 1
    assert count > 1000
    assert right > 0.95 * count


def _middle(one: dict) -> float:
    return one["bbox_full"][0] + one["bbox_full"][2] / 2
