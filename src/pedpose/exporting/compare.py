"""How far apart the outputs of two networks are, in what matters: heatmaps, joints, boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pedpose.exporting.decoding import MOST_PEOPLE
from pedpose.model.architecture import STRIDE, Task
from pedpose.model.joint_maps import decode_joint_maps, softmax_maps
from pedpose.model.person_maps import decode_person_maps

Floats = NDArray[np.float32]

JOINT_SCORE, PERSON_SCORE = 0.2, 0.3
"""Least scores, by the source, of joints and people whose shift is measured."""

NEAR_SCORE = 0.2
"""Least score of the people that a person may be found again as: scores may differ a little."""

_TO_PIXELS = np.array([STRIDE, STRIDE, 1], np.float32)


@dataclass(frozen=True, slots=True)
class Differences:
    """Differences between a network and its source on the same pictures.

    Attributes:
        heatmap: Largest difference of heatmaps. Of joints: of the softmax of the maps, relative to
            its peak; of people: of the scores of all cells. None where maps are decoded inside.
        score: Largest difference of the scores of joints or people that were measured.
        shift: Largest shift of a joint, or of a side of a box, in pixels of the input.
        shift_p95: 95 of 100 shifts are no larger.
        measured: How many joints or people the source is sure enough of.
    """

    heatmap: float | None
    score: float
    shift: float
    shift_p95: float
    measured: int


def compare(
    task: Task, sources: Sequence[Floats], outputs: Sequence[Floats], decoded: bool
) -> Differences:
    """Compare what a network and its source make of some batches of pictures.

    Args:
        task: What the network is for.
        sources: Raw maps (N, C, H, W) of the source.
        outputs: The same of the other network, or what it decodes them to.
        decoded: Whether it does.
    """
    heat = [0.0]
    shifts, scores = [np.zeros(0, np.float32)], [np.zeros(0, np.float32)]
    measure = _joint_shifts if task == "joints" else _person_shifts
    for source, output in zip(sources, outputs, strict=True):
        if not decoded:
            heat.append(_heatmap_difference(task, source, output))
        shift, score = measure(source, output, decoded)
        shifts.append(shift)
        scores.append(score)
    moved, changed = np.concatenate(shifts), np.concatenate(scores)
    return Differences(
        None if decoded else max(heat),
        float(changed.max(initial=0)),
        float(moved.max(initial=0)),
        float(np.percentile(moved, 95)) if len(moved) else 0.0,
        len(moved),
    )


def _heatmap_difference(task: Task, source: Floats, output: Floats) -> float:
    if task == "joints":
        first, second = softmax_maps(source), softmax_maps(output)
        relative = abs(first - second) / first.max(axis=(-2, -1), keepdims=True)
        return float(relative.max())
    before, after = (1 / (1 + np.exp(-maps[:, 0])) for maps in (source, output))
    return float(abs(before - after).max())


def _joint_shifts(source: Floats, output: Floats, decoded: bool) -> tuple[Floats, Floats]:
    """Return how far the sure joints have moved (M,), and how much their scores changed (M,)."""
    first = decode_joint_maps(source) * _TO_PIXELS
    second = output if decoded else decode_joint_maps(output) * _TO_PIXELS
    sure = first[:, :, 2] >= JOINT_SCORE
    moved = np.hypot(*np.moveaxis(first[sure][:, :2] - second[sure][:, :2], -1, 0))
    return moved, abs(first[sure][:, 2] - second[sure][:, 2])


def _person_shifts(source: Floats, output: Floats, decoded: bool) -> tuple[Floats, Floats]:
    """Return how far the sides of boxes moved (M,), and how much scores changed (M,).

    Each sure person of either network is looked for among those of the other; who is not found
    again has moved as far as a box of nobody at the origin is away.
    """
    found = [np.zeros((0, 2), np.float32)]
    for maps, other in zip(source, output, strict=True):
        first, second = _people(maps, False), _people(other, decoded)
        found += [_found_again(first, second), _found_again(second, first)]
    pairs = np.concatenate(found)
    return pairs[:, 0], pairs[:, 1]


def _people(output: Floats, decoded: bool) -> Floats:
    """Return people (N, 5) x1, y1, x2, y2 in pixels of the input and score, of NEAR_SCORE on."""
    if decoded:
        return output[output[:, 4] >= NEAR_SCORE]
    boxes, scores = decode_person_maps(output, NEAR_SCORE, MOST_PEOPLE)
    return np.column_stack([boxes * STRIDE, scores])


def _found_again(people: Floats, others: Floats) -> Floats:
    """Return (M, 2) shift and change of score of the sure people, as the nearest of others."""
    sure = people[people[:, 4] >= PERSON_SCORE]
    others = np.concatenate([others, np.zeros((1, 5), np.float32)])
    away = abs(sure[:, None, :4] - others[None, :, :4]).max(axis=2)
    nearest = away.argmin(axis=1)
    changes = abs(sure[:, 4] - others[nearest, 4])
    return np.column_stack([away.min(axis=1), changes]).reshape(-1, 2)
