import numpy as np
import pytest

from pedpose import COCO_17, People, Skeleton
from pedpose.writing.overlay import GREEN, SIDE_COLOURS, Mark, draw

GREY = np.full((120, 160, 3), 90, np.uint8)


def one(skeleton: Skeleton, points: list[list[float]], score: float = 0.9) -> People:
    keypoints = np.array([[[x, y, score] for x, y in points]], np.float32)
    box = np.array([[20, 20, 100, 110]], np.float32)
    return People(skeleton, keypoints, box, np.array([0.8], np.float32))


def test_nobody_leaves_the_picture_as_it_is():
    drawn = draw(GREY, People.empty(COCO_17))
    assert np.array_equal(drawn, GREY)
    assert drawn is not GREY


def test_joints_are_drawn_where_they_are_in_the_colour_of_their_side():
    skeleton = Skeleton(("left_hand", "right_hand", "nose"))
    points = [[40.5, 60.5], [80.5, 60.5], [60.5, 90.5]]
    drawn = draw(GREY, one(skeleton, points))
    for (x, y), side in zip(points, ("left", "right", "middle"), strict=True):
        assert tuple(drawn[int(y), int(x)]) == SIDE_COLOURS[side]
    assert np.array_equal(GREY, np.full((120, 160, 3), 90, np.uint8))


def test_uncertain_joints_and_their_limbs_are_not_drawn():
    skeleton = Skeleton(("a", "b"), limbs=((0, 1),))
    people = one(skeleton, [[40, 60], [80, 60]])
    with_limb = draw(GREY, people)
    people.keypoints[0, 1, 2] = 0.1
    without = draw(GREY, people)
    assert not np.array_equal(with_limb[60, 60], GREY[60, 60])
    assert np.array_equal(without[60, 60], GREY[60, 60])
    assert np.array_equal(without[60, 80], GREY[60, 80])


def test_marks_colour_the_box_and_say_what_it_is():
    people = one(Skeleton(("a",)), [[80, 80]])
    x1, y1, x2 = people.boxes[0, :3].astype(int)
    bare = draw(GREY, people, marks=[Mark("", GREEN)])
    red, green, blue = bare[y1 - 1 : y1 + 1, (x1 + x2) // 2].mean(axis=0)
    assert green > blue > red, "the edge lies between two rows of pixels"
    named = draw(GREY, people, marks=[Mark("missed", GREEN)])
    above = named[max(0, y1 - 14) : y1, x1 : x1 + 20]
    assert (above == GREEN).all(axis=2).any()
    assert (above.astype(int).sum(axis=2) < 200).any(), "dark letters"
    assert (bare[max(0, y1 - 14) : y1 - 1] == GREY[0, 0]).all()
    large = draw(GREY, people, marks=[Mark("missed", GREEN, size=14)])
    assert (large == GREEN).all(axis=2).sum() > 1.3 * (named == GREEN).all(axis=2).sum()


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 400, 3), (2000, 30, 3)])
def test_people_partly_or_wholly_outside_any_picture(shape: tuple[int, int, int]):
    points = np.random.default_rng(0).uniform(-500, 500, (2, 17, 2))
    keypoints = np.concatenate([points, np.ones((2, 17, 1))], axis=2).astype(np.float32)
    boxes = np.array([[-300, -300, 400, 400], [600, 600, 700, 700]], np.float32)
    people = People(COCO_17, keypoints, boxes, np.ones(2, np.float32), np.array([1, 22]))
    assert draw(np.zeros(shape, np.uint8), people).shape == shape


def test_one_joint_is_a_dot_that_can_be_seen():
    people = one(Skeleton(("tip",)), [[60.5, 60.5]])
    drawn = draw(np.full((480, 640, 3), 90, np.uint8), people)
    dot = (drawn == SIDE_COLOURS["middle"]).all(axis=2)[55:66, 55:66]
    assert dot.sum() >= 9
    assert (drawn[55:66, 55:66].sum(axis=2) < 150).any(), "a dark rim sets it off from any ground"


def test_explicit_pairs_colour_joints_whose_names_have_no_side():
    skeleton = Skeleton(("a", "b", "c"), swaps=((1, 0),))
    points = [[40.5, 60.5], [80.5, 60.5], [60.5, 90.5]]
    drawn = draw(GREY, one(skeleton, points))
    for (x, y), side in zip(points, ("right", "left", "middle"), strict=True):
        assert tuple(drawn[int(y), int(x)]) == SIDE_COLOURS[side]


def test_fifty_joints_without_limbs_are_all_drawn():
    skeleton = Skeleton(tuple(f"{side}_{n}" for side in ("left", "right") for n in range(25)))
    points = [[30.5 + 14 * (n % 10), 30.5 + 14 * (n // 10)] for n in range(50)]
    drawn = draw(np.full((120, 200, 3), 90, np.uint8), one(skeleton, points))
    for n, (x, y) in enumerate(points):
        assert tuple(drawn[int(y), int(x)]) == SIDE_COLOURS["left" if n < 25 else "right"]
