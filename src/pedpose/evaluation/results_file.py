"""Read the COCO keypoint results of any tool, strictly.

File format: https://cocodataset.org/#format-results, "Keypoint Detection".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pedpose.data.coco import CocoData
from pedpose.data.faults import Faults, are_numbers, is_id, is_number
from pedpose.errors import DataError
from pedpose.evaluation.oks import Prediction
from pedpose.json_file import read_json


def read_predictions(
    path: Path, data: CocoData, picture_ids: Mapping[int, int] | None = None
) -> list[Prediction]:
    """Read a list of ``image_id``, ``category_id``, ``keypoints``, ``score`` and maybe ``bbox``.

    Keypoints are pixel indices in the file and continuous pixels (+0.5) in the result. A missing
    ``bbox`` is taken as the hull of the keypoints, as pycocotools does. Where one entry has an
    ``annotation_id``, which COCO does not know, all must: each is of another annotated person.

    Args:
        path: The JSON file.
        data: The annotations that it answers.
        picture_ids: Ids of annotated pictures by the numbers that the file has for them; None
            where it has the ids themselves.

    Returns:
        The predictions in the file's order.

    Raises:
        DataError: With every fault found (the first ten in full): file, entry number, what was
            expected and what was found. Nothing is skipped or repaired.
    """
    content = read_json(path)
    if not isinstance(content, list):
        raise DataError(
            f"{path}: expected a list of COCO keypoint results, found {type(content).__name__}"
        )
    faults = Faults(path)
    if picture_ids is None:
        picture_ids = {picture.id: picture.id for picture in data.pictures}
    people = {person.id: picture.id for picture in data.pictures for person in picture.people}
    named = any(isinstance(entry, dict) and "annotation_id" in entry for entry in content)
    taken: set[int] = set()
    ids: set[int] = set()
    predictions = []
    for number, entry in enumerate(content, start=1):
        where = f"entry no. {number}"
        if not isinstance(entry, dict):
            faults.add(where, "an object", entry)
            continue
        before = len(faults)
        _check(where, entry, len(data.skeleton), faults)
        _check_id(where, entry, ids, faults)
        if not is_id(entry.get("image_id")) or entry["image_id"] not in picture_ids:
            faults.add(where, f"the image_id of a picture in {data.path}", entry.get("image_id"))
            continue
        picture = picture_ids[entry["image_id"]]
        if entry.get("category_id") != data.category_id:
            expected = f"category_id {data.category_id}, the people of {data.path}"
            faults.add(where, expected, entry.get("category_id"))
        if named:
            _check_person(where, entry, picture, people, taken, faults)
        if len(faults) == before:
            predictions.append(_prediction(entry, picture))
    faults.stop()
    return predictions


def _check(where: str, entry: Mapping[str, Any], joints: int, faults: Faults) -> None:
    keypoints = entry.get("keypoints")
    if not are_numbers(keypoints, 3 * joints):
        faults.add(where, f"keypoints as {3 * joints} numbers ({joints} joints)", keypoints)
    if not is_number(entry.get("score")):
        faults.add(where, "a number as score", entry.get("score"))
    box = entry.get("bbox")
    if box is not None and not (are_numbers(box, 4) and min(box[2:]) >= 0):
        faults.add(where, "bbox as x, y, width >= 0, height >= 0", box)


def _check_id(where: str, entry: Mapping[str, Any], ids: set[int], faults: Faults) -> None:
    """Results need no ``id``; one that comes twice betrays files that were joined."""
    number = entry.get("id")
    if not is_id(number):
        return
    if number in ids:
        faults.add(where, "each id once", f"{number} a second time")
    ids.add(number)


def _check_person(
    where: str,
    entry: Mapping[str, Any],
    picture: int,
    people: Mapping[int, int],
    taken: set[int],
    faults: Faults,
) -> None:
    """Make sure that an entry names an annotated person of its picture that no other names."""
    number = entry.get("annotation_id")
    if not isinstance(number, int) or people.get(number) != picture:
        faults.add(where, "the annotation_id of a person annotated in its picture", number)
    elif number in taken:
        faults.add(where, "each annotation_id once", f"{number} a second time")
    else:
        taken.add(number)


def _prediction(entry: Mapping[str, Any], picture: int) -> Prediction:
    keypoints = np.array(entry["keypoints"], np.float64).reshape(-1, 3)
    keypoints[:, :2] += 0.5
    if entry.get("bbox") is None:
        box = np.concatenate([keypoints[:, :2].min(axis=0), keypoints[:, :2].max(axis=0)])
    else:
        x, y, width, height = entry["bbox"]
        box = np.array([x, y, x + width, y + height], np.float64)
    score, person = float(entry["score"]), entry.get("annotation_id")
    return Prediction(picture, keypoints, box, score, person)
