from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pedpose import COCO_17, People, Skeleton
from pedpose.errors import ConfigError
from pedpose.geometry import Image
from pedpose.people import Floats
from pedpose.reading.frame import Frame
from pedpose.reading.sources import Source
from pedpose.writing.drawing import PAPER, Drawing
from pedpose.writing.overlay import DARK, ORANGE, SIDE_COLOURS, draw, track_colour
from pedpose.writing.seen import Seen
from pedpose.writing.themes import THEMES, Style, find_theme
from pedpose.writing.trails import Trails

VIDEO = Source(Path("clip.mp4"), "video", "clip")
OTHER = Source(Path("other.mp4"), "video", "other")
PICTURE = Source(Path("a.jpg"), "picture", "a")
HANDS = Skeleton(("left_hand", "right_hand"), limbs=((0, 1),))
NOBODY = People.empty(HANDS)
ONLY_TRAILS = Style(boxes=False, ids=False, scores=False, trails=True)


def photograph() -> Image:
    return np.random.default_rng(0).integers(0, 256, (120, 200, 3), dtype=np.uint8)


def grey() -> Image:
    return np.full((120, 200, 3), 90, np.uint8)


def person(x: float = 40, track: int | None = 3, score: float = 0.9) -> People:
    """Someone from x to x + 30, hands at x + 5.5 and x + 25.5, whose feet are at y = 100."""
    return People(
        HANDS,
        np.array([[[x + 5.5, 50.5, score], [x + 25.5, 50.5, score]]], np.float32),
        np.array([[x, 30, x + 30, 100]], np.float32),
        np.array([0.8], np.float32),
        None if track is None else np.array([track]),
    )


def seen(people: People, time_s: float | None = 0.0, image: Image | None = None) -> Seen:
    return Seen(Frame(grey() if image is None else image, 0, time_s), people)


def changed(drawn: Image, ground: Image | None = None) -> np.ndarray:
    return (drawn != (grey() if ground is None else ground)).any(axis=2)


def near(drawn: Image, colour: tuple[int, int, int]) -> np.ndarray:
    return np.abs(drawn.astype(int) - colour).max(axis=2) < 40


def test_the_first_theme_draws_as_pictures_elsewhere_are_drawn():
    assert next(iter(THEMES)) == "sides"
    assert find_theme("sides") == Style()
    for people in (person(), person(track=None), People.empty(COCO_17)):
        image = photograph()
        assert np.array_equal(Drawing()(VIDEO, seen(people, image=image)), draw(image, people))


def test_themes_differ_in_limbs_boxes_text_and_ground():
    drawn = {name: Drawing(style)(VIDEO, seen(person())) for name, style in THEMES.items()}
    hand, limb, edge, text = (50, 45), (50, 55), (70, 40), (25, 44)
    assert {name: tuple(image[hand]) for name, image in drawn.items()} == {
        "sides": SIDE_COLOURS["left"],
        "tracks": track_colour(3),
        "plain": SIDE_COLOURS["left"],
        "paper": track_colour(3),
    }
    for name, image in drawn.items():
        ground = PAPER if name == "paper" else (90, 90, 90)
        assert not near(image, ground)[limb]
        assert tuple(image[5, 190]) == ground
        assert near(image, ground)[edge] == (name in ("plain", "paper"))
        assert near(image, ground)[text[0] - 8 : text[0], 40:60].all() == (name == "plain")


def test_paper_shows_nothing_of_the_photograph():
    people = person()
    one, other = (
        Drawing(THEMES["paper"])(VIDEO, seen(people, image=image))
        for image in (photograph(), np.zeros_like(grey()))
    )
    assert np.array_equal(one, other)


def test_people_without_tracks_are_drawn_in_any_theme():
    for name, style in THEMES.items():
        drawn = Drawing(style)(PICTURE, seen(person(track=None), None))
        assert tuple(drawn[50, 45]) == SIDE_COLOURS["left"], name


def test_ids_scores_and_least_score_can_be_chosen():
    def label(style: Style) -> int:
        return int(near(Drawing(style)(VIDEO, seen(person())), track_colour(3))[:29].sum())

    style = Style(boxes=False)
    both, ids, scores = style, replace(style, scores=False), replace(style, ids=False)
    assert label(both) > label(scores) > label(ids) > label(replace(ids, ids=False)) == 0
    faint = person(score=0.3)
    assert not changed(Drawing(ONLY_TRAILS)(VIDEO, seen(faint))).any()
    sharp = Drawing(replace(ONLY_TRAILS, min_score=0.2))(VIDEO, seen(faint))
    assert tuple(sharp[50, 45]) == ORANGE


def test_a_frame_is_drawn_once_for_all_and_cannot_be_written_to():
    drawing = Drawing(ONLY_TRAILS)
    frames = [seen(person(20 + 10 * n), n / 10) for n in range(4)]
    alone = [drawing(VIDEO, frame) for frame in frames]
    shared = Drawing(ONLY_TRAILS)
    for frame, expected in zip(frames, alone, strict=True):
        first = shared(VIDEO, frame)
        assert shared(VIDEO, frame) is first
        assert np.array_equal(first, expected), "the trail is not longer for being asked twice"
    with pytest.raises(ValueError, match="read-only"):
        alone[0][0, 0] = 0
    assert np.array_equal(frames[0].frame.image, grey())


def trail(drawn: Image) -> np.ndarray:
    """Where the lower edges of boxes have been."""
    return changed(drawn)[97:104].any(axis=0)


def test_trails_follow_the_feet_and_fade():
    drawing = Drawing(ONLY_TRAILS)
    for n in range(9):
        drawn = drawing(VIDEO, seen(person(10 + 15 * n), n / 5))
    assert trail(drawn)[30:140].all(), "from where the box began to where it is"
    assert not trail(drawn)[:20].any()
    assert not trail(drawn)[155:].any()
    distance = np.abs(drawn[100, 30:140].astype(int) - 90).max(axis=1)
    assert distance[-15:].mean() > 2 * distance[:15].mean()


def test_trails_end_after_two_seconds_and_with_their_source():
    drawing = Drawing(ONLY_TRAILS)
    for n in range(5):
        drawing(VIDEO, seen(person(10 + 15 * n), n / 5))
    assert trail(drawing(VIDEO, seen(NOBODY, 2.5))).any(), "who is gone leaves a trail"
    assert not trail(drawing(VIDEO, seen(NOBODY, 2.81))).any()
    for n in range(5):
        drawing(VIDEO, seen(person(10 + 15 * n), 3 + n / 5))
    assert not trail(drawing(OTHER, seen(NOBODY, 3.9))).any(), "each source has its own"
    drawing.finish(VIDEO)
    assert not trail(drawing(VIDEO, seen(NOBODY, 3.9))).any()


def test_pictures_and_people_without_tracks_have_no_trails():
    drawing = Drawing(ONLY_TRAILS)
    for x in (10, 60, 110):
        picture = drawing(PICTURE, seen(person(x), None))
        assert not trail(picture).any()
        assert not trail(drawing(VIDEO, seen(person(x, track=None), x / 100))).any()


def test_trails_stay_small_at_any_rate_and_number_of_tracks():
    trails = Trails()
    for n in range(20_000):
        trails.add(person(n % 100, track=n // 500), n / 1000)
    assert len(trails._points) <= 5
    assert all(len(points) <= 64 for points in trails._points.values())
    times = [points[0][0] for points in trails._points.values()]
    assert min(times) == pytest.approx(18.0, abs=0.1), "two seconds are there all the same"


SQUARE = np.array([[110, 20], [150, 20], [150, 80], [110, 80]], np.float32)


def shaped(shape: Floats, style: Style, image: Image | None = None) -> Image:
    people = person(10)
    with_shape = replace(seen(people, image=image), shapes=(shape,))
    return Drawing(style)(VIDEO, with_shape)


def test_shapes_are_translucent_with_an_outline():
    style = Style(boxes=False, ids=False, scores=False)
    drawn = shaped(SQUARE, style)
    expected = 90 + 0.35 * (np.array(track_colour(3)) - 90)
    assert np.abs(drawn[40:60, 120:140] - expected).max() <= 1
    assert near(drawn, track_colour(3))[50, 149:151].any(), "outline"
    assert not changed(drawn)[:, 155:].any()
    assert not changed(shaped(SQUARE, THEMES["plain"]))[40:60, 120:140].any()


@pytest.mark.parametrize("shape", [SQUARE[:0], SQUARE[:2], SQUARE + 5000, SQUARE - 5000])
def test_shapes_without_corners_or_outside(shape: Floats):
    style = Style(boxes=False, ids=False, scores=False)
    assert np.array_equal(shaped(shape, style), Drawing(style)(VIDEO, seen(person(10))))


@pytest.mark.parametrize("size", [(1, 1), (5, 400), (400, 5)])
@pytest.mark.parametrize("name", list(THEMES))
def test_any_size_of_picture(size: tuple[int, int], name: str):
    drawing = Drawing(THEMES[name])
    for n in range(3):
        frame = seen(person(10 * n), n / 10, np.zeros((*size, 3), np.uint8))
        assert drawing(VIDEO, replace(frame, shapes=(SQUARE,))).shape == (*size, 3)


def test_white_is_not_lost_on_paper():
    drawn = shaped(SQUARE, Style(ground="paper"))
    expected = PAPER + 0.35 * (np.array(track_colour(3)) - PAPER)
    assert np.abs(drawn[50, 130] - expected).max() <= 1
    anonymous = replace(seen(person(10, track=None)), shapes=(SQUARE,))
    drawn = Drawing(THEMES["paper"])(VIDEO, anonymous)
    assert drawn[50, 130].max() < min(PAPER), "darker than the paper, not white"
    assert (drawn[50, 149] < drawn[50, 130]).all(), "the outline more so"
    assert near(drawn, DARK)[45:56, 10:40].any(), "limbs have their rims"


def test_what_does_not_exist_is_refused():
    with pytest.raises(
        ConfigError, match="expected one of sides, tracks, plain, paper, found neon"
    ):
        find_theme("neon")
    with pytest.raises(ConfigError, match=r"score in 0\.\.1, found 2"):
        Style(min_score=2)
