"""Joints that the picture's edge cuts off."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pedpose.inference.body_scale import Place
from pedpose.inference.heads import find_head

# From which joint to which, and the part of the body height between them (see body_scale).
_CHAIN = (("shoulder", "hip", 0.268), ("hip", "knee", 0.240), ("knee", "ankle", 0.240))


def with_joints_beyond_edge(
    places: Mapping[str, Place], height: float, size: tuple[int, int]
) -> dict[str, Place]:
    """Return the joints and, of trunk and legs, those that must lie outside the picture.

    A portrait ends at the chest though no hip is seen. Where the straight body goes on from a joint
    in the picture and its next joint would be outside, that joint is added; where it would be
    inside it is hidden by something, and nothing is added.

    Args:
        places: x, y of the joints that are seen, by plain name.
        height: Of the body in pixels.
        size: Height and width of the picture.
    """
    head = find_head(places, height)
    shoulders = [places[f"{s}_shoulder"] for s in ("left", "right") if f"{s}_shoulder" in places]
    if head is None or not shoulders:
        return dict(places)
    hips = [places[f"{side}_hip"] for side in ("left", "right") if f"{side}_hip" in places]
    down = -head.up
    if hips:
        along = np.mean(hips, axis=0) - np.mean(shoulders, axis=0)
        down = along / max(float(np.hypot(*along)), 1e-9)
    limit = np.array([size[1], size[0]])
    found = dict(places)
    for side in ("left", "right"):
        for start, end, share in _CHAIN:
            here = found.get(f"{side}_{start}")
            if here is None or f"{side}_{end}" in found or (here < 0).any() or (here > limit).any():
                continue
            there = here + down * (share * height)
            if (there < 0).any() or (there > limit).any():
                found[f"{side}_{end}"] = there
    return found
