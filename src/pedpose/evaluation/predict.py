"""Run weights over annotated pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pedpose.data.coco import CocoData, Picture
from pedpose.data.reading import read_annotated
from pedpose.errors import DataError
from pedpose.evaluation.oks import Prediction
from pedpose.geometry import Image
from pedpose.inference.boxes_file import KnownBoxes
from pedpose.inference.detector import PoseDetector
from pedpose.people import People
from pedpose.progress import Progress, unheard


def predict(
    detector: PoseDetector,
    data: CocoData,
    boxes: str,
    progress: Progress = unheard,
) -> list[Prediction]:
    """Find the joints of people in annotated pictures.

    Args:
        detector: With the skeleton of the data.
        data: Annotated pictures.
        boxes: ``gt`` takes the annotated boxes, ``detected`` searches for people, and all else is
            the path of a COCO file with boxes.
        progress: Is told of each picture that is done.

    Raises:
        DataError: If skeletons differ, pictures cannot be read or have another size than their
            annotations state, or a file has no boxes for them: with all of them.
    """
    check_skeleton(detector, data)
    known = None if boxes in ("gt", "detected") else KnownBoxes(Path(boxes))
    if known is not None:
        _check_listed(known, data)
    predictions: list[Prediction] = []
    faults: list[str] = []
    for done, picture in enumerate(data.pictures, start=1):
        try:
            image = read_annotated(picture)
        except DataError as error:
            faults.append(str(error))
        if faults:
            continue  # the rest is only read to name all faults at once
        ids: list[int] | list[None]
        if boxes == "gt":
            true = np.array([p.box for p in picture.people], np.float32).reshape(-1, 4)
            people, ids = detector.in_boxes(image, true), [p.id for p in picture.people]
        else:
            people = _find(detector, known, picture, image)
            ids = [None] * len(people)
        predictions += [
            Prediction(picture.id, people.keypoints[i], people.boxes[i], float(people.scores[i]), n)
            for i, n in enumerate(ids)
        ]
        progress("pictures", done, len(data.pictures))
    _refuse(faults)
    return predictions


def check_skeleton(detector: PoseDetector, data: CocoData) -> None:
    """Make sure that weights and annotations have the same joints in the same order.

    Raises:
        DataError: With every joint that differs.
    """
    found, expected = data.skeleton.names, detector.skeleton.names
    if found == expected:
        return
    lines = [
        f"{data.path}: expected the {len(expected)} joints of the weights in their order, "
        f"found {len(found)} joints"
    ]
    for i in range(max(len(found), len(expected))):
        pair = tuple(names[i] if i < len(names) else "none" for names in (expected, found))
        if pair[0] != pair[1]:
            lines.append(f"joint no. {i + 1}: expected {pair[0]}, found {pair[1]}")
    raise DataError("\n".join(lines))


def _find(
    detector: PoseDetector, known: KnownBoxes | None, picture: Picture, image: Image
) -> People:
    if known is None:
        return detector(image)
    return detector.in_boxes(image, known.of(picture.path))


def _check_listed(known: KnownBoxes, data: CocoData) -> None:
    """Make sure that boxes are known for all pictures before work begins."""
    faults = []
    for picture in data.pictures:
        try:
            known.of(picture.path)
        except DataError as error:
            faults.append(str(error))
    _refuse(faults)


def _refuse(faults: list[str]) -> None:
    """Raise a DataError where there are faults, with the first ten in full."""
    if faults:
        rest = [f"... and {len(faults) - 10} more"] if len(faults) > 10 else []
        raise DataError("\n".join([*faults[:10], *rest]))
