"""Turn PP-TinyPose 256x192 into initial weights of a pedpose network with backbone lite_hrnet.

usage: tinypose_weights.py TINYPOSE.xml OUT.safetensors

PP-TinyPose (PaddleDetection, Apache-2.0) comes in OpenVINO's format. The result is meant for
`pedpose train --backbone lite_hrnet --width 40 --init OUT.safetensors`: it finds the joints as the
original does, before any training. What differs between the two is made up for in the decoder:

- a cell i of the original's heatmaps stands for the pixel 4 i, here for the pixels 4 i to 4 i + 3:
  the first convolution of the decoder moves all maps by the difference of 3/8 cells;
- its heatmaps have a height of one, here they are logits: the last convolution is made stronger.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from openvino_weights import fill_normed, read_convolutions
from safetensors.torch import save
from torch import nn

from pedpose.files import write_bytes
from pedpose.model.architecture import Architecture
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.joint_codec import PEAK_LOGIT
from pedpose.model.lite_hrnet import CHANNELS, LiteHRNet

JOINTS = 17
MOVE = 3 / 8


def converted(path: Path) -> HeatmapCNN:
    """Return the network with the weights of the original.

    Raises:
        ValueError: If the file holds another network.
    """
    network = HeatmapCNN(Architecture("joints", JOINTS, "lite_hrnet", 32, width=CHANNELS[0]))
    assert isinstance(network.backbone, LiteHRNet)
    *inner, last = read_convolutions(path)
    fill_normed(in_order(network.backbone), inner)
    with torch.no_grad():
        network.lateral[0].weight.copy_(torch.eye(CHANNELS[0])[..., None, None])
        network.lateral[0].bias.zero_()
        move = torch.tensor(np.outer([0, 1 - MOVE, MOVE], [0, 1 - MOVE, MOVE]))
        smooth = network.smooth[0][0].weight
        smooth.copy_(torch.eye(CHANNELS[0])[..., None, None] * move)
        network.head.weight.copy_(PEAK_LOGIT * torch.from_numpy(last.weight))
        network.head.bias.copy_(PEAK_LOGIT * torch.from_numpy(last.bias))
    return network


def in_order(backbone: LiteHRNet) -> list[nn.Module]:
    """Return the parts of a backbone in the order in which PaddleDetection builds them."""
    first, second, third, fourth = backbone.branch
    two, three, four = backbone.stages
    return [backbone.stem, first, second, two, third, three, fourth, four, backbone.join]


def main() -> None:
    """Parse the command line and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tinypose", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    network = converted(arguments.tinypose)
    write_bytes(arguments.out, save(network.state_dict()))
    print(f"{arguments.out}: {network.parameter_count()} parameters")


if __name__ == "__main__":
    main()
