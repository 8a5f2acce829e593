"""Run a network by PyTorch."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.runtime.torch_network import TorchNetwork


class TorchRuntime:
    """A network made ready for inference, from pictures in memory to maps in memory."""

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
            precision: Of its convolutions: ``fp32``, ``bf16`` or ``fp16``. Pictures are normalised
                and maps returned in fp32.
            in_place: Whether nobody else needs the network.

        Raises:
            ConfigError: If there is no such precision.
        """
        self.device = device
        self._network = TorchNetwork(network, device, precision, in_place)

    def __call__(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Map RGB pictures (N, H, W, 3) uint8 to raw maps (N, C, H / 4, W / 4), fp32 on the CPU."""
        with torch.inference_mode():
            batch = torch.from_numpy(pictures)
            if self.device.type == "cuda":
                # From pinned memory a copy runs beside the work of the GPU and of this thread.
                batch = batch.pin_memory().to(self.device, non_blocking=True)
            # A channels-last batch is a view of what is in memory already: no copy is made.
            batch = batch.to(self.device).permute(0, 3, 1, 2).float()
            return self._network(batch).cpu().numpy()
