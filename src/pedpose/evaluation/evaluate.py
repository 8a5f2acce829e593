"""Run weights over a data set and measure what comes out: what ``pedpose eval`` does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pedpose.data.coco import CocoData, Picture
from pedpose.data.reading import read_annotated
from pedpose.errors import ConfigError, DataError
from pedpose.evaluation.oks import Prediction, evaluate_oks
from pedpose.evaluation.pck import evaluate_pck
from pedpose.evaluation.report import EvaluationReport
from pedpose.inference.detector import PoseDetector

BOX_SOURCES = ("gt", "detected")


def predict(
    detector: PoseDetector, data: CocoData, boxes: str, progress: Callable[[Picture], None]
) -> list[Prediction]:
    """Find the joints of people in annotated pictures.

    Args:
        detector: With the skeleton of the data.
        data: Annotated pictures.
        boxes: ``gt`` takes the annotated boxes, ``detected`` searches for people.
        progress: Is given each picture when it is done.

    Raises:
        ConfigError: If boxes come from nowhere known.
        DataError: If skeletons differ or a picture cannot be read.
    """
    if boxes not in BOX_SOURCES:
        raise ConfigError(f"--boxes: expected one of {', '.join(BOX_SOURCES)}, found {boxes!r}")
    if detector.skeleton.names != data.skeleton.names:
        raise DataError(
            f"{data.path}: expected the joints of the weights, {', '.join(detector.skeleton.names)}"
            f"; found {', '.join(data.skeleton.names)}"
        )
    predictions = []
    for picture in data.pictures:
        image = read_annotated(picture)
        ids: list[int] | list[None]
        if boxes == "gt":
            true = np.array([p.box for p in picture.people], np.float32).reshape(-1, 4)
            people, ids = detector.in_boxes(image, true), [p.id for p in picture.people]
        else:
            people = detector(image)
            ids = [None] * len(people)
        predictions += [
            Prediction(picture.id, people.keypoints[i], people.boxes[i], float(people.scores[i]), n)
            for i, n in enumerate(ids)
        ]
        progress(picture)
    return predictions


def measure(
    data: CocoData, predictions: list[Prediction], boxes: str, weights: str, device: str
) -> EvaluationReport:
    """Measure predictions by OKS AP and PCK.

    Args:
        data: Annotated pictures.
        predictions: Of those pictures.
        boxes: Where the boxes came from, for the report.
        weights: What made the predictions, for the report.
        device: What it ran on, for the report.

    Raises:
        DataError: If the data brings no sigmas, without which OKS means nothing.
    """
    sigmas = data.skeleton.sigmas
    if sigmas is None:
        raise DataError(
            f"{data.path}: 'categories': expected 'sigmas' for {len(data.skeleton)} joints, found "
            "none; OKS means nothing without them"
        )
    notes = []
    if data.estimated_areas:
        notes.append(f"area of {data.estimated_areas} people missing: taken as 0.53 of the box")
    if boxes != "gt":
        notes.append("PCK: joints of people who were not found count as wrong")
    return EvaluationReport(
        data=str(data.path),
        pictures=len(data.pictures),
        people=data.people,
        boxes=boxes,
        weights=weights,
        device=device,
        joint_names=data.skeleton.names,
        sigmas=sigmas,
        sigmas_source="annotation file or COCO's own for its 17 joints",
        oks=evaluate_oks(data, predictions, sigmas),
        pck=evaluate_pck(data, predictions, sigmas),
        notes=tuple(notes),
    )
