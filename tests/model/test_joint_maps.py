"""NumPy and PyTorch must read the same joints from the same maps."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pedpose.model.joint_codec import decode_keypoints, encode_keypoints, to_heatmaps
from pedpose.model.joint_maps import decode_joint_maps, softmax_maps

SIZE = (16, 12)


def by_torch(maps: np.ndarray) -> np.ndarray:
    return decode_keypoints(to_heatmaps(torch.from_numpy(maps))).numpy()


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.1, 1.0, 8.0, 30.0]))
def test_they_agree_on_any_maps(seed: int, scale: float):
    random = np.random.default_rng(seed)
    maps = (random.normal(size=(2, 3, *SIZE)) * scale).astype(np.float32)
    found = decode_joint_maps(maps)
    assert found.shape == (2, 3, 3) and found.dtype == np.float32
    assert found == pytest.approx(by_torch(maps), abs=2e-3)


@settings(deadline=None)
@given(st.floats(0.5, SIZE[1] - 0.5), st.floats(0.5, SIZE[0] - 0.5), st.floats(0.8, 2.0))
def test_a_gaussian_is_found_where_it_was_drawn(x: float, y: float, sigma: float):
    drawn = encode_keypoints(torch.tensor([[[x, y]]], dtype=torch.float64), SIZE, sigma)
    maps = drawn.clamp_min(1e-12).log().float().numpy()
    found = decode_joint_maps(maps)[0, 0]
    assert found[:2] == pytest.approx([x, y], abs=0.02)
    assert found[2] > 0.5


def test_a_peak_in_each_corner_counts_the_mass_inside():
    for row, column in ((0, 0), (0, 11), (15, 0), (15, 11)):
        maps = np.full((1, 1, *SIZE), -20, np.float32)
        maps[0, 0, row, column] = 20
        x, y, score = decode_joint_maps(maps)[0, 0]
        assert max(abs(x - column - 0.5), abs(y - row - 0.5)) <= 1.0
        assert score == pytest.approx(1.0)


def test_flat_maps_and_nobody():
    found = decode_joint_maps(np.zeros((1, 2, *SIZE), np.float32))
    assert np.isfinite(found).all()
    assert found[0, 0, 2] == pytest.approx(9 / (SIZE[0] * SIZE[1]))  # 3 x 3 cells around a corner
    assert decode_joint_maps(np.zeros((0, 2, *SIZE), np.float32)).shape == (0, 2, 3)


def test_heatmaps_sum_to_one_even_of_large_numbers():
    maps = np.array([[[[1000.0, 0.0], [999.0, -1000.0]]]], np.float32)
    heatmaps = softmax_maps(maps)
    assert heatmaps.sum() == pytest.approx(1)
    assert heatmaps[0, 0, 0, 0] == pytest.approx(1 / (1 + np.exp(-1)))
