"""Run a network by PyTorch."""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pedpose.model.heatmap_cnn import HeatmapCNN


class TorchRuntime:
    """A network made ready for inference: batch norms fused, channels last, on its device."""

    name = "torch"

    def __init__(self, network: HeatmapCNN, device: torch.device) -> None:
        """Copy a network to a device; the original stays as it is."""
        self.device = device
        fused = copy.deepcopy(network).eval()
        _fuse_batch_norm(fused)
        self._network = fused.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def __call__(self, pictures: NDArray[np.uint8]) -> Tensor:
        """Map RGB pictures (N, H, W, 3) uint8 to raw maps (N, C, H / 4, W / 4), fp32 on the CPU."""
        with torch.inference_mode():
            batch = torch.from_numpy(pictures)
            if self.device.type == "cuda":
                # From pinned memory a copy runs beside the work of the GPU and of this thread.
                batch = batch.pin_memory().to(self.device, non_blocking=True)
            # A channels-last batch is a view of what is in memory already: no copy is made.
            batch = batch.to(self.device).permute(0, 3, 1, 2).float()
            maps: Tensor = self._network(batch)
            return maps.float().cpu()


def _fuse_batch_norm(network: nn.Module) -> None:
    """Fold each batch norm into the convolution that stands right before it."""
    for module in network.modules():
        previous: tuple[str, nn.Conv2d] | None = None
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d) and previous is not None:
                fused = nn.utils.fusion.fuse_conv_bn_eval(previous[1], child)
                setattr(module, previous[0], fused)
                setattr(module, name, nn.Identity())
            previous = (name, child) if isinstance(child, nn.Conv2d) else None
