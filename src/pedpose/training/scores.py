"""Make the scores of a trained network mean something."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from pedpose.data.coco import CocoData
from pedpose.diagnosis.references import sigmas_of
from pedpose.errors import DataError
from pedpose.evaluation.calibrate import fit_calibration
from pedpose.evaluation.reliability import Reliability, reliability
from pedpose.model.checkpoint import load_checkpoint, save_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.training.validation import predict_joints

LEAST_JOINTS = 300
"""Labelled joints below which a calibration would be guessed rather than measured."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What was found out about the scores of a network.

    Attributes:
        joints: Number of labelled joints that it was measured on.
        before: Expected calibration error of the scores as they came.
        after: Of the calibrated scores, on the same joints.
    """

    joints: int
    before: float
    after: float


def calibrate_file(path: Path, data: CocoData, device: torch.device) -> Calibrated:
    """Write into a weights file how likely a joint of a score is right.

    Right is within an OKS of 0.5, as in the reports of ``pedpose eval``.

    Args:
        path: A joint network.
        data: With its joints, not learned from.
        device: To run on.

    Raises:
        DataError: If there are too few labels, or higher scores are not right more often.
    """
    labelled = sum(person.labelled for picture in data.pictures for person in picture.people)
    if labelled < LEAST_JOINTS:
        raise DataError(
            f"{data.path}: expected at least {LEAST_JOINTS} labelled joints to calibrate scores "
            f"by, found {labelled}"
        )
    checkpoint = load_checkpoint(path)
    scores, right = _scores(checkpoint.network.to(device), data, device)
    before = _measure(scores, right)
    found = fit_calibration(before)
    after = _measure(found(scores), right)
    save_checkpoint(path, replace(checkpoint, calibration={"joints": found}))
    return Calibrated(len(scores), before.error, after.error)


def _scores(
    network: HeatmapCNN, data: CocoData, device: torch.device
) -> tuple[np.ndarray, np.ndarray]:
    """Return scores (N,) of all labelled joints and which of them (N,) are right."""
    people = [person for picture in data.pictures for person in picture.people]
    found = np.stack([p.keypoints for p in predict_joints(network, data, device)])
    labels = np.stack([person.keypoints for person in people])
    area = np.array([person.area for person in people])[:, None]
    distance = np.square(found[:, :, :2] - labels[:, :, :2]).sum(axis=2)
    sigmas = np.array(sigmas_of(data))
    similarity = np.exp(-distance / (2 * area * np.square(2 * sigmas)))
    labelled = labels[:, :, 2] > 0
    return found[:, :, 2][labelled].astype(np.float64), (similarity >= 0.5)[labelled]


def _measure(scores: np.ndarray, right: np.ndarray) -> Reliability:
    measured = reliability(scores, right)
    assert measured is not None  # there are scores, and those of a network are in 0..1
    return measured
