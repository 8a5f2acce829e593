"""The outline of a body, from its joints alone.

A body is taken for a union of capsules: each limb the convex hull of two discs, the trunk the hull
of shoulders and hips and of a capsule as deep as a chest, the head between chin and crown. All are
in proportion to the body's height, which every limb in sight says something about
(:mod:`pedpose.inference.body_scale`); the widths were fitted to rendered people
(:mod:`pedpose.inference.limb_widths`).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.inference.beyond_edge import with_joints_beyond_edge
from pedpose.inference.body_scale import body_height, named_places
from pedpose.inference.heads import SHOULDERS
from pedpose.inference.limb_widths import HIPS, body_parts
from pedpose.people import Floats, People
from pedpose.sides import plain_name
from pedpose.skeleton import Skeleton

Doubles = NDArray[np.float64]

RASTER = 160
"""Length in raster pixels of the longer side of a body: detail enough for its limbs, and the same
time for a near person in a large picture as for a far one in a small."""

MOST_POINTS = 120
FEWEST_JOINTS = 3
LIMB_OF_BOX = 0.04
ROOM = 2

_FAR = 1e6
_ARC = np.linspace(-1.0, 1.0, 9)
_CORNERS = 2 * len(_ARC)
_FRACTION_BITS = 4


def body_shapes(
    people: People, size: tuple[int, int], min_score: float = 0.3
) -> tuple[Floats, ...]:
    """Return the silhouette of each person as one outer polygon.

    Of parts that do not touch only the largest is kept, and holes, as between an arm and the hip,
    are filled. People who are hidden by something are drawn whole where their joints are known.
    Skeletons without shoulders and hips get a capsule for each of their limbs, in proportion to the
    box; without limbs they have no shape.

    Args:
        people: Whose shapes.
        size: Height and width of the picture; polygons end at its edges.
        min_score: Joints with a lower score take no part.

    Returns:
        For each person (M, 2) x, y in continuous pixels, M <= 120; (0, 2) where fewer than three
        joints are seen.
    """
    skeleton = people.skeleton
    like_coco = {*SHOULDERS, *HIPS} <= {plain_name(name) for name in skeleton.names}
    shapes = []
    for keypoints, box in zip(people.keypoints.astype(np.float64), people.boxes, strict=True):
        # Places that no picture has would only cost precision.
        seen = (keypoints[:, 2] >= min_score) & (np.abs(keypoints[:, :2]) < _FAR).all(axis=1)
        keypoints = np.where(seen[:, None], keypoints, np.nan)
        capsules, discs = np.zeros((0, 6)), np.zeros((0, 3))
        if seen.sum() >= FEWEST_JOINTS:
            if like_coco:
                capsules, discs = _body(skeleton, keypoints, size)
            else:
                capsules = _limbs(skeleton, keypoints, box)
        shapes.append(outline(capsules, discs, size))
    return tuple(shapes)


def _body(skeleton: Skeleton, keypoints: Doubles, size: tuple[int, int]) -> tuple[Doubles, Doubles]:
    places = named_places(skeleton.names, keypoints, 0.0)
    height = body_height(places)
    if height is None:
        return np.zeros((0, 6)), np.zeros((0, 3))
    return body_parts(with_joints_beyond_edge(places, height, size), height)


def _limbs(skeleton: Skeleton, keypoints: Doubles, box: Floats) -> Doubles:
    radius = LIMB_OF_BOX * float(np.nan_to_num(box[2:] - box[:2]).max())
    capsules = [
        (*keypoints[a, :2], radius, *keypoints[b, :2], radius)
        for a, b in skeleton.limbs
        if np.isfinite(keypoints[[a, b]]).all()
    ]
    return np.array(capsules, np.float64).reshape(-1, 6)


def outline(capsules: Doubles, discs: Doubles, size: tuple[int, int]) -> Floats:
    """Return the outer outline of the largest connected part of a union of capsules and a hull.

    Args:
        capsules: (M, 6) x, y, radius of both ends, in pixels of the picture.
        discs: (D, 3) x, y, radius of discs whose convex hull is a part.
        size: Height and width of the picture.

    Returns:
        (P, 2) x, y in continuous pixels, within the picture; (0, 2) where nothing is in it.
    """
    polygons = capsule_outlines(capsules)
    # A disc is a capsule of no length; the hull of their corners is the hull of the discs.
    hull = capsule_outlines(discs[:, [0, 1, 2, 0, 1, 2]])
    corners = np.concatenate([polygons, hull]).reshape(-1, 2)
    limit = np.array([size[1], size[0]], np.float64)
    low = np.maximum(corners.min(axis=0, initial=np.inf), 0)
    high = np.minimum(corners.max(axis=0, initial=-np.inf), limit)
    if (high <= low).any():
        return np.zeros((0, 2), np.float32)
    step = float((high - low).max()) / RASTER
    # Room around it, so that the outline first goes on beyond the picture's edge.
    low = low - ROOM * step
    columns, rows = (np.ceil((high - low) / step).astype(int) + ROOM + 1).tolist()
    mask = np.zeros((rows, columns), np.uint8)
    raster = np.clip((corners - low) / step, -_FAR, _FAR)
    fixed = np.round(raster * (1 << _FRACTION_BITS)).astype(np.int32).reshape(-1, _CORNERS, 2)
    for part in fixed[: len(polygons)]:
        cv2.fillConvexPoly(mask, part, 1, shift=_FRACTION_BITS)
    if len(discs):
        trunk = cv2.convexHull(fixed[len(polygons) :].reshape(-1, 2))
        cv2.fillConvexPoly(mask, trunk, 1, shift=_FRACTION_BITS)
    simple = _simplified(mask)
    return np.asarray(np.clip(simple * step + low, 0, limit), np.float32)


def _simplified(mask: NDArray[np.uint8]) -> Floats:
    """Return the outline (M, 2) of the largest part of a mask, in its pixel indices."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    contour = max(contours, key=cv2.contourArea, default=np.zeros((0, 1, 2), np.int32))
    tolerance = 0.5
    simple = contour
    while len(contour) and (tolerance == 0.5 or len(simple) > MOST_POINTS):
        simple = cv2.approxPolyDP(contour, tolerance, True)
        tolerance *= 1.5
    return np.asarray(simple[:, 0] if len(simple) >= 3 else simple[:0, 0], np.float32)


def capsule_outlines(capsules: Doubles) -> Doubles:
    """Return for each capsule (M, 6) the corners (M, 18, 2) of its outline.

    A capsule is the convex hull of two discs: an arc around each end between the two lines that
    touch both.
    """
    start, end = capsules[:, :2], capsules[:, 3:5]
    radius, other = capsules[:, 2], capsules[:, 5]
    along = end - start
    length = np.hypot(along[:, 0], along[:, 1])
    direction = np.arctan2(along[:, 1], along[:, 0])
    taper = np.divide(radius - other, length, out=np.sign(radius - other), where=length > 0)
    touch = np.arccos(np.clip(taper, -1, 1))
    back = (direction + np.pi)[:, None] + (np.pi - touch)[:, None] * _ARC
    front = direction[:, None] + touch[:, None] * _ARC
    around = np.concatenate(
        [
            start[:, None] + radius[:, None, None] * _unit(back),
            end[:, None] + other[:, None, None] * _unit(front),
        ],
        axis=1,
    )
    return np.asarray(around)


def _unit(angles: Doubles) -> Doubles:
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)
