"""Where a network places the joints of a person, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pedpose.explaining.explanation import Floats
from pedpose.model.architecture import STRIDE
from pedpose.model.joint_maps import decode_joint_maps, softmax_maps


@dataclass(frozen=True, slots=True)
class JointHeat:
    """The heatmaps of K joints.

    Attributes:
        heatmaps: (K, h, w), each summing to one.
        peaks: (K, 2) x, y in pixels of the crop.
        scores: (K,) mass around the peak in 0..1, not calibrated.
        spreads_px: (K,) see :func:`spreads`, in pixels of the crop.
    """

    heatmaps: Floats
    peaks: Floats
    scores: Floats
    spreads_px: Floats


def joint_heat(maps: Floats) -> JointHeat:
    """Read raw maps (K, h, w) of a joint network."""
    heatmaps = softmax_maps(maps)
    joints = decode_joint_maps(maps[None])[0]
    return JointHeat(heatmaps, joints[:, :2] * STRIDE, joints[:, 2], spreads(heatmaps) * STRIDE)


def spreads(heatmaps: Floats) -> Floats:
    """Return the standard deviation of heatmaps (K, h, w) around their means, in cells.

    That of one direction, as the mean of the variances in x and y: a round Gaussian has its sigma.
    """
    variance = np.zeros(len(heatmaps))
    for axis in (1, 2):
        places = np.arange(heatmaps.shape[3 - axis]) + 0.5
        share = heatmaps.sum(axis=axis, dtype=np.float64)  # (K, w), then (K, h)
        share /= share.sum(axis=1, keepdims=True)
        mean = share @ places
        variance += (share * (places - mean[:, None]) ** 2).sum(axis=1) / 2
    return np.sqrt(variance).astype(np.float32)
