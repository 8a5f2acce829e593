"""Peak, score and spread of heatmaps that are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pedpose.explaining.joint_heat import joint_heat, spreads
from pedpose.model.joint_codec import encode_keypoints


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.5])
def test_a_gaussian_has_its_sigma(sigma: float):
    heatmaps = encode_keypoints(torch.tensor([[20.3, 31.8]]), (64, 48), sigma)
    found = joint_heat(heatmaps.clamp_min(1e-30).log().numpy())
    np.testing.assert_allclose(found.peaks, [[81.2, 127.2]], atol=0.01)
    assert found.spreads_px[0] == pytest.approx(4 * sigma, rel=0.01)
    np.testing.assert_allclose(found.heatmaps, heatmaps, atol=1e-6)
    row, column = np.s_[29:34], np.s_[18:23]  # five by five cells around the peak
    assert found.scores[0] == pytest.approx(float(heatmaps[0, row, column].sum()), abs=1e-5)


def test_two_places_that_are_as_likely():
    heatmap = np.zeros((1, 8, 16), np.float32)
    heatmap[0, 4, 2] = heatmap[0, 4, 12] = 0.5
    # In x each is five cells from the mean, in y none: half of 25 a direction.
    assert spreads(heatmap)[0] == pytest.approx(np.sqrt(12.5))


def test_one_cell_has_no_spread():
    heatmap = np.zeros((1, 8, 16), np.float32)
    heatmap[0, 7, 15] = 1
    assert spreads(heatmap)[0] == 0
