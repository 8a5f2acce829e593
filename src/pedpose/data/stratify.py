"""Deal groups of pictures out to parts so that each part is a small likeness of the whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pedpose.data.coco import Picture
from pedpose.data.crowding import CROWDING, crowding

Doubles = NDArray[np.float64]
Places = NDArray[np.intp]

_MOST_SWEEPS = 20


def strata(picture: Picture) -> Doubles:
    """Return (7,) what a picture adds to its part.

    One for its place in :data:`~pedpose.data.crowding.CROWDING`, one for a picture, and its
    people with labelled joints.
    """
    counts = np.zeros(len(CROWDING) + 2)
    counts[crowding(len(picture.people))] = 1
    counts[-2] = 1
    counts[-1] = sum(person.labelled > 0 for person in picture.people)
    return counts


def deal(counts: Doubles, shares: Sequence[float], seed: int) -> Places:
    """Return the part (G,) that each of G groups goes to.

    Groups are dealt out largest first, each to the part where it lessens the distance from the
    wanted counts most; then single groups are moved as long as that brings the parts nearer. The
    distance is chi-square, the sum of (have - wanted)^2 / wanted over parts and strata. No part
    stays empty.

    Args:
        counts: (G, S) what each group adds to each stratum, in an order that depends on no more
            than the groups; G is at least the number of parts.
        shares: P shares above 0 that sum to 1.
        seed: Of the order of groups of the same size.
    """
    totals = counts.sum(axis=0)
    counts = counts[:, totals > 0]
    wanted = np.outer(shares, totals[totals > 0])
    have = np.zeros_like(wanted)
    members = np.zeros(len(shares), np.intp)
    shuffled = np.random.default_rng(seed).permutation(len(counts))
    size = (counts / counts.sum(axis=0)).sum(axis=1).round(12)
    order = shuffled[np.argsort(-size[shuffled], kind="stable")]
    part = np.zeros(len(counts), np.intp)
    for place, group in enumerate(order):
        empty = members == 0
        allowed = empty if len(counts) - place <= empty.sum() else np.ones_like(empty)
        cost = np.where(allowed, _cost_of_adding(counts[group], have, wanted), np.inf)
        part[group] = cost.argmin()
        have[part[group]] += counts[group]
        members[part[group]] += 1
    for _ in range(_MOST_SWEEPS):
        if not _sweep(order, part, counts, have, wanted, members):
            break
    return part


def _cost_of_adding(group: Doubles, have: Doubles, wanted: Doubles) -> Doubles:
    """Return (P,) how much farther from the wanted counts each part gets by a group."""
    cost: Doubles = (group * (2 * (have - wanted) + group) / wanted).sum(axis=1)
    return cost


def _sweep(
    order: Places, part: Places, counts: Doubles, have: Doubles, wanted: Doubles, members: Places
) -> bool:
    """Move each group to where it serves better; tell whether any was moved."""
    moved = False
    for group in order:
        old = part[group]
        if members[old] == 1:
            continue
        have[old] -= counts[group]
        cost = _cost_of_adding(counts[group], have, wanted).round(9)
        new = old if cost[old] <= cost.min() else cost.argmin()
        have[new] += counts[group]
        members[old] -= 1
        members[new] += 1
        part[group] = new
        moved = moved or bool(new != old)
    return moved
