"""PCK, its area, and mean distances: each a sum over joints divided by a number of joints.

Sums are kept for each picture and each column (all joints, one joint, one group of people), so
that figures of any selection of pictures are two matrix products.

Sources: PCK of Yang & Ramanan, "Articulated human detection with flexible mixtures of parts"
(TPAMI 2013): a joint is right when it lies closer to its label than a share of the larger side of
the box. PCK by torso: the detected joints (PDJ) of Sapp & Taskar, "MODEC" (CVPR 2013). PCKh:
Andriluka et al., "2D Human Pose Estimation" (CVPR 2014). Mean distance (EPE) and normalised mean
error (NME): as everywhere, over the joints of people who were found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pedpose.errors import DataError
from pedpose.evaluation.bootstrap import Resampling, interval
from pedpose.evaluation.groups import Columns
from pedpose.evaluation.joint_table import JointTable
from pedpose.evaluation.metrics import AUC_END, Metric

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sums:
    """What a metric is the quotient of.

    Attributes:
        numerator: (N, C) sums over the joints of each of N pictures and C columns.
        denominator: (N, C) how many joints they are of.
        left_out: Labelled joints that have no value: of people who were not found (distances), or
            whose torso or head size is not annotated.
    """

    numerator: Doubles
    denominator: Doubles
    left_out: int

    @property
    def values(self) -> Doubles:
        """(C,) the metric over all pictures, NaN where it is of no joint."""
        return divide(self.numerator.sum(axis=0), self.denominator.sum(axis=0))


def joint_sums(metric: Metric, table: JointTable, columns: Columns) -> Sums:
    """Measure one metric for each picture and column.

    Raises:
        DataError: If nobody has what the metric is normalised by; the message says why.
    """
    values = _values(metric, table)
    counted = table.labelled & ~np.isnan(values)
    return Sums(
        numerator=columns.sum(np.where(counted, values, 0.0)),
        denominator=columns.sum(counted.astype(np.float64)),
        left_out=int(table.labelled.sum() - counted.sum()),
    )


def intervals(
    sums: Sequence[Sums], pictures: int, resampling: Resampling
) -> list[tuple[Doubles, Doubles]]:
    """Return for each metric the lower and upper ends (C,) of its 95 % intervals."""
    samples: list[list[Doubles]] = [[] for _ in sums]
    for weights in resampling.weights(pictures):
        for drawn, one in zip(samples, sums, strict=True):
            drawn.append(divide(weights @ one.numerator, weights @ one.denominator))
    return [interval(drawn, one.values) for drawn, one in zip(samples, sums, strict=True)]


def _values(metric: Metric, table: JointTable) -> Doubles:
    """Return what each joint (P, K) contributes, NaN where it does not count."""
    if metric.threshold is not None:
        scale = _scale(metric, table)
        right = table.distance / scale[:, None] < metric.threshold
        return np.where(np.isnan(scale)[:, None], np.nan, right)
    if metric.kind == "auc":
        # The PCK curve of one joint is a step from 0 to 1 at its distance: its area is exact.
        share = table.distance / table.box_side[:, None] / AUC_END
        return np.asarray(np.clip(1 - share, 0, None), np.float64)
    if metric.kind == "found":
        return np.asarray(np.isfinite(table.distance), np.float64)
    distance = table.distance / table.box_side[:, None] if metric.kind == "nme" else table.distance
    return np.asarray(np.where(np.isinf(distance), np.nan, distance), np.float64)


def _scale(metric: Metric, table: JointTable) -> Doubles:
    if metric.kind == "pck":
        return table.box_side
    lengths, reason = (
        (table.torso, table.torso_reason)
        if metric.kind == "pck-torso"
        else (table.head, table.head_reason)
    )
    if reason is not None:
        raise DataError(f"{metric.name} cannot be measured: {reason}")
    return lengths


def divide(numerator: Doubles, denominator: Doubles) -> Doubles:
    """Return the quotients, NaN where the denominator is 0: there is nothing to measure."""
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
