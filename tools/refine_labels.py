"""Correct and complete the joint labels of a data set by those of a teacher model.

usage: refine_labels.py DATA.json TEACHER.json OUT.json [--distrust]

TEACHER.json holds what the teacher found in the true boxes of DATA.json, with ``scores``. A copy of
the data is written with the teacher's joints, in which

- a label that the teacher confirms moves half way to where the teacher saw the joint: two
  independent errors average out;
- a joint without label is filled in, with the teacher's score as its weight, in people on whom the
  two agree otherwise;
- with --distrust a label that a sure teacher contradicts counts nothing, and people whose left and
  right the labels have swapped are swapped back; without it these labels stay as they are.

The original is never changed.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from pedpose.files import write_json
from pedpose.skeleton import COCO_17

CONFIRMED = 0.5
"""Similarity (OKS of one joint) from which on two positions mean the same joint."""

CONTRADICTED = 0.05
"""Similarity below which they do not."""

SURE = 0.5
"""Score of the teacher's joint from which on it may contradict."""

KNOWN = 0.35
"""Score from which on it confirms, or fills in."""

AGREES = 0.6
"""Mean similarity from which on the teacher looked at the same person."""

SIGMAS = np.array(COCO_17.sigmas)
FLIP = list(COCO_17.flip_indices)


def similarity(points: np.ndarray, others: np.ndarray, area: float) -> np.ndarray:
    """Return the OKS term (K,) of each joint of (K, 2) positions."""
    squared = np.square(points - others).sum(axis=1)
    return np.exp(-squared / (2 * area * np.square(2 * SIGMAS)))


def refine(
    keypoints: np.ndarray, seen: np.ndarray, area: float, distrust: bool
) -> tuple[np.ndarray, np.ndarray, Counter[str]]:
    """Merge labels (17, 3) x, y, v with the teacher's (17, 3) x, y, score.

    Returns:
        Merged labels (17, 3), weights (17,) and how many joints were changed in which way.
    """
    merged, changes = keypoints.copy(), Counter[str]()
    labelled, known = keypoints[:, 2] > 0, seen[:, 2] >= KNOWN
    both = labelled & known
    same = similarity(keypoints[:, :2], seen[:, :2], area)
    if distrust and both.sum() >= 6 and same[both].mean() < AGREES / 2:
        crossed = keypoints[FLIP]
        crossed_same = similarity(crossed[:, :2], seen[:, :2], area)
        both_crossed = (crossed[:, 2] > 0) & known
        if crossed_same[both_crossed].mean() > AGREES:
            merged, same, both = crossed.copy(), crossed_same, both_crossed
            labelled = merged[:, 2] > 0
            changes["swapped"] += 1
    weights = labelled.astype(np.float64)
    confirmed = both & (same >= CONFIRMED)
    merged[confirmed, :2] = (merged[confirmed, :2] + seen[confirmed, :2]) / 2
    changes["confirmed"] += int(confirmed.sum())
    if distrust:
        contradicted = both & (same < CONTRADICTED) & (seen[:, 2] >= SURE)
        weights[contradicted] = 0
        changes["contradicted"] += int(contradicted.sum())
    if both.sum() >= 4 and same[both].mean() >= AGREES:
        filled = ~labelled & known
        merged[filled, :2] = seen[filled, :2]
        merged[filled, 2] = 1
        weights[filled] = seen[filled, 2]
        changes["filled"] += int(filled.sum())
    return merged, weights, changes


def in_coco_order(annotation: dict[str, Any], names: list[str]) -> np.ndarray:
    """Return the labels (17, 3) of an annotation, not labelled where its skeleton has no joint."""
    own = np.array(annotation["keypoints"], np.float64).reshape(-1, 3)
    rows = [own[names.index(n)] if n in names else np.zeros(3) for n in COCO_17.names]
    return np.stack(rows)


def teacher_by_box(content: dict[str, Any]) -> dict[tuple[str, tuple[int, ...]], np.ndarray]:
    """Return the teacher's joints (17, 3) by picture name and rounded box."""
    names = {image["id"]: Path(image["file_name"]).name for image in content["images"]}
    found = {}
    for a in content["annotations"]:
        points = np.array(a["keypoints"], np.float64).reshape(17, 3)
        points[:, 2] = np.where(points[:, 2] > 0, np.minimum(a["scores"], 1), 0)
        found[names[a["image_id"]], tuple(round(v) for v in a["bbox"])] = points
    return found


def main() -> None:
    """Parse the command line and write the copy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("teacher", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--distrust", action="store_true")
    arguments = parser.parse_args()
    content = json.loads(arguments.data.read_text())
    teacher = teacher_by_box(json.loads(arguments.teacher.read_text()))
    pictures = {image["id"]: Path(image["file_name"]).name for image in content["images"]}
    names = content["categories"][0]["keypoints"]
    changes = Counter[str]()
    for a in content["annotations"]:
        keypoints = in_coco_order(a, names)
        weights = (keypoints[:, 2] > 0).astype(np.float64)
        seen = teacher.get((pictures[a["image_id"]], tuple(round(v) for v in a["bbox"])))
        if seen is not None and not a["iscrowd"]:
            keypoints, weights, change = refine(keypoints, seen, a["area"], arguments.distrust)
            changes += change
            changes["people"] += 1
        a["keypoints"] = [round(v, 2) for v in keypoints.flatten().tolist()]
        a["num_keypoints"] = int((keypoints[:, 2] > 0).sum())
        a["scores"] = [round(v, 3) for v in weights.tolist()]
    content["categories"] = [COCO_17.to_coco_category()]
    write_json(arguments.out, content, indent=None)
    print(f"{arguments.out}: {dict(changes)}")


if __name__ == "__main__":
    main()
