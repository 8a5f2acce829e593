"""A network on a device, for pictures that are there already."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pedpose.model.deploy import for_inference
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.runtime.device import autocast_type


class TorchNetwork:
    """A network made ready for inference, from tensors to tensors of one device.

    In half precision its convolutions and what is between them compute in bf16 or fp16, on
    pictures that were normalised in fp32: of the mean of all pictures bf16 has three digits only.

    Attributes:
        device: Where it is.
        precision: ``fp32``, ``bf16`` or ``fp16``. On a GPU PyTorch convolves fp32 by TF32 where it
            can.
    """

    def __init__(
        self,
        network: HeatmapCNN,
        device: torch.device,
        precision: str = "fp32",
        in_place: bool = False,
    ) -> None:
        """Bring a network to a device.

        Args:
            network: To run; it stays as it is unless it may be taken apart ``in_place``.
            device: Where to run it.
            precision: Of its convolutions: ``fp32``, ``bf16`` or ``fp16``.
            in_place: Whether nobody else needs the network.

        Raises:
            ConfigError: If there is no such precision.
        """
        self.device = device
        self.precision = precision
        half = autocast_type(precision)
        ready = for_inference(network, in_place)
        if half is not None:
            for module in ready.modules():
                if isinstance(module, nn.Conv2d):
                    module.to(half)
        self._network = ready.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def __call__(self, pictures: Tensor) -> Tensor:
        """Map pictures (N, 3, H, W) float in 0..255 to raw maps (N, C, H / 4, W / 4) of fp32."""
        with torch.inference_mode():
            maps: Tensor = self._network(pictures.contiguous(memory_format=torch.channels_last))
            return maps.float()
