from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedpose.data.augment import Augmentation, change_pixels, half_body_box
from pedpose.errors import ConfigError

NOTHING = Augmentation(
    colour=0, grey_chance=0, dropout_chance=0, blur_chance=0, coarse_chance=0, rotation_chance=0
)


def noise(seed: int = 0, height: int = 40, width: int = 30) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@given(st.integers(0, 10_000))
def test_the_seed_decides_everything(seed: int):
    settings = Augmentation(grey_chance=0.5, dropout_chance=0.5, blur_chance=0.5, coarse_chance=0.5)
    original = noise()
    first = change_pixels(original, settings, np.random.default_rng(seed))
    again = change_pixels(original, settings, np.random.default_rng(seed))
    assert first.dtype == np.uint8
    assert first.shape == original.shape
    assert (first == again).all()
    assert (original == noise()).all()


def test_strength_leads_from_nothing_to_all():
    full = Augmentation()
    assert full.scaled(1.0) == full
    none = full.scaled(0.0)
    assert none.scale == (1.0, 1.0)
    assert (change_pixels(noise(), none, np.random.default_rng(1)) == noise()).all()
    half = full.scaled(0.5)
    assert half.rotation == 20
    assert half.mirror_chance == full.mirror_chance
    assert half.scale[0] * half.scale[0] == pytest.approx(full.scale[0])
    with pytest.raises(ConfigError, match=r"expected a strength in 0\.\.1, found 2"):
        full.scaled(2)


def test_settings_of_zero_change_nothing():
    changed = change_pixels(noise(), NOTHING, np.random.default_rng(1))
    assert (changed == noise()).all()


def test_dropout_covers_one_block_with_one_colour():
    settings = Augmentation(
        colour=0, grey_chance=0, dropout_chance=1, blur_chance=0, coarse_chance=0
    )
    for seed in range(20):
        changed = change_pixels(noise(), settings, np.random.default_rng(seed))
        rows, columns = np.nonzero((changed != noise()).any(axis=2))
        block = changed[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert (block == block[0, 0]).all()
        assert 0.01 < block[..., 0].size / changed[..., 0].size < 0.17


def test_grey_has_no_colour():
    settings = Augmentation(
        colour=0, grey_chance=1, dropout_chance=0, blur_chance=0, coarse_chance=0
    )
    changed = change_pixels(noise(), settings, np.random.default_rng(0))
    assert (changed == noise().mean(axis=2, keepdims=True).astype(np.uint8)).all()


@pytest.mark.parametrize("chance", ["blur_chance", "coarse_chance"])
def test_detail_is_lost_and_light_stays(chance: str):
    settings = replace(NOTHING, **{chance: 1.0})
    for seed in range(10):
        changed = change_pixels(noise(), settings, np.random.default_rng(seed))
        assert changed.shape == noise().shape
        assert changed.std() < 0.8 * noise().std()
        assert changed.mean() == pytest.approx(noise().mean(), abs=4)


def test_colours_change_by_no_more_than_asked_for():
    grey = np.full((4, 4, 3), 128, np.uint8)
    settings = replace(NOTHING, colour=0.3)
    seen = [change_pixels(grey, settings, np.random.default_rng(seed))[0, 0] for seed in range(50)]
    # Brightness moves by half of 30 % of 255, a tint by a fifth of 30 % of 128 and contrast.
    assert np.abs(np.array(seen, float) - 128).max() < 0.15 * 255 + 0.06 * 1.3 * 128 + 1
    assert np.std([colour.mean() for colour in seen]) > 10, "the light changes"
    assert max(np.ptp(colour.astype(int)) for colour in seen) > 5, "the tint changes"


def test_half_body_holds_exactly_one_half():
    keypoints = np.column_stack([np.arange(10) * 2.0, np.arange(10) * 10.0, np.full(10, 2.0)])
    seen = set()
    for seed in range(30):
        box = half_body_box(keypoints.astype(np.float32), np.random.default_rng(seed))
        assert box is not None
        inside = tuple(np.nonzero((keypoints[:, 1] > box[1]) & (keypoints[:, 1] < box[3]))[0])
        seen.add(inside)
    assert seen == {(0, 1, 2, 3, 4), (5, 6, 7, 8, 9)}


def test_people_with_few_labels_are_not_halved():
    keypoints = np.zeros((17, 3), np.float32)
    keypoints[:7] = 2
    assert half_body_box(keypoints, np.random.default_rng(0)) is None
