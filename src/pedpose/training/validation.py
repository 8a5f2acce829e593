"""Figures of a network in training, on data that it does not learn from."""

from __future__ import annotations

import numpy as np
import torch

from pedpose.data.coco import CocoData
from pedpose.data.reading import read_annotated
from pedpose.evaluation.groups import Columns
from pedpose.evaluation.joint_table import joint_table
from pedpose.evaluation.matching import match_people
from pedpose.evaluation.metrics import parse_metric
from pedpose.evaluation.oks import Prediction, evaluate_boxes, evaluate_oks
from pedpose.evaluation.pck import joint_sums
from pedpose.inference.finder import FinderSettings, PersonFinder
from pedpose.inference.joints import JointEstimator
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.runtime.torch_runtime import TorchRuntime
from pedpose.skeleton import DEFAULT_SIGMA


def validate_joints(network: HeatmapCNN, data: CocoData, device: torch.device) -> dict[str, float]:
    """Return OKS AP and PCK@0.2 of a joint network in the true boxes.

    Joints of a skeleton without sigmas count with ``DEFAULT_SIGMA``.
    """
    sigmas = data.skeleton.sigmas or (DEFAULT_SIGMA,) * len(data.skeleton)
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
    result = evaluate_oks(data, predictions, sigmas)
    table = joint_table(data, match_people(data, predictions, sigmas))
    pck = joint_sums(parse_metric("pck@0.2"), table, Columns.of(table))
    return {"ap": result.ap or 0.0, "pck@0.2": float(np.nan_to_num(pck.values[0]))}


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
