"""The colours of drawn people whose clothes are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodies import any_people, standing, together, with_scores
from pedpose import COCO_17, People, Skeleton
from pedpose.clothing import ClothColour, Clothes
from pedpose.errors import ConfigError
from pedpose.geometry import Image
from pedpose.inference.clothes import check_clothes, clothes_of
from pedpose.inference.clothes_clusters import CLUSTERS, main_colours
from pedpose.inference.clothes_names import EXAMPLES, colour_names, to_hex, to_lab

SIZE = (500, 400)
GRASS = (60, 140, 40)
SKIN = (225, 172, 140)
RED, NAVY, WHITE = (200, 30, 30), (31, 58, 91), (250, 250, 250)
Colour = tuple[int, int, int]


def dressed(people: People, upper: Colour, lower: Colour, size: tuple[int, int] = SIZE) -> Image:
    """Draw one person as seen from the front: shirt, trousers to the ankles, bare arms, shoes."""
    image = np.full((*size, 3), GRASS, np.uint8)
    joints = dict(zip(COCO_17.names, people.keypoints[0, :, :2].tolist(), strict=True))
    height = float(people.boxes[0, 3] - people.boxes[0, 1])

    def limb(first: str, second: str, colour: Colour, thick: float) -> None:
        ends = [tuple(round(v - 0.5) for v in joints[name]) for name in (first, second)]
        cv2.line(image, ends[0], ends[1], colour, max(1, round(thick * height)))

    for side in ("left", "right"):
        limb(f"{side}_hip", f"{side}_knee", lower, 0.11)
        limb(f"{side}_knee", f"{side}_ankle", lower, 0.08)
        x, y = (round(v) for v in joints[f"{side}_ankle"])
        cv2.circle(image, (x, y), max(1, round(0.03 * height)), (0, 0, 0), -1)
    trunk = [joints[f"{n}"] for n in ("left_shoulder", "right_shoulder", "right_hip", "left_hip")]
    corners = np.round(np.array(trunk) - 0.5).astype(np.int32)
    cv2.fillPoly(image, [corners], upper)
    cv2.polylines(image, [corners], True, upper, max(1, round(0.06 * height)))
    for side in ("left", "right"):
        limb(f"{side}_shoulder", f"{side}_elbow", SKIN, 0.06)
        limb(f"{side}_elbow", f"{side}_wrist", SKIN, 0.05)
    return image


def one(image: Image, people: People) -> Clothes:
    (clothes,) = clothes_of(image, people)
    return clothes


def rgb_of(colour: ClothColour) -> Colour:
    red, green, blue = bytes.fromhex(colour.rgb[1:])
    return red, green, blue


def told(colours: tuple[ClothColour, ...]) -> dict[str, float]:
    return {colour.name: colour.share for colour in colours}


@pytest.mark.parametrize("height", [100, 400, 1600])
@pytest.mark.parametrize(
    ("upper", "lower", "names"),
    [
        (RED, NAVY, ("red", "dark blue")),
        (WHITE, (10, 10, 12), ("white", "black")),
        ((240, 220, 60), (120, 120, 120), ("yellow", "grey")),
        ((150, 190, 230), (84, 58, 40), ("light blue", "brown")),
        ((30, 110, 50), (225, 205, 175), ("green", "beige")),
    ],
)
def test_colours_and_names_are_those_of_the_clothes(
    upper: Colour, lower: Colour, names: tuple[str, str], height: int
):
    people = standing(height / 2, 0.05 * height, height)
    size = round(1.1 * height), height
    clothes = one(dressed(people, upper, lower, size), people)
    assert clothes.names == names
    for (found,), expected in ((clothes.upper, upper), (clothes.lower, lower)):
        assert found.share == 1.0
        assert rgb_of(found) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("along", [0, 1], ids=["hoops", "halves"])
def test_a_shirt_of_two_colours_has_both(along: int):
    people = standing()
    image = dressed(people, RED, NAVY)
    shirt = (image == RED).all(axis=2)
    place = np.indices(SIZE)[along]
    image[shirt & (place >= 200 if along else place % 20 < 8)] = WHITE
    expected = 0.5 if along else 0.4
    shares = told(one(image, people).upper)
    assert shares == pytest.approx({"white": expected, "red": 1 - expected}, abs=0.06)
    assert told(one(image, people).lower) == {"dark blue": 1.0}


def test_the_sides_of_a_jacket_count_beside_the_shirt_in_its_middle():
    people = standing()
    image = dressed(people, NAVY, RED)
    jacket = (image == NAVY).all(axis=2)
    image[jacket & (abs(np.indices(SIZE)[1] - 199.5) < 14)] = WHITE
    shares = told(one(image, people).upper)
    assert shares["dark blue"] > 0.35 and shares["white"] > 0.35


def test_folds_and_noise_are_no_colours_of_their_own():
    people = standing()
    image = dressed(people, (160, 60, 60), (90, 110, 160)).astype(float)
    folds = 1 + 0.25 * np.sin(np.arange(SIZE[1]) / 3)
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    shaded = (image * folds[:, None] + noise).clip(0, 255).astype(np.uint8)
    clothes = one(shaded, people)
    assert told(clothes.upper) == {"red": 1.0}
    assert told(clothes.lower) == {"blue": 1.0}


def test_forearms_before_the_trunk_are_no_cloth():
    people = standing()
    people.keypoints[0, 9, :2] = (170, 170)  # the left wrist at the right side of the chest
    people.keypoints[0, 7, :2] = (255, 180)
    image = dressed(people, RED, NAVY)
    assert (image[140:200, 165:235] == SKIN).all(axis=2).mean() > 0.2
    assert told(one(image, people).upper) == {"red": 1.0}


def test_somebody_seen_from_the_side():
    people = standing()
    people.keypoints[0, :, 0] = 200 + (people.keypoints[0, :, 0] - 200) * 0.1
    image = np.full((*SIZE, 3), GRASS, np.uint8)
    image[120:245, 165:235] = RED  # arms hang before the trunk, which is deeper than they are
    image[245:420, 180:220] = NAVY
    clothes = one(image, people)
    assert told(clothes.upper) == {"red": 1.0}
    assert told(clothes.lower) == {"dark blue": 1.0}


@pytest.mark.parametrize(
    ("hidden", "seen"),
    [
        (("hip", "shoulder"), (False, True)),
        (("shoulder",), (False, True)),
        (("knee", "ankle"), (True, False)),
        (("knee",), (True, False)),
        (("ankle",), (True, True)),
        (("hip", "knee", "ankle"), (False, False)),
        (("elbow", "wrist"), (True, True)),
    ],
)
def test_parts_whose_joints_are_not_seen_have_no_colours(
    hidden: tuple[str, ...], seen: tuple[bool, bool]
):
    scores = {f"{side}_{part}": 0.2 for side in ("left", "right") for part in hidden}
    people = with_scores(standing(), scores, others=0.9)
    clothes = one(dressed(people, RED, NAVY), people)
    assert (bool(clothes.upper), bool(clothes.lower)) == seen
    assert clothes.names[0] in (None, "red") and clothes.names[1] in (None, "dark blue")


def test_a_portrait_has_a_shirt_as_far_as_the_picture_goes():
    seen = ("left_shoulder", "right_shoulder", "nose", "left_ear", "right_ear")
    portrait = with_scores(standing(), dict.fromkeys(seen, 0.9), others=0.0)
    image = dressed(standing(), RED, NAVY)
    cut = one(image[:200], portrait)
    assert told(cut.upper) == {"red": 1.0} and cut.lower == ()
    assert one(image, portrait) == Clothes(), "the hips are hidden by something"


def test_too_few_pixels_and_people_who_are_nowhere_have_no_colours():
    image = dressed(standing(), RED, NAVY)
    nowhere = standing()
    nowhere.keypoints[0, :, :2] = np.nan
    far = standing()
    far.keypoints[0, 5, :2] = 1e12
    tiny, away = standing(100, 100, 16), standing(x=9000)
    found = clothes_of(image, together(tiny, away, nowhere, standing(), far))
    assert found[:3] == (Clothes(), Clothes(), Clothes())
    assert found[3].names == ("red", "dark blue")
    assert clothes_of(image, People.empty(COCO_17)) == ()


def test_the_same_every_time_and_no_random_numbers_are_used():
    people = standing()
    image = np.random.default_rng(1).integers(0, 256, (*SIZE, 3), dtype=np.uint8)

    def drawn(between: int) -> list[Clothes]:
        cv2.setRNGSeed(7)
        np.random.seed(7)
        found = [one(image, people) for _ in range(between)]
        states.append((cv2.randu(np.zeros(4), 0, 1).tolist(), np.random.random()))
        return found

    states: list[object] = []
    first, *others = drawn(3)
    assert drawn(0) == []
    assert states[0] == states[1]
    assert others == [first, first]
    assert len(first.upper) > 1


def test_a_mirrored_person_wears_the_same():
    people = standing(x=190)
    image = dressed(people, RED, NAVY)
    shirt = (image == RED).all(axis=2)
    image[shirt & (np.indices(SIZE)[1] < 185)] = WHITE
    keypoints = people.keypoints.copy()
    keypoints[0, :, 0] = SIZE[1] - keypoints[0, :, 0]
    keypoints = keypoints[:, [0, *(i ^ 3 if i in (1, 2) else i for i in range(1, 17))]]
    other = People(COCO_17, keypoints, people.boxes, people.scores)
    here, there = one(image, people), one(np.ascontiguousarray(image[:, ::-1]), other)
    assert told(there.upper) == pytest.approx(told(here.upper), abs=0.03)
    assert len(here.upper) == 2
    assert there.lower == here.lower


@settings(max_examples=60, deadline=None)
@given(any_people())
def test_whatever_the_joints(people: People):
    clothes = one(dressed(standing(), RED, NAVY), people)
    for colours in (clothes.upper, clothes.lower):
        assert colours == () or sum(told(colours).values()) == pytest.approx(1)


PIXEL = st.tuples(*[st.integers(0, 255)] * 3)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIXEL, min_size=1, max_size=60))
def test_whatever_the_pixels(pixels: list[Colour]):
    colours = main_colours(np.array(pixels, np.uint8))
    shares = [colour.share for colour in colours]
    assert 1 <= len(colours) <= CLUSTERS
    assert round(sum(shares), 6) == 1
    assert shares == sorted(shares, reverse=True)
    assert all(colour.name in EXAMPLES for colour in colours)
    low, high = np.min(pixels, axis=0), np.max(pixels, axis=0)
    if (low == high).all():
        assert rgb_of(colours[0]) == pytest.approx(low, abs=1)


@settings(max_examples=60, deadline=None)
@given(PIXEL, PIXEL, st.integers(12, 88))
def test_two_colours_that_differ_have_their_shares(first: Colour, second: Colour, percent: int):
    pixels = np.array([first] * percent + [second] * (100 - percent), np.uint8)
    apart = np.abs(np.diff(to_lab(pixels[[0, -1]]), axis=0) * [0.5, 1, 1]).max()
    colours = main_colours(pixels)
    if apart >= 24:
        expected = sorted([(percent, first), (100 - percent, second)], reverse=True)
        assert [100 * colour.share for colour in colours] == pytest.approx([p for p, _ in expected])
        if percent != 50:
            for colour, (_, rgb) in zip(colours, expected, strict=True):
                assert rgb_of(colour) == pytest.approx(rgb, abs=1)


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        *(("#0c0c0c", "black"), ("#444444", "dark grey"), ("#808080", "grey")),
        *(("#c0c0c0", "light grey"), ("#f8f8f8", "white"), ("#8b0000", "dark red")),
        *(("#cc2222", "red"), ("#ffc0cb", "pink"), ("#e07818", "orange"), ("#ffd700", "yellow")),
        *(("#f5f5dc", "white"), ("#d2b48c", "beige"), ("#6b4a30", "brown"), ("#808000", "olive")),
        *(("#006400", "dark green"), ("#228b22", "green"), ("#90ee90", "light green")),
        *(("#20b2aa", "turquoise"), ("#000080", "dark blue"), ("#4169e1", "blue")),
        *(("#add8e6", "light blue"), ("#800080", "purple"), ("#d8bfd8", "light purple")),
    ],
)
def test_names_of_colours_that_are_no_examples(rgb: str, name: str):
    lab = to_lab(np.array([list(bytes.fromhex(rgb[1:]))], np.uint8))
    assert rgb not in " ".join(EXAMPLES.values())
    assert colour_names(lab) == [name]
    assert [*bytes.fromhex(to_hex(lab)[0][1:])] == pytest.approx([*bytes.fromhex(rgb[1:])], abs=1)


def test_greys_are_named_by_their_lightness_alone():
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    names = list(dict.fromkeys(colour_names(to_lab(greys))))
    assert names == ["black", "dark grey", "grey", "light grey", "white"]


def test_skeletons_without_shoulders_and_hips_are_refused():
    check_clothes(COCO_17)
    check_clothes(Skeleton(("LeftShoulder", "RightShoulder", "LeftHip", "RightHip")))
    with pytest.raises(ConfigError, match=r"expected the joints left_shoulder.*found head, tail"):
        check_clothes(Skeleton(("head", "tail")))
