"""Frames of a fixed camera before which nothing moves."""

from __future__ import annotations

import numpy as np
import pytest

from pedpose.inference.still import StillCheck

SCENE = np.random.default_rng(0).integers(40, 200, (360, 640, 3), np.uint8)


def test_the_same_frame_is_still_also_with_the_noise_of_a_camera():
    check = StillCheck()
    noise = np.random.default_rng(1).normal(0, 3, SCENE.shape)
    assert not check(SCENE)
    assert check(SCENE.copy())
    assert check((SCENE + noise).clip(0, 255).astype(np.uint8))


def test_a_small_person_who_appears_is_no_still():
    check = StillCheck()
    check(SCENE)
    changed = SCENE.copy()
    changed[100:130, 300:310] = 20
    assert not check(changed)


def test_slow_changes_add_up():
    check = StillCheck()
    assert not check(SCENE)
    brighter = [check((SCENE + step).astype(np.uint8)) for step in range(1, 12)]
    assert brighter[0] and not all(brighter)


def test_another_size_is_no_still():
    check = StillCheck()
    check(SCENE)
    assert not check(SCENE[:200])


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1)])
def test_odd_sizes(size: tuple[int, int]):
    check = StillCheck()
    image = np.full((*size, 3), 9, np.uint8)
    assert not check(image)
    assert check(image)
