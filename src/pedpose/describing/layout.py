"""Where to draw the joints of a skeleton that is nobody's in particular.

Joints with the names of a human body have the places of a standing person. All others are placed
so that the way along the limbs between two joints is as long on paper as it is in number of limbs:
stress majorization (Gansner et al., "Graph Drawing by Stress Majorization", 2004) from classical
scaling (Torgerson, 1952), with the sides kept mirrored. Nothing is random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pedpose.describing.standing import standing_pose
from pedpose.skeleton import Skeleton

Doubles = NDArray[np.float64]

_STEPS = 300
_WORK = 10_000_000
"""Pairs of joints that are looked at, so that hundreds of joints take no minutes."""
_LIMB = 1.2
"""Length of a limb to a joint without a place, in the unit of the standing person."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Places of the K joints of a skeleton.

    Attributes:
        points: (K, 2) x, y, y downwards; the smallest of each is 0 and the largest of all is 1.
        from_front: Whether it is a person seen from the front, whose left is on the right.
    """

    points: Doubles
    from_front: bool


def lay_out(skeleton: Skeleton) -> Layout:
    """Place the joints of a skeleton; joints on the left, where known, have larger x."""
    pose = standing_pose(skeleton)
    if pose is not None and np.isfinite(pose).all():
        return Layout(_scaled(pose), True)
    ways = _ways(skeleton)
    if pose is not None:
        return Layout(_scaled(_around(pose, ways, skeleton)), True)
    if not skeleton.limbs:
        return Layout(_scaled(_without_limbs(skeleton)), False)
    points = _majorize(_begin(ways, skeleton), ways, np.zeros(len(skeleton), bool), skeleton)
    return Layout(_scaled(_upright(points)), False)


def _ways(skeleton: Skeleton) -> Doubles:
    """Return the number of limbs (K, K) on the shortest way between two joints.

    Parts that no limb connects are a little further from each other than any joints of one part.
    """
    count = len(skeleton)
    near = np.eye(count, dtype=bool)
    for a, b in skeleton.limbs:
        near[a, b] = near[b, a] = True
    ways = np.where(np.eye(count, dtype=bool), 0.0, np.inf)
    reached, length = np.eye(count, dtype=bool), 0
    while True:
        length += 1
        further = (reached.astype(np.float32) @ near.astype(np.float32) > 0) & ~reached
        if not further.any():
            break
        ways[further] = length
        reached |= further
    ways[np.isinf(ways)] = ways[np.isfinite(ways)].max() + 1
    return ways


def _begin(ways: Doubles, skeleton: Skeleton) -> Doubles:
    """Return places (K, 2) by classical scaling, mirrored where the skeleton has sides."""
    count = len(ways)
    centring = np.eye(count) - 1 / count
    inner = -0.5 * centring @ ways**2 @ centring
    mirror = np.eye(count)[list(skeleton.mirrors)]
    if (mirror == np.eye(count)).all():
        x, y = _axis(inner, 1), _axis(inner, 2)
    else:
        across, along = (np.eye(count) - mirror) / 2, (np.eye(count) + mirror) / 2
        x, y = _axis(across @ inner @ across, 1), _axis(along @ inner @ along, 1)
        sign = np.array([{"left": 1, "right": -1}.get(side, 0) for side in skeleton.sides])
        x = np.where(sign == 0, x, sign * (np.abs(x) + 0.1))
    return np.stack([x, y], axis=1) + 0.05 * _scatter(count)


def _axis(inner: Doubles, number: int) -> Doubles:
    """Return coordinates along a main axis, the first of which with a size is above 0."""
    values, axes = np.linalg.eigh(inner)
    axis = axes[:, -number] if number <= len(values) else np.zeros(len(values))
    sized = axis[np.abs(axis) > 1e-6]
    sign = -1.0 if len(sized) and sized[0] < 0 else 1.0
    return np.asarray(sign * axis * np.sqrt(max(values[-min(number, len(values))], 0.0)))


def _majorize(
    points: Doubles, ways: Doubles, fixed: NDArray[np.bool_], skeleton: Skeleton
) -> Doubles:
    """Move all joints that are not fixed until the distances fit; pairs stay mirrored."""
    mirrors = np.array(skeleton.mirrors)
    paired = (mirrors != np.arange(len(mirrors))) & ~fixed & ~fixed[mirrors]
    weights = 1 / (ways + np.eye(len(ways))) ** 2
    np.fill_diagonal(weights, 0)
    total = weights.sum(axis=1, keepdims=True)
    for _ in range(min(_STEPS, _WORK // len(points) ** 2) if len(points) > 1 else 0):
        between = points[:, None] - points[None]
        lengths = np.maximum(np.linalg.norm(between, axis=2), 1e-9)
        wished = points[None] + between * (ways / lengths)[..., None]
        moved = (weights[..., None] * wished).sum(axis=1) / total
        moved[fixed] = points[fixed]
        twin = moved[mirrors] * (-1, 1)
        points = np.where(paired[:, None], (moved + twin) / 2, moved)
    return points


def _around(pose: Doubles, ways: Doubles, skeleton: Skeleton) -> Doubles:
    """Place the joints that a pose (K, 2) leaves out, which are NaN, by those that it has."""
    known = np.isfinite(pose[:, 0])
    nearest = np.where(known, ways, np.inf).argmin(axis=1)
    anchors = pose[nearest]  # where each joint is, or where the part begins that it hangs on
    off = _LIMB * ways[np.arange(len(ways)), nearest]
    apart = np.linalg.norm(anchors[:, None] - anchors[None], axis=2) + off[:, None] + off[None]
    wished = np.where(known[:, None] | known[None], apart, np.minimum(apart, _LIMB * ways))
    np.fill_diagonal(wished, 0)
    start = anchors + 0.1 * (anchors - pose[known].mean(axis=0)) + 0.05 * _scatter(len(pose))
    return _majorize(np.where(known[:, None], pose, start), wished, known, skeleton)


def _scatter(count: int) -> Doubles:
    """Return points (count, 2) around 0, no two alike: what is in one place is never parted."""
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def _without_limbs(skeleton: Skeleton) -> Doubles:
    """Place joints that nothing connects: sides beside each other, or in a circle."""
    count = len(skeleton)
    if set(skeleton.sides) == {"middle"}:
        if count <= 3:
            return np.stack([np.arange(count), np.zeros(count)], axis=1)
        turn = np.arange(count) * 2 * np.pi / count
        return np.stack([np.sin(turn), -np.cos(turn)], axis=1)
    rows: dict[int, int] = {}
    places = []
    for joint, partner in enumerate(skeleton.mirrors):
        row = rows.setdefault(min(joint, partner), len(rows))
        places.append(({"left": 1, "right": -1}.get(skeleton.side(joint), 0), row))
    return np.array(places, np.float64)


def _upright(points: Doubles) -> Doubles:
    """Turn points (K, 2) over so that the first is in the upper half."""
    over = points[0, 1] > points[:, 1].mean() + 1e-9
    return points * (1, -1) if over else points


def _scaled(points: Doubles) -> Doubles:
    """Move and scale points (K, 2) into the unit square."""
    points = points - points.min(axis=0)
    return np.asarray(points / (points.max() or 1.0))
