"""Average precision by pycocotools: of keypoints (OKS) and of boxes (IoU).

Source: https://cocodataset.org/#keypoints-eval and #detection-eval. Any skeleton of K >= 1 joints
is measured with its own sigmas.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from pedpose.data.coco import CocoData, Picture
from pedpose.errors import DataError

Numbers = NDArray[np.floating]

LEAST_OKS = 0.1
"""Below it a prediction has nothing to do with a person (Ronchi & Perona, ICCV 2017)."""

_CATEGORY = 1


@dataclass(frozen=True, slots=True)
class Prediction:
    """One predicted person, in continuous pixels of the picture.

    Attributes:
        picture_id: Id of the picture in the annotation file.
        keypoints: (K, 3) x, y and a score of each joint.
        box: (4,) x1, y1, x2, y2.
        score: Of the person; ranks the predictions of all pictures.
        person_id: Annotation id where the true box was given, else None.
    """

    picture_id: int
    keypoints: Numbers
    box: Numbers
    score: float
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class OksResult:
    """COCO keypoint metrics in 0..1; None where no annotated person falls into the class.

    Attributes:
        ap: Mean over OKS thresholds 0.50:0.05:0.95.
        ap50: At OKS 0.50.
        ap75: At OKS 0.75.
        ap_medium: Of people with an area of 32^2 to 96^2 square pixels.
        ap_large: Of people above 96^2 square pixels.
        ar: Recall, mean over the thresholds, at most 20 people a picture.
    """

    ap: float | None
    ap50: float | None
    ap75: float | None
    ap_medium: float | None
    ap_large: float | None
    ar: float | None


@dataclass(frozen=True, slots=True)
class BoxResult:
    """Metrics of a person finder in 0..1; None where nobody is annotated.

    Attributes:
        ap: Mean over IoU thresholds 0.50:0.05:0.95.
        ap50: At IoU 0.50.
        recall: At IoU 0.50, at most 100 boxes a picture.
        recall_at_one_false_alarm: At IoU 0.50, of the boxes above the lowest score at which there
            is at most one false alarm a picture on average (FPPI = 1).
    """

    ap: float | None
    ap50: float | None
    recall: float | None
    recall_at_one_false_alarm: float | None


def evaluate_oks(
    data: CocoData, predictions: Sequence[Prediction], sigmas: tuple[float, ...]
) -> OksResult:
    """Measure keypoints as the COCO evaluation does.

    People without labelled joints and crowd regions neither count nor make a prediction wrong.

    Args:
        data: The annotations.
        predictions: In any order; the 20 best of each picture count.
        sigmas: K per-joint sigmas.

    Raises:
        DataError: If a prediction does not fit the annotations.
    """
    evaluation = run_keypoint_evaluation(data, predictions, sigmas)
    return OksResult(*(_known(value) for value in evaluation.stats[:6]))


def run_keypoint_evaluation(
    data: CocoData, predictions: Sequence[Prediction], sigmas: tuple[float, ...]
) -> COCOeval:
    """Return pycocotools' evaluation of keypoints, with its matches in each picture.

    Its annotations and predictions are numbered from 1, in the order of ``truth_order`` of each
    picture and in that of ``predictions``.

    Raises:
        DataError: If a prediction or the number of sigmas does not fit the annotations.
    """
    evaluation = keypoint_matcher(data, predictions, sigmas)
    _run(evaluation)
    return evaluation


def keypoint_matcher(
    data: CocoData, predictions: Sequence[Prediction], sigmas: tuple[float, ...]
) -> COCOeval:
    """Return pycocotools' evaluation of keypoints before it has matched anything.

    Raises:
        DataError: If a prediction or the number of sigmas does not fit the annotations.
    """
    check_predictions(data, predictions)
    if len(sigmas) != len(data.skeleton):
        raise DataError(
            f"{data.path}: expected {len(data.skeleton)} sigmas, one a joint, found {len(sigmas)}"
        )
    found = [
        {
            "image_id": prediction.picture_id,
            "score": float(prediction.score),
            "keypoints": _coco_keypoints(prediction.keypoints),
            **_box_entries(prediction.box),
        }
        for prediction in predictions
    ]
    evaluation = _matcher(data, found, "keypoints")
    evaluation.params.kpt_oks_sigmas = np.array(sigmas)
    return evaluation


def match_pictures(evaluation: COCOeval, thresholds: Sequence[float]) -> list[Any]:
    """Match people of all sizes at other thresholds of OKS than those of COCO.

    Args:
        evaluation: A matcher, whose parameters are changed.
        thresholds: Of OKS.

    Returns:
        pycocotools' ``evalImgs`` of all pictures, sorted by their ids.
    """
    evaluation.params.iouThrs = np.array(thresholds)
    evaluation.params.areaRng = evaluation.params.areaRng[:1]
    evaluation.params.areaRngLbl = evaluation.params.areaRngLbl[:1]
    with redirect_stdout(io.StringIO()):
        evaluation.evaluate()
    matches: list[Any] = evaluation.evalImgs
    return matches


def evaluate_boxes(
    data: CocoData, picture_ids: Sequence[int], boxes: Numbers, scores: Numbers
) -> BoxResult:
    """Measure the boxes of a person finder as the COCO evaluation does.

    Every annotated person counts, with labelled joints or without. Boxes in crowd regions
    (``iscrowd``) neither count nor are they false alarms.

    Args:
        data: The annotations.
        picture_ids: N ids of the picture that each box lies in.
        boxes: (N, 4) x1, y1, x2, y2.
        scores: (N,) how sure the finder is.

    Raises:
        DataError: If a box has an unknown picture or is not finite.
    """
    known = {picture.id for picture in data.pictures}
    found: list[dict[str, Any]] = []
    for number, box, score in zip(picture_ids, boxes, scores, strict=True):
        where = f"{data.path}: box no. {len(found) + 1}"
        if number not in known:
            raise DataError(f"{where}: expected the id of an annotated picture, found {number}")
        if not (np.isfinite(box).all() and np.isfinite(score)):
            raise DataError(f"{where}: expected finite numbers, found {box} with score {score}")
        found.append({"image_id": int(number), "score": float(score), **_box_entries(box)})
    evaluation = _matcher(data, found, "bbox")
    _run(evaluation)
    # First threshold (IoU 0.50), the one category, all sizes, most boxes a picture (100).
    recall = evaluation.eval["recall"][0, 0, 0, -1]
    return BoxResult(
        ap=_known(evaluation.stats[0]),
        ap50=_known(evaluation.stats[1]),
        recall=_known(recall),
        recall_at_one_false_alarm=_recall_at_one_false_alarm(evaluation, len(data.pictures)),
    )


def check_predictions(data: CocoData, predictions: Sequence[Prediction]) -> None:
    """Make sure that predictions belong to these annotations.

    Raises:
        DataError: If one has another number of joints, an unknown picture or a value that is not
            finite.
    """
    known = {picture.id for picture in data.pictures}
    joints = len(data.skeleton)
    for number, prediction in enumerate(predictions, start=1):
        where = f"{data.path}: prediction no. {number}"
        if prediction.picture_id not in known:
            raise DataError(
                f"{where}: expected the id of an annotated picture, found {prediction.picture_id}"
            )
        if prediction.keypoints.shape != (joints, 3):
            raise DataError(
                f"{where}: expected keypoints of shape {(joints, 3)} for {joints} joints, "
                f"found {prediction.keypoints.shape}"
            )
        values = (prediction.keypoints, prediction.box, prediction.score)
        if not all(np.isfinite(value).all() for value in values):
            raise DataError(f"{where}: expected finite numbers, found NaN or infinity")


def _matcher(data: CocoData, found: Sequence[dict[str, Any]], kind: str) -> COCOeval:
    with redirect_stdout(io.StringIO()):
        return COCOeval(_index(data, _truth(data)), _index(data, found), kind)


def _run(evaluation: COCOeval) -> None:
    with redirect_stdout(io.StringIO()):  # pycocotools reports its progress by print
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()


def _index(data: CocoData, entries: Sequence[dict[str, Any]]) -> COCO:
    """Return entries as pycocotools holds them after reading a file.

    They are numbered from 1: pycocotools takes a match with id 0 for no match.
    """
    coco = COCO()
    coco.dataset = {
        "images": [{"id": picture.id} for picture in data.pictures],
        "categories": [{"id": _CATEGORY}],
        "annotations": [
            {"id": number, "category_id": _CATEGORY, **entry}
            for number, entry in enumerate(entries, start=1)
        ],
    }
    coco.createIndex()
    return coco


def truth_order(picture: Picture) -> list[tuple[int | None, int]]:
    """Return positions of people and crowds in the order of the annotation file.

    Returns:
        For a person its position among the people and 0; for a crowd None and its own position.
    """
    places = picture.crowd_places or (len(picture.people),) * len(picture.crowds)
    order: list[tuple[int | None, int]] = [(person, 0) for person in range(len(picture.people))]
    for crowd in reversed(range(len(places))):
        order.insert(places[crowd], (None, crowd))
    return order


def _truth(data: CocoData) -> list[dict[str, Any]]:
    unlabelled = [0.0] * 3 * len(data.skeleton)
    entries = []
    for picture in data.pictures:
        for person, crowd in truth_order(picture):
            if person is not None:
                one = picture.people[person]
                labels = _coco_keypoints(one.keypoints)
                box, area, count = one.box, one.area, one.labelled
            else:
                labels, count = unlabelled, 0
                box, area = picture.crowds[crowd], picture.crowd_areas[crowd]
            entry = {
                "image_id": picture.id,
                "iscrowd": int(person is None),
                "keypoints": labels,
                "num_keypoints": count,
                **_box_entries(box),
                "area": area,
            }
            entries.append(entry)
    return entries


def _coco_keypoints(keypoints: Numbers) -> list[float]:
    """Return keypoints (K, 3) in continuous pixels as the 3K numbers of COCO, in pixel indices."""
    shifted = keypoints.astype(np.float64) - [0.5, 0.5, 0.0]
    flat: list[float] = shifted.ravel().tolist()
    return flat


def _box_entries(box: Numbers) -> dict[str, Any]:
    """Return the ``bbox`` and ``area`` of a box (4,) x1, y1, x2, y2."""
    x1, y1, x2, y2 = box.astype(np.float64).tolist()
    return {"bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1)}


def _known(value: float) -> float | None:
    """Return a metric, or None for the -1 by which pycocotools says that nothing counts."""
    return None if value < 0 else float(value)


def _recall_at_one_false_alarm(evaluation: COCOeval, pictures: int) -> float | None:
    # The entries of the first size class, all sizes, come first: one a picture.
    entries = [entry for entry in evaluation.evalImgs[:pictures] if entry is not None]
    people = sum(int((entry["gtIgnore"] == 0).sum()) for entry in entries)
    if people == 0:
        return None
    columns = [
        np.stack([e["dtScores"], e["dtMatches"][0] > 0])[:, ~e["dtIgnore"][0].astype(bool)]
        for e in entries
    ]
    scores, matched = np.concatenate(columns, axis=1)
    order = np.argsort(-scores, kind="stable")
    scores, matched = scores[order], matched[order]
    # A threshold keeps all boxes of equal score or none of them.
    last_of_its_score = np.diff(scores, append=-np.inf) != 0
    allowed = last_of_its_score & (np.cumsum(1 - matched) <= pictures)
    return float(np.cumsum(matched)[allowed].max(initial=0)) / people
