"""The heatmaps of all people of a picture as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.geometry import Doubles, between_centres

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PersonHeat:
    """Where the joint network places the joints of one person.

    Attributes:
        heat: (h, w) uint8 in cells of the heatmaps: the largest value over the joints, each
            relative to its peak and multiplied by the joint's score; 255 is certain.
        matrix: (2, 3) affine map from continuous cells to continuous pixels of the picture.
    """

    heat: Bytes
    matrix: Doubles


def person_heat(
    heatmaps: NDArray[np.float32], scores: NDArray[np.float32], matrix: Doubles
) -> PersonHeat:
    """Join the heatmaps (K, h, w) of a person, whose joints have scores (K,) in 0..1."""
    peaks = np.maximum(heatmaps.max(axis=(1, 2), keepdims=True), 1e-9)
    heat = (heatmaps / peaks * scores[:, None, None]).max(axis=0)
    return PersonHeat(np.round(255 * heat.clip(0, 1)).astype(np.uint8), matrix)


def heat_of(people: Sequence[PersonHeat], size: tuple[int, int]) -> Bytes:
    """Return the heat (H, W) of a picture of this height and width: the largest of its people."""
    height, width = size
    total = np.zeros((height, width), np.uint8)
    for person in people:
        centred = between_centres(person.matrix)
        placed = cv2.warpAffine(person.heat, centred, (width, height), flags=cv2.INTER_LINEAR)
        np.maximum(total, placed, out=total)
    return total
