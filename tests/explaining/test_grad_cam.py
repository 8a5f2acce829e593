"""The gradients of a coarse layer point to what a joint depends on, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from dot_finder import BLUE, RED, as_tensor, dot_finder, dots_picture

from pedpose.explaining.grad_cam import grad_cam, grad_cam_map
from pedpose.explaining.layer_maps import layer_maps
from pedpose.model.architecture import Architecture
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.summary import summarise


def test_only_its_dot_speaks_for_a_joint():
    network = dot_finder()
    chosen = grad_cam_map(summarise(network))
    assert (chosen.layer, chosen.stride) == ("smooth.0", 4)
    found = grad_cam(network, as_tensor(dots_picture()), chosen)
    assert found.shape == (2, 16, 12)
    for joint, place in enumerate((RED, BLUE)):
        expected = np.zeros((16, 12))
        expected[place] = 1.0
        np.testing.assert_allclose(found[joint], expected, atol=1e-6)


def test_where_nothing_speaks_for_a_joint_all_is_zero():
    picture = dots_picture()
    picture[:, :, 2] = 0  # without the blue dot
    network = dot_finder()
    found = grad_cam(network, as_tensor(picture), grad_cam_map(summarise(network)))
    assert found[0].max() == 1
    assert (found[1] == 0).all()


@pytest.mark.parametrize(
    ("backbone", "layer", "stride"),
    [
        ("lite_hrnet", "backbone.join.1", 16),
        ("lcnet_pan", "smooth.2", 16),
        ("resnet18", "smooth.2", 16),
    ],
)
def test_the_last_coarse_layer_is_taken(backbone: str, layer: str, stride: int):
    network = HeatmapCNN(Architecture("joints", 3, backbone, 32, height_px=64, width_px=64))
    chosen = grad_cam_map(summarise(network))
    assert (chosen.layer, chosen.stride) == (layer, stride)


def test_a_layer_may_write_over_what_the_one_before_returned():
    torch.manual_seed(0)
    network = HeatmapCNN(Architecture("joints", 2, "resnet18", 16, height_px=64, width_px=64))
    network.eval()
    picture = 255 * torch.rand(1, 3, 64, 64)
    maps = {one.layer: one for one in layer_maps(summarise(network))}
    # The gradient of a rectifier is that of what it lets through: both layers say the same.
    before, after = (grad_cam(network, picture, maps[f"backbone.{n}"]) for n in ("bn1", "relu"))
    assert before.max() == 1
    np.testing.assert_allclose(before, after, atol=1e-5)


def test_gradients_can_begin_at_one_of_several_maps():
    torch.manual_seed(0)
    network = HeatmapCNN(Architecture("joints", 2, "lite_hrnet", 32, height_px=64, width_px=64))
    network.eval()
    with torch.no_grad():
        network.head.weight.mul_(1000)
    picture = 255 * torch.rand(1, 3, 64, 64)
    before = network(picture)
    maps = [m for m in layer_maps(summarise(network)) if m.layer == "backbone.stages.1"]
    assert [m.stride for m in maps] == [4, 8, 16]
    for one in maps:
        found = grad_cam(network, picture, one)
        assert found.shape == (2, 64 // one.stride, 64 // one.stride)
        assert (found.max(axis=(1, 2)) == 1).all()
    # Nothing of the hooks is left.
    torch.testing.assert_close(network(picture), before, rtol=0, atol=0)
    assert all(parameter.grad is None for parameter in network.parameters())
