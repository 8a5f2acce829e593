"""Which parts of a picture speak for a joint, by the gradients of a coarse layer.

Grad-CAM (Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization", ICCV 2017) weighs the maps of a layer by how much each of them raises what was
decided, and adds up what is left of it above zero.

It averages the gradient of a map over the whole picture first. That suits a network that names
what is in a picture, wherever it is. A heatmap has its answer at one place, on which only the
surroundings act: the average is nearly nothing, and it is exactly nothing where the layers that
follow treat all places alike, since the probabilities of all places add up to one. So gradient and
map are multiplied at each place, before they are added up: Draelos & Carin, "Use HiResCAM instead
of Grad-CAM for Faithful Explanations of Convolutional Neural Networks", 2020.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from pedpose.explaining.explanation import Floats
from pedpose.explaining.layer_maps import LayerMap, layer_maps, map_of
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.summary import Summary

_COARSE = 16


def grad_cam_map(summary: Summary) -> LayerMap:
    """Choose the map: the last with a stride of 16 or more; of the coarsest where there is none."""
    maps = layer_maps(summary)
    least = min(_COARSE, max(one.stride for one in maps))
    return max((one for one in maps if one.stride >= least), key=lambda one: (one.row, -one.stride))


def grad_cam(network: HeatmapCNN, picture: Tensor, chosen: LayerMap) -> Floats:
    """Find what speaks for each of K joints.

    What is decided is the logarithm of the joint's probability at its peak.

    Args:
        network: In evaluation mode.
        picture: (1, 3, H, W) in 0..255, on the network's device.
        chosen: Whose gradients are taken.

    Returns:
        (K, h, w) over the whole crop, each with 1 as its largest value, or zero everywhere.
    """
    hook = _Cut(chosen.place)
    layer = network.get_submodule(chosen.layer)
    with torch.enable_grad(), layer.register_forward_hook(hook):
        raw = network(picture)[0].float()  # (K, H / 4, W / 4)
        chances = raw.flatten(1).log_softmax(dim=1).amax(dim=1)
        heat = []
        for chance in chances:
            (gradient,) = torch.autograd.grad(chance, hook.maps, retain_graph=True)
            heat.append((gradient * hook.maps)[0].sum(dim=0).relu())
    found = torch.stack(heat).detach().cpu().numpy()
    largest = found.max(axis=(1, 2), keepdims=True)
    scaled: Floats = (found / np.where(largest > 0, largest, 1)).astype(np.float32)
    return scaled


class _Cut:
    """Forward hook that lets gradients begin at a map.

    Attributes:
        maps: (1, C, h, w) of the last forward pass.
    """

    def __init__(self, place: int) -> None:
        self._place = place
        self.maps = torch.zeros(0)

    def __call__(
        self, module: nn.Module, _: object, output: Tensor | list[Tensor]
    ) -> Tensor | list[Tensor]:
        """Return a copy: the next layer may write over it."""
        self.maps = map_of(output, self._place).detach().requires_grad_()
        copy = self.maps.clone()
        if isinstance(output, Tensor):
            return copy
        return [copy if place == self._place else x for place, x in enumerate(output)]
