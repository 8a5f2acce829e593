"""The averaged copy of the weights that is validated and saved."""

from __future__ import annotations

import copy

import torch

from pedpose.model.heatmap_cnn import HeatmapCNN


class ExponentialAverage:
    """Exponential moving average of a network (Polyak & Juditsky, 1992).

    The decay grows from 0.1 to its full value in the first steps, so that the random initial
    weights are soon forgotten.
    """

    def __init__(self, network: HeatmapCNN, decay: float) -> None:
        """Copy a network."""
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: HeatmapCNN, step: int) -> None:
        """Move towards a network after its step (from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        averaged = self.network.state_dict()
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                averaged[name].lerp_(value, 1 - decay)
            else:
                averaged[name].copy_(value)

    def is_finite(self) -> bool:
        """Tell whether all numbers are finite; they are not from a step on that was not."""
        values = [v for v in self.network.state_dict().values() if v.is_floating_point()]
        norms = torch._foreach_norm(values, float("inf"))
        return bool(torch.stack(norms).isfinite().all())
