"""What a joint network is judged by while it learns: the same on training and validation data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pedpose.data.coco import CocoData
from pedpose.errors import DataError
from pedpose.evaluation.joint_table import joint_table
from pedpose.evaluation.matching import match_people
from pedpose.evaluation.oks import Prediction, evaluate_oks

ERROR_CAP = 0.5
"""Distance in box sides at which the error of a joint stops growing: one that is half a person
away is plainly wrong, and how far away it is says nothing."""

THRESHOLDS = (0.2, 0.05)
"""Of PCK, as shares of the longer side of the box."""


def figures(
    data: CocoData, predictions: Sequence[Prediction], sigmas: Sequence[float]
) -> dict[str, float]:
    """Measure predictions.

    ``ap`` is that of COCO. ``pck@0.2`` and ``pck@0.05`` are as in ``evaluation/pck.py``. ``error``
    is the mean distance of all labelled joints from their labels, in longer sides of the annotated
    box and at most ``ERROR_CAP``: unlike PCK it tells a joint that is nearly right from one that
    is perfect, and unlike a plain mean it is not decided by a few people who were got wrong
    altogether. Joints of people without a prediction count with ``ERROR_CAP``.

    Args:
        data: The annotations.
        predictions: With the id of the person where the true box was given.
        sigmas: K sigmas of OKS.

    Returns:
        ``ap``, ``pck@0.2``, ``pck@0.05``, ``error``, in this order.

    Raises:
        DataError: If nobody has a labelled joint, or a prediction does not fit the annotations.
    """
    table = joint_table(data, match_people(data, predictions, tuple(sigmas)))
    distances = (table.distance / table.box_side[:, None])[table.labelled]
    if not distances.size:
        raise DataError(
            f"{data.path}: expected at least one labelled joint to measure by, found none among "
            f"{data.people} people"
        )
    ap = evaluate_oks(data, predictions, tuple(sigmas)).ap
    return {
        "ap": ap or 0.0,
        **{f"pck@{t:g}": float(np.mean(distances < t)) for t in THRESHOLDS},
        "error": float(np.minimum(distances, ERROR_CAP).mean()),
    }
