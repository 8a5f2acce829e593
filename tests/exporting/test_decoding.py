"""Decoding inside the graph finds what decoding outside finds."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pedpose.exporting.decoding import MOST_PEOPLE, decode_joints, decode_people
from pedpose.model.joint_maps import decode_joint_maps
from pedpose.model.person_maps import decode_person_maps


def blobs(seed: int, count: int, height: int, width: int) -> np.ndarray:
    """Maps (count, 3, height, width) with a peak each, some of them beyond the rim."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] + 0.5
    places = random.uniform([-1, -1], [width + 1, height + 1], (count, 3, 2))[..., None, None]
    distance = (x - places[:, :, 0]) ** 2 + (y - places[:, :, 1]) ** 2
    noise = random.normal(0, 0.3, (count, 3, height, width))
    return (10 * np.exp(-distance / 4) + noise).astype(np.float32)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(3, 20), st.integers(3, 20))
def test_joints(seed: int, count: int, height: int, width: int):
    maps = blobs(seed, count, height, width)
    found = decode_joints(torch.from_numpy(maps)).numpy()
    expected = decode_joint_maps(maps) * np.array([4, 4, 1], np.float32)
    assert found.shape == (count, 3, 3)
    assert np.allclose(found, expected, atol=1e-3)


def test_a_joint_is_where_its_peak_is():
    y, x = np.mgrid[:16, :12] + 0.5
    maps = np.float32(20 - ((x - 5.25) ** 2 + (y - 9.75) ** 2) / 2)[None, None]
    (((found_x, found_y, score),),) = decode_joints(torch.from_numpy(maps)).tolist()
    assert (found_x, found_y) == pytest.approx((21.0, 39.0), abs=1e-3)
    assert 0.9 < score < 1


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 2), st.integers(1, 30), st.integers(1, 30))
def test_people(seed: int, count: int, height: int, width: int):
    maps = np.random.default_rng(seed).normal(0, 2, (count, 5, height, width)).astype(np.float32)
    found = decode_people(torch.from_numpy(maps)).numpy()
    assert found.shape == (count, min(MOST_PEOPLE, height * width), 5)
    for people, own in zip(found, maps, strict=True):
        boxes, scores = decode_person_maps(own, 1e-6, MOST_PEOPLE)
        assert (people[len(boxes) :, 4] < 1e-6).all()
        assert np.allclose(people[: len(boxes), 4], scores, atol=1e-6)
        assert np.allclose(people[: len(boxes), :4], boxes * 4, atol=1e-3)


def test_a_person_is_where_its_peak_is():
    maps = np.full((1, 5, 4, 6), -5, np.float32)
    maps[0, :, 2, 3] = [2.0, 0.25, -0.5, np.log(3), np.log(2)]
    first, second = decode_people(torch.from_numpy(maps))[0, :2].tolist()
    # Centre (3.75, 2) in cells, 3 wide and 2 tall, times 4.
    assert first == pytest.approx([9, 4, 21, 12, 1 / (1 + np.exp(-2))], abs=1e-4)
    assert second[4] < 0.01
