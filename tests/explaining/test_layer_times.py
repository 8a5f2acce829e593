"""Each row of the summary gets its time, though the network is run another way."""

from __future__ import annotations

import pytest
import torch

from pedpose.explaining.layer_times import layer_times
from pedpose.model.architecture import Architecture
from pedpose.model.deploy import for_inference
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.summary import summarise


@pytest.mark.parametrize("backbone", ["lite_hrnet", "lcnet_pan", "plain", "resnet18"])
def test_all_layers_have_a_time(backbone: str):
    stride = 16 if backbone == "plain" else 32
    network = HeatmapCNN(Architecture("joints", 2, backbone, stride, height_px=64, width_px=64))
    summary = summarise(network)
    ready = for_inference(network)
    times = layer_times(ready, torch.zeros(1, 3, 64, 64), summary)
    assert [t.layer for t in times] == [layer.name for layer in summary.layers]
    assert all(t.ms >= 0 for t in times)
    assert sum(t.share for t in times) == pytest.approx(1)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in ready.modules())
