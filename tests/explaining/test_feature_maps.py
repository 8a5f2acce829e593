"""The stages that are shown, and that what is shown is what the network computes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from dot_finder import BLUE, RED, as_tensor, dot_finder, dots_picture

from pedpose.explaining.feature_maps import SHOWN, choose_maps, feature_stages, varied
from pedpose.explaining.layer_maps import layer_maps
from pedpose.model.architecture import Architecture
from pedpose.model.convolutions import convolutions
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.summary import summarise


def built(backbone: str) -> HeatmapCNN:
    torch.manual_seed(0)
    stride = 16 if backbone == "plain" else 32
    return HeatmapCNN(
        Architecture("joints", 3, backbone, stride, width=16, height_px=128, width_px=64)
    ).eval()


WANTED = {
    "lite_hrnet": (
        *("branch.0:4", "stages.0:8", "stages.1:16", "stages.2:32"),
        *("join.1:16", "join.2:8", "smooth.0:4"),
    ),
    "lcnet_pan": (
        *("stem:2", "trunk.0:4", "trunk.1:8", "trunk.2:16", "trunk.3:32"),
        *("smooth.2:16", "smooth.1:8", "smooth.0:4"),
    ),
    "plain": (
        *("stages.0:2", "stages.1:4", "stages.2:8", "stages.3:16"),
        *("smooth.1:8", "smooth.0:4"),
    ),
    "resnet18": (
        *("relu:2", "layer1:4", "layer2:8", "layer3:16", "layer4:32"),
        *("smooth.2:16", "smooth.1:8", "smooth.0:4"),
    ),
}


@pytest.mark.parametrize("backbone", WANTED)
def test_stages_go_from_fine_to_coarse_and_back(backbone: str):
    chosen = choose_maps(layer_maps(summarise(built(backbone))))
    found = [f"{one.layer.removeprefix('backbone.')}:{one.stride}" for one in chosen]
    assert found == list(WANTED[backbone])


@pytest.mark.parametrize("backbone", [*WANTED, "efficientnet_b0", "mobilenet_v3_small"])
def test_every_network_has_its_stages(backbone: str):
    network = built(backbone)
    summary = summarise(network)
    stages = feature_stages(
        network, 255 * torch.rand(1, 3, 128, 64), summary, convolutions(network)
    )
    assert 6 <= len(stages) <= 8
    assert stages[-1].layer == "smooth.0"
    for stage in stages:
        assert stage.tiles.shape[1:] == (128 // stage.stride, 64 // stage.stride)
        assert len(stage.tiles) == len(stage.names) == min(SHOWN, stage.channels)
        assert stage.tiles.min() >= 0 and stage.tiles.max() <= 1
    assert all(a.depth <= b.depth for a, b in pairwise(stages))


def test_depth_and_receptive_field_by_hand():
    network = dot_finder()
    stages = feature_stages(
        network, as_tensor(dots_picture()), summarise(network), convolutions(network)
    )
    # 3 x 3 with stride 2, then 3 x 3: 3 + 2 * 2; the same again at stride 2 and 4: + 2 * 2 + 2 * 4;
    # then 1 x 1 and 3 x 3 at stride 4: + 2 * 4.
    assert [(s.layer, s.stride, s.depth, s.receptive_field) for s in stages] == [
        ("backbone.stages.0", 2, 2, (7, 7)),
        ("backbone.stages.1", 4, 4, (19, 19)),
        ("smooth.0", 4, 6, (27, 27)),
    ]


def test_a_layer_without_convolutions_sees_what_those_before_it_see():
    network = built("resnet18")
    first = feature_stages(
        network, torch.zeros(1, 3, 128, 64), summarise(network), convolutions(network)
    )[0]
    assert (first.layer, first.depth, first.receptive_field) == ("backbone.relu", 1, (7, 7))


def test_maps_show_the_dots():
    network = dot_finder()
    last = feature_stages(
        network, as_tensor(dots_picture()), summarise(network), convolutions(network)
    )[-1]
    assert set(last.names[:2]) == {0, 1}
    for joint, place in enumerate((RED, BLUE)):
        expected = np.zeros((16, 12))
        expected[place] = 1
        np.testing.assert_allclose(last.tiles[last.names.index(joint)], expected, atol=1e-6)


def test_maps_are_those_of_the_layer_though_the_next_writes_over_them():
    network = built("resnet18")
    with torch.no_grad():
        network.get_submodule("backbone.bn1").weight.neg_()  # type: ignore[union-attr, operator]
    picture = 255 * torch.rand(1, 3, 128, 64)
    summary = summarise(network)
    stages = feature_stages(network, picture, summary, convolutions(network))
    with torch.no_grad():
        x = (picture - network.mean) / network.std
        for name in ("conv1", "bn1", "relu", "maxpool", "layer1"):
            x = network.backbone.get_submodule(name)(x)
    numbers, tiles = varied(x[0].numpy())
    assert stages[1].layer == "backbone.layer1"
    assert stages[1].names == numbers
    np.testing.assert_allclose(stages[1].tiles, tiles, atol=1e-5)


def test_the_most_varied_maps_come_first_each_on_its_own_scale():
    maps = np.zeros((10, 1, 4), np.float32)
    maps[3] = [[0, 0, 0, 8]]
    maps[7] = [[-20, 20, 0, 0]]
    numbers, tiles = varied(maps)
    assert numbers == (7, 3, 0, 1, 2, 4, 5, 6)
    np.testing.assert_array_equal(tiles[0], [[0, 1, 0.5, 0.5]])
    np.testing.assert_array_equal(tiles[1], [[0, 0, 0, 1]])
    assert (tiles[2:] == 0).all()
