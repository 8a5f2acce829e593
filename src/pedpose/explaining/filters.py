"""The filters of a network's first layer, which is the only one that sees colours."""

from __future__ import annotations

import numpy as np

from pedpose.explaining.explanation import FilterSheet
from pedpose.model.heatmap_cnn import HeatmapCNN

_GREY = 127.5


def filter_sheet(network: HeatmapCNN, largest: float) -> FilterSheet:
    """Draw the filters of the first layer.

    Args:
        network: Whose first convolution looks at RGB.
        largest: Weight that becomes 255, and 0 where it is negative: as :func:`largest_weight`
            gives it, or the largest of two networks that are to be compared.
    """
    name, layer = network.first_convolution()
    weights = layer.weight.detach().cpu().double().numpy().transpose(0, 2, 3, 1)  # (C, k, k, 3)
    values = _GREY + _GREY * weights / (largest or 1.0)
    return FilterSheet(name, np.round(values).clip(0, 255).astype(np.uint8))


def largest_weight(network: HeatmapCNN) -> float:
    """Return the largest absolute weight of the first layer."""
    return float(network.first_convolution()[1].weight.detach().abs().max())
