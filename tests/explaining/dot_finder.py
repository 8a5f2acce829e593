"""A joint network made by hand, of which is known what it looks at: a red and a blue dot."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from pedpose.geometry import Image
from pedpose.model.architecture import Architecture, Stage
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.metadata import MEAN, STD

HEIGHT, WIDTH = 64, 48
RED, BLUE = (3, 7), (12, 2)
"""Row and column of the cells of 4 x 4 pixels that the dots fill."""

LOGIT = 12.0
"""Of a cell that a dot fills; 0 of all others."""


def dot_finder() -> HeatmapCNN:
    """Return a network each of whose cells depends on the 4 x 4 pixels under it alone.

    All convolutions are zero but those that pass on, in the first two channels, how red and how
    blue the picture is.
    """
    network = HeatmapCNN(
        Architecture(
            *("joints", 2, "plain", 4),
            width=8,
            height_px=HEIGHT,
            width_px=WIDTH,
            stages=(Stage(8, 1), Stage(8, 1)),
        )
    ).eval()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.zero_()
                if module.bias is not None:
                    module.bias.zero_()
        # In the way around the first block: 2 r - g - b and 2 b - r - g, in 0..2 at full colour,
        # less what makes the grey patch darker than nothing.
        colour, norm = network.get_submodule("backbone.stages.0.0.around")[-2:]  # type: ignore[index]
        wanted = torch.tensor([[2.0, -1.0, -1.0], [-1.0, -1.0, 2.0]]) / 255
        colour.weight[:2, :, 0, 0] = wanted * torch.tensor(STD)
        norm.bias[:2] = wanted @ torch.tensor(MEAN) - 0.5
        network.lateral[0].weight[range(8), range(8), 0, 0] = 1.0  # type: ignore[index, operator]
        network.smooth[0][0].weight[range(8), range(8), 1, 1] = 1.0  # type: ignore[index]
        network.head.weight[range(2), range(2), 0, 0] = LOGIT / 1.5  # type: ignore[index]
    return network


def dots_picture() -> Image:
    """Return a black picture with a red and a blue dot."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for (row, column), channel in ((RED, 0), (BLUE, 2)):
        picture[4 * row : 4 * row + 4, 4 * column : 4 * column + 4, channel] = 255
    return picture


def as_tensor(picture: Image) -> Tensor:
    """Return a picture (H, W, 3) as (1, 3, H, W)."""
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float()
