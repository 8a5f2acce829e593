import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodies import any_people, standing, together, with_scores
from pedpose.data.coco import read_coco
from pedpose.inference.body_scale import body_height, named_places
from pedpose.inference.shape import MOST_POINTS, body_shapes, outline
from pedpose.people import People
from pedpose.skeleton import COCO_17, Skeleton

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SIZE = (480, 400)


def inside(shape: np.ndarray, place: tuple[float, float]) -> bool:
    return cv2.pointPolygonTest(shape, tuple(map(float, place)), False) >= 0


def area(shape: np.ndarray) -> float:
    return float(cv2.contourArea(shape))


def mask(shape: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    drawn = np.zeros(size, np.uint8)
    cv2.fillPoly(drawn, [np.round(shape - 0.5).astype(np.int32)], 1)
    return drawn


def test_a_disc_has_its_area():
    shape = outline(np.array([[50, 50, 20, 50, 50, 20.0]]), np.zeros((0, 3)), (100, 100))
    assert area(shape) == pytest.approx(np.pi * 20**2, rel=0.03)
    middle = (shape.min(axis=0) + shape.max(axis=0)) / 2
    assert middle == pytest.approx([50, 50], abs=0.5)


def test_a_tapered_capsule_has_its_area():
    # Two half discs, nearly, and a trapezium between the lines that touch both.
    shape = outline(np.array([[20, 50, 10, 80, 50, 4.0]]), np.zeros((0, 3)), (100, 100))
    slope = np.arcsin(6 / 60)
    expected = (np.pi / 2 + slope) * 10**2 + (np.pi / 2 - slope) * 4**2 + 14 * 60 * np.cos(slope)
    assert area(shape) == pytest.approx(expected, rel=0.03)


def test_all_joints_lie_in_the_shape_and_its_area_is_that_of_a_body():
    people = standing()
    (shape,) = body_shapes(people, SIZE)
    assert shape.dtype == np.float32
    assert all(inside(shape, joint[:2]) for joint in people.keypoints[0])
    assert len(shape) <= MOST_POINTS
    # A standing person fills about a third of the box; legs and arms leave gaps.
    assert 0.15 * 400**2 < area(shape) < 0.30 * 400**2


def test_the_height_of_a_standing_body_is_known():
    people = standing(height=300)
    places = named_places(COCO_17.names, people.keypoints[0].astype(float), 0.3)
    assert body_height(places) == pytest.approx(300, rel=0.03)


def test_limbs_that_point_at_the_camera_do_not_make_a_body_small():
    people = standing(height=300)
    people.keypoints[0, 7:11, :2] = people.keypoints[0, [5, 6, 5, 6], :2] + 3
    places = named_places(COCO_17.names, people.keypoints[0].astype(float), 0.3)
    assert body_height(places) == pytest.approx(300, rel=0.05)


@settings(max_examples=30, deadline=None)
@given(st.floats(-30, 30), st.floats(-30, 30), st.floats(0.2, 6))
def test_a_shape_moves_and_grows_with_the_body(x: float, y: float, scale: float):
    (shape,) = body_shapes(standing(), (4000, 4000))
    (moved,) = body_shapes(standing((200 + x) * scale, (50 + y) * scale, 400 * scale), (4000, 4000))
    expected = (shape + np.array([x, y])) * scale
    assert moved.min(axis=0) == pytest.approx(expected.min(axis=0), abs=4 * scale)
    assert moved.max(axis=0) == pytest.approx(expected.max(axis=0), abs=4 * scale)
    assert area(moved) == pytest.approx(area(shape) * scale**2, rel=0.03)
    back = (moved / scale - (x, y)).astype(np.float32)
    both, other = mask(shape, (500, 420)), mask(back, (500, 420))
    assert (both & other).sum() / (both | other).sum() > 0.95


@settings(max_examples=60, deadline=None)
@given(any_people())
def test_whatever_the_joints_a_shape_stays_in_the_picture(people: People):
    (shape,) = body_shapes(people, (240, 320))
    assert shape.shape == (len(shape), 2)
    assert len(shape) == 0 or 3 <= len(shape) <= MOST_POINTS
    assert np.isfinite(shape).all()
    assert (shape >= 0).all() and (shape <= (320, 240)).all()


def test_at_the_edge_a_shape_is_cut_off_exactly():
    (shape,) = body_shapes(standing(x=30), SIZE)
    assert shape[:, 0].min() == 0
    whole = body_shapes(standing(x=200), SIZE)[0] - (170, 0)
    visible = mask(np.maximum(whole, 0), SIZE).sum()
    assert mask(shape, SIZE).sum() == pytest.approx(visible, rel=0.03)


def test_only_joints_with_a_score_take_part():
    names = ("left_knee", "right_knee", "left_ankle", "right_ankle")
    legless = with_scores(standing(), dict.fromkeys(names, 0.2), others=0.9)
    (shape,) = body_shapes(legless, SIZE)
    assert not inside(shape, tuple(legless.keypoints[0, 15, :2]))
    (whole,) = body_shapes(legless, SIZE, min_score=0.1)
    assert inside(whole, tuple(legless.keypoints[0, 15, :2]))


def test_too_few_joints_give_an_empty_shape():
    two = with_scores(standing(), {"left_knee": 1, "left_ankle": 1}, others=0)
    nobody = with_scores(standing(), {}, others=0)
    shapes = body_shapes(together(two, nobody, standing()), SIZE)
    assert [len(shape) > 0 for shape in shapes] == [False, False, True]
    assert shapes[0].shape == (0, 2)
    assert body_shapes(People.empty(COCO_17), SIZE) == ()


def test_joints_that_are_nowhere_are_left_out():
    people = standing()
    (expected,) = body_shapes(
        with_scores(people, {"left_wrist": 0.0, "nose": 0.0}, others=0.9), SIZE
    )
    people.keypoints[0, 9, :2] = np.nan
    people.keypoints[0, 0, :2] = 1e9
    (shape,) = body_shapes(people, SIZE)
    assert np.array_equal(shape, expected)


def test_somebody_outside_the_picture_has_no_shape():
    assert len(body_shapes(standing(x=5000), SIZE)[0]) == 0


def test_a_portrait_goes_on_to_the_edge_of_the_picture():
    names = {"left_shoulder", "right_shoulder", "nose", "left_ear", "right_ear"}
    portrait = with_scores(standing(), dict.fromkeys(names, 0.9), others=0.0)
    (shape,) = body_shapes(portrait, (180, 400))  # shoulders at 130, hips would be at 237
    assert shape[:, 1].max() == 180
    # Hips that would be in the picture are hidden by something, and nothing is made up.
    (hidden,) = body_shapes(portrait, (480, 400))
    assert hidden[:, 1].max() < 180


def test_other_skeletons_are_drawn_by_their_limbs():
    skeleton = Skeleton(("tip", "middle", "end"), limbs=((0, 1), (1, 2)))
    keypoints = np.array([[[20, 50, 1], [60, 50, 1], [60, 90, 1]]], np.float32)
    people = People(skeleton, keypoints, np.array([[20, 50, 60, 90]], np.float32), np.ones(1, "f4"))
    (shape,) = body_shapes(people, (120, 120))
    radius = 0.04 * 40
    # Two bars of 40 whose ends share a corner.
    expected = 2 * 40 * 2 * radius + np.pi * radius**2
    assert area(shape) == pytest.approx(expected, rel=0.1)
    bare = People(Skeleton(skeleton.names), keypoints, people.boxes, people.scores)
    assert body_shapes(bare, (120, 120))[0].shape == (0, 2)


def test_other_names_of_the_same_joints_give_the_same_shape():
    people = standing()
    camel = Skeleton(tuple(f"{''.join(w.title() for w in n.split('_'))}" for n in COCO_17.names))
    other = People(camel, people.keypoints, people.boxes, people.scores)
    assert np.array_equal(body_shapes(other, SIZE)[0], body_shapes(people, SIZE)[0])


def test_areas_of_rendered_people_agree():
    data = read_coco(SAMPLES / "samples.json")
    areas = {a["id"]: a for a in json.loads((SAMPLES / "samples.json").read_text())["annotations"]}
    errors = []
    for picture in data.pictures:
        for person in picture.people:
            if areas[person.id].get("visibility", 0) < 0.995 or (person.keypoints[:, 2] == 0).any():
                continue
            keypoints = person.keypoints.copy()
            keypoints[:, 2] = 1
            one = People(COCO_17, keypoints[None], person.box[None], np.ones(1, np.float32))
            (shape,) = body_shapes(one, (picture.height, picture.width))
            errors.append(area(shape) / person.area - 1)
    assert len(errors) >= 10
    assert abs(float(np.mean(errors))) < 0.06
    assert float(np.mean(np.abs(errors))) < 0.12
