"""What a network in training looks like at one moment: its first weights, and what it sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from pedpose import geometry
from pedpose.data.coco import CocoData
from pedpose.data.reading import read_annotated
from pedpose.geometry import Image
from pedpose.model.architecture import STRIDE
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.joint_codec import decode_keypoints, to_heatmaps

Floats = NDArray[np.float32]

_TO_PIXELS = (STRIDE, STRIDE, 1)  # of x, y, score


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One person that is not learned from, as the network gets it.

    Attributes:
        crop: (h, w, 3) RGB, the network's input.
        labels: (K, 2) x, y in pixels of the crop.
    """

    crop: Image
    labels: Floats


@dataclass(frozen=True, slots=True)
class Moment:
    """A network at one moment of its training.

    Attributes:
        step: Steps done; 0 before the first.
        epoch: Epochs done.
        filters: (N, 3, k, k) weights of the first layer.
        heatmaps: (K, h, w) of the held-out person; each sums to one.
        joints: (K, 3) x, y in pixels of the crop and score, read from the heatmaps.
    """

    step: int
    epoch: float
    filters: Floats
    heatmaps: Floats
    joints: Floats


def held_out(data: CocoData, input_size: tuple[int, int]) -> HeldOut:
    """Return the first person of some annotations as a network of an input size gets it."""
    picture = data.pictures[0]
    person = picture.people[0]
    matrix = geometry.crop_matrices(person.box[None], input_size)[0]
    crop = geometry.warp(read_annotated(picture), matrix, input_size)
    return HeldOut(crop, geometry.transform(person.keypoints[:, :2], matrix))


def look_into(network: HeatmapCNN, step: int, epoch: float, person: HeldOut) -> Moment:
    """Return what a network in evaluation mode looks like now; later changes do not reach it."""
    with torch.inference_mode():
        picture = torch.from_numpy(person.crop).permute(2, 0, 1)[None].float()
        heatmaps = to_heatmaps(network(picture.to(network.mean.device)))[0]
        joints = decode_keypoints(heatmaps) * torch.tensor(_TO_PIXELS, device=heatmaps.device)
        _, first = network.first_convolution()
        filters = first.weight.float().cpu().numpy().copy()
    return Moment(step, epoch, filters, heatmaps.cpu().numpy(), joints.cpu().numpy())
