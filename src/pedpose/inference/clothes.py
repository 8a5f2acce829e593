"""The main colours of what people wear, by which somebody can be found again.

Looked at are pixels well inside the body's outline (:mod:`pedpose.inference.limb_widths`): a
narrow trunk from below the collar to above the belt, and the middle of the legs from below the hips
to above the ankles. Forearms and hands that cross them are left out, so that bare skin does not
count as cloth there; bare legs do. What is in front of somebody is not known, and counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.clothing import ClothColour, Clothes
from pedpose.errors import ConfigError
from pedpose.geometry import Image
from pedpose.inference.beyond_edge import with_joints_beyond_edge
from pedpose.inference.body_scale import Place, body_height, named_places
from pedpose.inference.clothes_clusters import CLUSTERS, main_colours
from pedpose.inference.heads import SHOULDERS
from pedpose.inference.limb_widths import (
    HIPS,
    Capsules,
    LimbWidths,
    arm_parts,
    leg_parts,
    trunk_parts,
)
from pedpose.inference.shape import capsule_outlines
from pedpose.people import People
from pedpose.sides import plain_name
from pedpose.skeleton import Skeleton

Polygons = NDArray[np.float64]

MOST_PIXELS = 1000
FEWEST_PIXELS = 60
METHOD = (
    f"k-means in CIE Lab (lightness halved), at most {CLUSTERS} clusters of at most {MOST_PIXELS} "
    "pixels of the inner trunk and of the legs, clusters that are alike joined; names by the "
    "nearest example in CIE Lab"
)
"""What result files tell of how colours were found."""

INNER = LimbWidths(
    **{"shoulder": 0.0, "hip": 0.0, "chest": 0.041, "belly": 0.036},
    **{"thigh": 0.030, "knee": 0.018, "ankle": 0.014, "foot": 0.0},
)
"""Widths that stay inside a body that is turned, thin, or a few pixels beside its joints."""

_SEEN = 0.3  # score from which on a joint takes part
_TRUNK = (0.15, 0.80)  # from shoulders to hips: below the collar, above the belt
_NARROW = 0.8  # of the distance of shoulders and hips from the middle: beside them are arms
_THIGH = 0.25  # from hips to knees: below the hem of what is worn above
_SHIN = 0.85  # from knees to ankles: above the shoes
_GRID = 4 * MOST_PIXELS  # of the rectangle around a part, of which a part fills about a third
_FAR = 1e6
_FRACTION_BITS = 4


def check_clothes(skeleton: Skeleton) -> None:
    """Make sure that clothes can be found by the joints of a skeleton.

    Raises:
        ConfigError: If they cannot.
    """
    wanted = (*SHOULDERS, *HIPS)
    if not set(wanted) <= {plain_name(name) for name in skeleton.names}:
        raise ConfigError(
            "colours of clothes cannot be told with this skeleton: expected the joints "
            f"{', '.join(wanted)}; found {', '.join(skeleton.names)}"
        )


def clothes_of(image: Image, people: People) -> tuple[Clothes, ...]:
    """Return the main colours of each person's clothes.

    Args:
        image: (H, W, 3) RGB uint8.
        people: In continuous pixels of the picture.
    """
    size = (image.shape[0], image.shape[1])
    names = people.skeleton.names
    found = []
    for keypoints in people.keypoints.astype(np.float64):
        places = named_places(names, keypoints, _SEEN)
        height = body_height(places)
        if height is None:
            found.append(Clothes())
            continue
        places = with_joints_beyond_edge(places, height, size)
        forearms = {name: place for name, place in places.items() if name not in SHOULDERS}
        hidden = _outlines(arm_parts(forearms, height))
        trunk = _trunk_outlines(_inner_trunk(places), height)
        legs = _outlines(leg_parts(_inner_legs(places), height, INNER))
        found.append(
            Clothes(
                _colours(part_pixels(image, trunk, hidden)),
                _colours(part_pixels(image, [legs], hidden)),
            )
        )
    return tuple(found)


def _inner_trunk(places: Mapping[str, Place]) -> dict[str, Place]:
    """Return shoulders and hips moved inwards."""
    shoulders, hips = ({n: places[n] for n in pair if n in places} for pair in (SHOULDERS, HIPS))
    if not shoulders or not hips:
        return {}
    top, bottom = (np.mean(list(ends.values()), axis=0) for ends in (shoulders, hips))
    moved: dict[str, Place] = {}
    for ends, end, share in ((shoulders, top, _TRUNK[0]), (hips, bottom, _TRUNK[1])):
        middle = top + share * (bottom - top)
        moved |= {name: middle + _NARROW * (place - end) for name, place in ends.items()}
    return moved


def _inner_legs(places: Mapping[str, Place]) -> dict[str, Place]:
    """Return the joints of the legs, hips moved down and ankles up."""
    moved = dict(places)
    for side in ("left", "right"):
        hip, knee, ankle = (places.get(f"{side}_{part}") for part in ("hip", "knee", "ankle"))
        if knee is not None and hip is not None:
            moved[f"{side}_hip"] = hip + _THIGH * (knee - hip)
        if knee is not None and ankle is not None:
            moved[f"{side}_ankle"] = knee + _SHIN * (ankle - knee)
    return moved


def _outlines(capsules: Capsules) -> Polygons:
    return capsule_outlines(np.array(capsules, np.float64).reshape(-1, 6))


def _trunk_outlines(places: Mapping[str, Place], height: float) -> list[Polygons]:
    """Return the outline of the trunk's capsule, and of the hull of shoulders and hips."""
    capsules, discs = trunk_parts(places, height, INNER)
    if not capsules:
        return []
    # The inner discs have no size: they are points.
    hull = cv2.convexHull(np.array([disc[:2] for disc in discs], np.float32))
    return [_outlines(capsules), np.asarray(hull[None, :, 0], np.float64)]


def _colours(pixels: NDArray[np.uint8]) -> tuple[ClothColour, ...]:
    return main_colours(pixels) if len(pixels) >= FEWEST_PIXELS else ()


def part_pixels(image: Image, parts: Sequence[Polygons], hidden: Polygons) -> NDArray[np.uint8]:
    """Return pixels of a picture that lie in one of several parts.

    Args:
        image: (H, W, 3).
        parts: Convex polygons (P, M, 2), x, y in continuous pixels.
        hidden: Convex polygons that are left out.

    Returns:
        (N, 3), N <= 1000, spread evenly.
    """
    corners = np.concatenate([np.zeros((0, 2)), *(part.reshape(-1, 2) for part in parts)])
    limit = np.array([image.shape[1], image.shape[0]], np.float64)
    low = np.floor(np.maximum(corners.min(axis=0, initial=np.inf), 0))
    high = np.ceil(np.minimum(corners.max(axis=0, initial=-np.inf), limit))
    if (high <= low).any():
        return np.zeros((0, 3), np.uint8)
    step = int(np.ceil(np.sqrt((high - low).prod() / _GRID)))
    low += (high - low - 1) % step // 2  # as much is left over on either side
    (left, top), (right, bottom) = low.astype(int).tolist(), high.astype(int).tolist()
    window = image[top:bottom:step, left:right:step]
    mask = np.zeros(window.shape[:2], np.uint8)
    for polygons, value in (*((part, 1) for part in parts), (hidden, 0)):
        for polygon in _raster(polygons, low, step):
            cv2.fillConvexPoly(mask, polygon, value, shift=_FRACTION_BITS)
    inside = window[mask > 0]
    return inside[:: max(1, -(-len(inside) // MOST_PIXELS))]


def _raster(points: Polygons, low: NDArray[np.float64], step: int) -> NDArray[np.int32]:
    """Return points (P, M, 2) as OpenCV's fixed-point indices of every step-th pixel from low."""
    moved = np.clip((points - 0.5 - low) / step, -_FAR, _FAR)
    return np.round(moved * (1 << _FRACTION_BITS)).astype(np.int32)
