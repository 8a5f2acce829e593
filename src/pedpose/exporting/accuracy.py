"""AP of a network, by the stages that detect uses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from pedpose.data.coco import CocoData, read_coco
from pedpose.data.reading import read_annotated
from pedpose.errors import DataError
from pedpose.evaluation.measure import check_measurable
from pedpose.evaluation.oks import Prediction, evaluate_boxes, evaluate_oks
from pedpose.inference.detector import person_scores
from pedpose.inference.finder import FinderSettings
from pedpose.inference.stages import JointStage, PersonStage
from pedpose.model.metadata import Metadata
from pedpose.skeleton import DEFAULT_SIGMA

FINDER_SETTINGS = FinderSettings(min_score=0.02)
"""AP wants people of low scores, too."""

Progress = Callable[[int, int], None]


def read_truth(path: Path, images: Path | None, metadata: Metadata) -> CocoData:
    """Read annotations to measure a network on.

    Raises:
        DataError: If they are broken, have nothing to measure, or have other joints.
    """
    data = read_coco(path, folder=images)
    check_measurable(data)
    if metadata.skeleton is not None and data.skeleton.names != metadata.skeleton.names:
        raise DataError(
            f"{path}: expected the {len(metadata.skeleton)} joints of the weights in their order "
            f"({', '.join(metadata.skeleton.names)}), found {', '.join(data.skeleton.names)}"
        )
    return data


def joint_ap(stage: JointStage, data: CocoData, progress: Progress) -> float:
    """Return the OKS AP of a joint network in the true boxes."""
    predictions = []
    for done, picture in enumerate(data.pictures, start=1):
        boxes = np.array([person.box for person in picture.people], np.float32).reshape(-1, 4)
        (joints,) = stage.many([(read_annotated(picture), boxes)])
        scores = person_scores(np.ones(len(boxes), np.float32), joints[:, :, 2])
        predictions += [
            Prediction(picture.id, joints[i], boxes[i], float(scores[i]), person.id)
            for i, person in enumerate(picture.people)
        ]
        progress(done, len(data.pictures))
    sigmas = data.skeleton.sigmas or (DEFAULT_SIGMA,) * len(data.skeleton)
    return evaluate_oks(data, predictions, sigmas).ap or 0.0


def box_ap(stage: PersonStage, data: CocoData, progress: Progress) -> float:
    """Return the AP of the boxes of a person finder."""
    ids: list[int] = []
    boxes, scores = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
    for done, picture in enumerate(data.pictures, start=1):
        ((found, sure),) = stage.many([read_annotated(picture)])
        ids += [picture.id] * len(found)
        boxes.append(found)
        scores.append(sure)
        progress(done, len(data.pictures))
    return evaluate_boxes(data, ids, np.concatenate(boxes), np.concatenate(scores)).ap or 0.0
