"""Find the calibration that makes scores true."""

from __future__ import annotations

import numpy as np

from pedpose.calibration import Calibration, log_odds
from pedpose.errors import DataError
from pedpose.evaluation.reliability import Reliability

_PRIOR = 1.0
"""Strength of the wish to leave scores as they are, about that of one prediction."""

_STEPS = 100
_ENOUGH = 1e-9


def fit_calibration(measured: Reliability) -> Calibration:
    """Fit a calibration to how often scores were right.

    Logistic regression on the log odds of the bins' mean scores by Newton's method, with a weak
    normal prior around scores as they are: so those that were always right do not become certainty.

    Raises:
        DataError: If higher scores are not right more often.
    """
    full = measured.count > 0
    design = np.column_stack([log_odds(measured.score[full]), np.ones(full.sum())])
    count, right = measured.count[full], measured.right[full]
    as_they_are = np.array([1.0, 0.0])
    parameters = as_they_are
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-design @ parameters))
        rise = design.T @ (right - count * chance) - _PRIOR * (parameters - as_they_are)
        curvature = (design.T * (count * chance * (1 - chance))) @ design + _PRIOR * np.eye(2)
        step = np.linalg.solve(curvature, rise)
        parameters = parameters + step
        if np.abs(step).max() < _ENOUGH:
            break
    if parameters[0] <= 0:
        raise DataError(
            "calibration: expected higher scores to be right more often, found the opposite"
        )
    return Calibration(float(parameters[0]), float(parameters[1]))
