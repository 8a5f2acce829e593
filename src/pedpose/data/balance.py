"""Draw more often what is rare."""

from __future__ import annotations

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

from pedpose.data.coco import Floats

COMMON = 0.9
"""Joints that this part of the people have are not rare."""


def repeats_for_joints(labelled: Floats, seed: int) -> NDArray[np.int64]:
    """Return how often each person comes in one round, so that rare joints come more often.

    The repeat factor of LVIS (Gupta et al., "LVIS: A Dataset for Large Vocabulary Instance
    Segmentation", CVPR 2019, appendix B.2): the root of ``COMMON`` over a joint's frequency; of a
    person the largest of their joints, rounded up or down at random by its fraction.

    Args:
        labelled: (N, K) not 0 where a person has a label of a joint.
        seed: Of the rounding.

    Returns:
        (N,) 1 or more.
    """
    has = labelled > 0
    frequency = has.mean(axis=0)
    factor = np.sqrt(COMMON / np.maximum(frequency, 1 / max(len(has), 1))).clip(1)
    wanted = np.where(has, factor, 1.0).max(axis=1)
    repeats: NDArray[np.int64] = np.floor(wanted + default_rng(seed).random(len(wanted))).astype(
        np.int64
    )
    return repeats
