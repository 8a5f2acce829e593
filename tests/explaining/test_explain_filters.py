"""Filters as pictures: grey is zero, colours are those of the picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pedpose.explaining.filters import filter_sheet, largest_weight
from pedpose.model.architecture import Architecture, Stage
from pedpose.model.heatmap_cnn import HeatmapCNN


def plain(kernel: int) -> HeatmapCNN:
    stages = (Stage(4, 1, kernel), Stage(4, 1))
    return HeatmapCNN(
        Architecture("joints", 2, "plain", 4, 8, height_px=32, width_px=32, stages=stages)
    )


@pytest.mark.parametrize("kernel", [3, 5])
def test_tiles_of_known_weights(kernel: int):
    network = plain(kernel)
    first = network.get_submodule("backbone.stages.0.0.first.0")
    with torch.no_grad():
        first.weight.zero_()
        first.weight[1, 0, 0, 2] = 0.5  # red, top row, third column
        first.weight[2, 2, 1, 0] = -0.25  # blue, second row, first column
    assert largest_weight(network) == 0.5
    sheet = filter_sheet(network, 0.5)
    assert sheet.layer == "backbone.stages.0.0.first.0"
    expected = np.full((4, kernel, kernel, 3), 128, np.uint8)
    expected[1, 0, 2, 0] = 255
    expected[2, 1, 0, 2] = 64  # 127.5 - 127.5 / 2
    np.testing.assert_array_equal(sheet.tiles, expected)
    # On the scale of a network whose weights are twice as large.
    assert filter_sheet(network, 1.0).tiles[1, 0, 2, 0] == 191


def test_a_layer_of_zeros_is_grey():
    network = plain(3)
    with torch.no_grad():
        network.get_submodule("backbone.stages.0.0.first.0").weight.zero_()
    assert (filter_sheet(network, largest_weight(network)).tiles == 128).all()


@pytest.mark.parametrize("backbone", ["lite_hrnet", "lcnet_pan", "resnet18", "efficientnet_b0"])
def test_every_network_has_filters_of_colours(backbone: str):
    network = HeatmapCNN(Architecture("joints", 2, backbone, 32, height_px=64, width_px=64))
    sheet = filter_sheet(network, largest_weight(network))
    kernel = 7 if backbone.startswith("resnet") else 3
    assert sheet.tiles.shape[1:] == (kernel, kernel, 3)
    assert {0, 255} & {sheet.tiles.min(), sheet.tiles.max()}
