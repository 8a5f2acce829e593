"""Check the labels of one person's joints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pedpose.checking.findings import Notes, Place
from pedpose.data.coco import HEAD_BOX_KEYS
from pedpose.data.faults import are_numbers, corners_of, has_size, is_id, is_number
from pedpose.skeleton import Skeleton


def check_labels(
    place: Place, entry: Mapping[str, Any], skeleton: Skeleton, notes: Notes
) -> list[float] | None:
    """Check keypoints and what belongs to them; return 3 K sound numbers, or None."""
    if "scores" in entry and read_scores(entry, len(skeleton)) is None:
        expected = f"scores as {len(skeleton)} numbers in 0..1"
        notes.add("bad-scores", place, _odd_score(entry["scores"], len(skeleton)), expected)
    _check_head_box(place, entry, notes)
    flat = entry.get("keypoints")
    joints = len(skeleton)
    if not isinstance(flat, list) or len(flat) != 3 * joints:
        found = f"{len(flat)} numbers" if isinstance(flat, list) else flat
        notes.add(
            "joint-count", place, found, f"keypoints as {3 * joints} numbers ({joints} joints)"
        )
        return None
    sound = True
    stray = []
    for joint, name in enumerate(skeleton.names):
        values = flat[3 * joint : 3 * joint + 3]
        if not all(map(is_number, values)):
            notes.add("not-a-number", replace(place, joint=name), values, "x, y, v as numbers")
            sound = False
        elif values[2] not in (0, 1, 2):
            notes.add("bad-visibility", replace(place, joint=name), values[2], "v of 0, 1 or 2")
            sound = False
        elif values[2] == 0 and (values[0] or values[1]):
            stray.append((name, values))
    for name, values in stray:
        expected = "0, 0, 0 where v is 0"
        notes.add("unlabelled-coordinates", replace(place, joint=name), values, expected)
    if not sound:
        return None
    labelled = sum(v > 0 for v in flat[2::3])
    count = entry.get("num_keypoints")
    if count is None:
        notes.add("no-num-keypoints", place, None, f"num_keypoints {labelled}")
    elif not is_id(count) or count != labelled:
        expected = f"num_keypoints {labelled} (joints with v > 0)"
        notes.add("wrong-num-keypoints", place, count, expected)
    return flat


def read_scores(entry: Mapping[str, Any], joints: int) -> list[float] | None:
    """Return the scores of an annotation if they are sound, else None."""
    scores = entry.get("scores")
    if not are_numbers(scores, joints) or not all(0 <= score <= 1 for score in scores):
        return None
    return scores


def _odd_score(scores: object, joints: int) -> object:
    """Return what is wrong with scores that are not sound."""
    if not isinstance(scores, list) or len(scores) != joints:
        return f"{len(scores)} values" if isinstance(scores, list) else scores
    return next(s for s in scores if not is_number(s) or not 0 <= s <= 1)


def _check_head_box(place: Place, entry: Mapping[str, Any], notes: Notes) -> None:
    given = [key for key in HEAD_BOX_KEYS if entry.get(key)]
    if len(given) > 1:
        notes.add("bad-head-box", place, " and ".join(given), "one box of the head")
    elif given:
        values = entry[given[0]]
        if not are_numbers(values, 4):
            notes.add("bad-head-box", place, values, f"{given[0]} as 4 numbers")
            return
        # headbox holds two corners, the others hold a corner and a size.
        if not has_size(values if given[0] == "headbox" else corners_of(values)):
            notes.add("bad-head-box", place, values, f"{given[0]} with a size above 0")
