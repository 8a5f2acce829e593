from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodies import standing, together, with_scores
from pedpose.errors import ConfigError
from pedpose.geometry import Image
from pedpose.inference.head_regions import head_regions
from pedpose.inference.heads import FACE
from pedpose.inference.privacy import COLOUR_STEP, BlurSettings, FaceBlur, covered
from pedpose.people import People
from pedpose.pictures import read_picture
from pedpose.reading.frame import Frame
from pedpose.skeleton import COCO_17, Skeleton

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
FACES = [name for name in FACE if name in COCO_17.names]


def noise(height: int = 480, width: int = 400, seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def blurred(image: Image, people: People, time_s: float | None = None) -> Image:
    return FaceBlur(COCO_17)("source", Frame(image, 0, time_s), people).image


def changed(before: Image, after: Image) -> np.ndarray:
    return (before != after).any(axis=2)


def colours(image: Image, where: np.ndarray) -> int:
    return len(np.unique(image[where], axis=0))


def in_regions(regions: np.ndarray, places: np.ndarray) -> np.ndarray:
    away = np.hypot(*(places[:, None] - regions[None, :, :2]).transpose(2, 0, 1))
    return (away <= regions[None, :, 2]).any(axis=1)


def test_a_head_with_hair_and_chin_becomes_one_colour():
    image = noise()
    kept = image.copy()
    frame = Frame(image, 3, None, gap_s=0.5)
    result = FaceBlur(COCO_17)("source", frame, standing())
    assert np.array_equal(image, kept)
    assert replace(result, image=image) == frame
    hidden = changed(image, result.image)
    # Crown at y = 50, chin at 50 + 0.13 x 400; the body below the shoulders is left as it is.
    assert hidden[48:105, 200].mean() > 0.95
    assert not hidden[140:].any()
    assert not hidden[:, :130].any()
    assert colours(result.image, hidden) == 1


def test_the_colour_is_the_mean_in_coarse_steps():
    image = np.full((60, 60, 3), (100, 200, 255), np.uint8)
    image[:, 30:] = (120, 220, 255)
    result = covered(image, np.array([[30, 30, 10.0]]))
    # The means are 110, 210 and 255.
    half = COLOUR_STEP // 2
    assert result[30, 30].tolist() == [96 + half, 208 + half, 240 + half]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(-500, 900), st.floats(-500, 900), st.sampled_from([0.0, 0.05, 0.15, 0.4, 1.0])
        ),
        min_size=17,
        max_size=17,
    ),
    st.tuples(st.floats(-50, 300), st.floats(-50, 300), st.floats(5, 400), st.floats(5, 400)),
)
def test_every_face_joint_with_a_score_is_covered_and_the_rest_is_left(
    joints: list[tuple[float, ...]], box: tuple[float, ...]
):
    x, y, width, height = box
    people = People(
        COCO_17,
        np.array([joints], np.float32),
        np.array([[x, y, x + width, y + height]], np.float32),
        np.ones(1, np.float32),
    )
    regions = head_regions(people, 0.1)
    assert len(regions) >= 1
    face = people.keypoints[0, [COCO_17.names.index(name) for name in FACES]].astype(float)
    assert in_regions(regions, face[face[:, 2] >= 0.1, :2]).all()

    image = noise(96, 128)
    result = blurred(image, people)
    hidden = changed(image, result)
    assert colours(result, hidden) <= len(regions)
    y, x = (np.indices((96, 128)) + 0.5).reshape(2, -1)
    near = in_regions(regions + np.array([0, 0, 1.5]), np.column_stack([x, y])).reshape(96, 128)
    assert not hidden[~near].any()
    inside = in_regions(regions, np.column_stack([x, y])).reshape(96, 128)
    assert colours(result, inside) <= len(regions)


@settings(max_examples=20, deadline=None)
@given(st.floats(-40, 40), st.floats(-40, 40), st.floats(0.05, 5))
def test_regions_move_and_grow_with_the_body(x: float, y: float, scale: float):
    regions = head_regions(standing(), 0.1)
    moved = head_regions(standing((200 + x) * scale, (50 + y) * scale, 400 * scale), 0.1)
    assert moved == pytest.approx((regions + np.array([x, y, 0])) * scale, rel=1e-3, abs=1e-3)


def test_without_a_face_the_place_above_the_shoulders_is_covered():
    behind = with_scores(standing(), dict.fromkeys(FACES, 0.0), others=0.9)
    (region,) = head_regions(behind, 0.1)
    assert np.hypot(region[0] - 200, region[1] - 82) < 15
    assert region[2] > 0.065 * 400 * 1.5


def test_where_the_face_is_doubtful_both_places_are_covered():
    astray = with_scores(standing(), dict.fromkeys(FACES, 0.2), others=0.9)
    astray.keypoints[0, :5, :2] += (0, 250)
    regions = head_regions(astray, 0.1)
    assert in_regions(regions, np.array([[200.0, 82.0], [200.0, 332.0]])).all()


def test_where_only_a_box_is_known_its_top_is_covered():
    nothing = with_scores(standing(), {}, others=0.0)
    regions = head_regions(nothing, 0.1)
    head = np.array([[200, 55], [175, 80], [225, 80], [200, 105]], float)
    assert in_regions(regions, head).all()
    assert not in_regions(regions, np.array([[200.0, 400.0]])).any()


def test_a_wrong_joint_far_away_does_not_uncover_the_face():
    people = standing()
    people.keypoints[0, 0, :2] = (390, 470)  # the nose
    regions = head_regions(people, 0.1)
    assert in_regions(regions, people.keypoints[0, :5, :2].astype(float)).all()
    assert in_regions(regions, np.array([[200.0, 82.0]])).all()


@pytest.mark.parametrize("place", [np.nan, np.inf, 1e12])
def test_joints_that_are_nowhere_cover_nothing_and_break_nothing(place: float):
    people = standing()
    people.keypoints[0, [0, 3, 5], :2] = place
    regions = head_regions(people, 0.1)
    assert np.isfinite(regions).all()
    assert in_regions(regions, people.keypoints[0, [1, 2, 4], :2].astype(float)).all()
    people.keypoints[:] = people.boxes[:] = place
    image = noise()
    assert np.array_equal(blurred(image, people), image)


def test_heads_at_the_edge_beyond_it_and_larger_than_the_picture():
    image = noise(60, 80)
    assert changed(image, blurred(image, standing(x=0, y=-10, height=200))).any()
    assert np.array_equal(blurred(image, standing(x=5000)), image)
    result = blurred(image, standing(x=40, y=-2000, height=30000))
    assert colours(result, np.ones((60, 80), bool)) == 1


def test_small_heads_are_covered():
    image = noise(40, 40)
    people = standing(x=20, y=10, height=20)  # a head of 2.6 pixels
    hidden = changed(image, blurred(image, people))
    assert hidden[9:14, 19:22].all()


def test_overlapping_people_are_all_covered():
    pair = together(standing(x=200), standing(x=230))
    image = noise()
    result = blurred(image, pair)
    assert changed(image, result)[80, [200, 230]].all()
    assert colours(result, changed(image, result)) == 2


def test_nobody_changes_nothing():
    image = noise()
    assert np.array_equal(blurred(image, People.empty(COCO_17), 1.0), image)


def test_in_video_a_missed_frame_uncovers_nobody():
    blur, image, nobody = FaceBlur(COCO_17), noise(), People.empty(COCO_17)
    for frame in range(5):
        blur("video", Frame(image, frame, frame / 25), standing())
    missed = blur("video", Frame(image, 5, 5 / 25), nobody).image
    assert changed(image, missed)[60:105, 200].mean() > 0.95
    late = blur("video", Frame(image, 30, 30 / 25), nobody).image
    assert np.array_equal(late, image)


def test_sources_that_come_in_turns_are_kept_apart():
    blur, image, nobody = FaceBlur(COCO_17), noise(), People.empty(COCO_17)
    blur("one", Frame(image, 0, 0.0), standing())
    blur("picture", Frame(image, 0, None), standing())
    assert np.array_equal(blur("two", Frame(image, 1, 0.04), nobody).image, image)
    assert np.array_equal(blur("picture", Frame(image, 0, None), nobody).image, image)
    assert not np.array_equal(blur("one", Frame(image, 1, 0.04), nobody).image, image)
    blur.finish("one")
    blur.finish("never seen")
    assert np.array_equal(blur("one", Frame(image, 2, 0.08), nobody).image, image)


def test_a_skeleton_without_heads_and_shoulders_is_refused():
    with pytest.raises(ConfigError, match=r"expected one of the joints nose.*found left_hip, tail"):
        FaceBlur(Skeleton(("left_hip", "tail")))
    with pytest.raises(ConfigError, match="found left_shoulder"):
        FaceBlur(Skeleton(("left_shoulder",)))
    FaceBlur(Skeleton(("LeftShoulder", "RightShoulder")))
    FaceBlur(Skeleton(("head_top",)))


def test_people_of_another_skeleton_are_refused():
    with pytest.raises(ValueError, match="expected people with the joints"):
        FaceBlur(COCO_17)("a", Frame(noise(), 0, None), People.empty(Skeleton(("nose",))))


def test_a_crown_alone_tells_where_the_head_is():
    skeleton = Skeleton(("head_top", "left_shoulder", "right_shoulder", "left_hip", "right_hip"))
    whole = standing()
    crown = np.array([[[200, 50, 0.9]]], np.float32)
    keypoints = np.concatenate([crown, whole.keypoints[:, [5, 6, 11, 12]]], axis=1)
    people = People(skeleton, keypoints, whole.boxes, whole.scores)
    head = np.array([[200, 50], [200, 100], [180, 75], [220, 75]], float)
    assert in_regions(head_regions(people, 0.1), head).all()


@pytest.mark.parametrize("field", [{"keep_s": -1.0}, {"keep_s": np.nan}, {"min_score": 2.0}])
def test_settings_out_of_range_are_refused(field: dict[str, float]):
    with pytest.raises(ConfigError, match=f"{next(iter(field))}: expected 0"):
        BlurSettings(**field)


def test_nothing_of_a_real_face_is_left():
    image = read_picture(SAMPLES / "astronaut.jpg")
    # Places read off the picture; only the head is known, as in a portrait.
    face = {"nose": (222, 130), "left_eye": (245, 112), "right_eye": (203, 112)}
    face |= {"left_ear": (268, 125), "right_ear": (180, 122)}
    keypoints = np.zeros((1, 17, 3), np.float32)
    for name, place in face.items():
        keypoints[0, COCO_17.names.index(name)] = (*place, 0.9)
    height, width = image.shape[:2]
    box = np.array([[60, 10, 420, height]], np.float32) * (width / 512)
    result = blurred(image, People(COCO_17, keypoints, box, np.ones(1, np.float32)))
    head = (slice(60, 175), slice(170, 275))
    assert colours(image, np.ones(image.shape[:2], bool)) > 10000
    assert len(np.unique(result[head].reshape(-1, 3), axis=0)) == 1
