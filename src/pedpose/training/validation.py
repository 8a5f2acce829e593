"""Figures of a network in training, on data that it does not learn from."""

from __future__ import annotations

import numpy as np
import torch

from pedpose.data.coco import CocoData
from pedpose.data.reading import read_annotated
from pedpose.diagnosis.figures import figures
from pedpose.diagnosis.references import sigmas_of
from pedpose.evaluation.oks import Prediction, evaluate_boxes
from pedpose.inference.finder import FinderSettings, PersonFinder
from pedpose.inference.joints import JointEstimator
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.runtime.torch_runtime import TorchRuntime


def validate_joints(network: HeatmapCNN, data: CocoData, device: torch.device) -> dict[str, float]:
    """Return the figures of a joint network in the true boxes; ``ap`` comes first.

    Joints of a skeleton without sigmas count with ``DEFAULT_SIGMA``.

    Raises:
        DataError: If nobody has a labelled joint.
    """
    return figures(data, predict_joints(network, data, device), sigmas_of(data))


def predict_joints(network: HeatmapCNN, data: CocoData, device: torch.device) -> list[Prediction]:
    """Return what a joint network finds in the true boxes, in the order of the people."""
    estimator = JointEstimator(TorchRuntime(network, device), network.architecture)
    predictions = []
    for picture in data.pictures:
        if not picture.people:
            continue
        boxes = np.stack([person.box for person in picture.people])
        for person, keypoints in zip(
            picture.people, estimator(read_annotated(picture), boxes), strict=True
        ):
            score = float(keypoints[:, 2].mean())
            predictions.append(Prediction(picture.id, keypoints, person.box, score, person.id))
    return predictions


def validate_finder(network: HeatmapCNN, data: CocoData, device: torch.device) -> dict[str, float]:
    """Return AP and recall of the boxes of a person finder."""
    runtime = TorchRuntime(network, device)
    finder = PersonFinder(runtime, network.architecture, FinderSettings(min_score=0.02))
    ids, boxes, scores = [], [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
    for picture in data.pictures:
        found, score = finder(read_annotated(picture))
        ids += [picture.id] * len(found)
        boxes.append(found)
        scores.append(score)
    result = evaluate_boxes(data, ids, np.concatenate(boxes), np.concatenate(scores))
    return {
        "box_ap": result.ap or 0.0,
        "box_ap50": result.ap50 or 0.0,
        "recall_at_1_false_alarm": result.recall_at_one_false_alarm or 0.0,
    }
