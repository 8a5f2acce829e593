"""Figures of average precision and recall, with intervals and breakdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from pycocotools.cocoeval import COCOeval

from pedpose.data.coco import CocoData
from pedpose.evaluation.average_precision import (
    OKS_THRESHOLDS,
    MatchTable,
    average_precision,
    match_table,
)
from pedpose.evaluation.bootstrap import Resampling, interval
from pedpose.evaluation.figures import Figure, MetricResult, as_figure
from pedpose.evaluation.groups import CROWDS, crowd_of
from pedpose.evaluation.metrics import Metric

Doubles = NDArray[np.float64]

SIZE_TABLES = ("all", "medium", "large")
"""COCO's keypoint evaluation has no class of small people: their joints are not labelled."""


def size_tables(evaluation: COCOeval, data: CocoData) -> dict[str, MatchTable]:
    """Return the matches of all people, of medium and of large ones, after ``evaluate()``."""
    ids = [picture.id for picture in data.pictures]
    return {
        name: match_table(
            evaluation.evalImgs[n * len(ids) : (n + 1) * len(ids)], ids, len(OKS_THRESHOLDS)
        )
        for n, name in enumerate(SIZE_TABLES)
    }


def scores_of(evaluation: COCOeval, pictures: int) -> Doubles:
    """Return the scores (D,) of the predictions of these tables, after ``evaluate()``."""
    entries = [entry for entry in evaluation.evalImgs[:pictures] if entry is not None]
    scores = np.concatenate([np.zeros(0), *(entry["dtScores"] for entry in entries)])
    return np.asarray(-np.sort(-scores), np.float64)  # tables are sorted by score, best first


def table_of(metric: Metric) -> str:
    """Return which of the SIZE_TABLES a metric of OKS is measured on."""
    return metric.kind.removeprefix("ap-") if "-" in metric.kind else "all"


def oks_results(
    metrics: Sequence[Metric],
    tables: dict[str, MatchTable],
    data: CocoData,
    resampling: Resampling,
    advance: Callable[[], None] = lambda: None,
) -> list[MetricResult]:
    """Measure metrics of OKS over all people, by size class and by people in the picture.

    Args:
        metrics: Of OKS.
        tables: From ``size_tables``.
        data: The annotations.
        resampling: For the intervals.
        advance: Is called after each of the STEPS.
    """
    crowds = crowd_of(np.array([len(picture.people) for picture in data.pictures]))
    parts = {
        **tables,
        **{name: tables["all"].only(crowds == n) for n, name in enumerate(CROWDS)},
    }
    figures: dict[str, dict[str, Figure]] = {}
    for name, table in parts.items():
        figures[name] = _figures({m.kind for m in metrics}, table, resampling)
        advance()
    results = []
    for metric in metrics:
        of_all = table_of(metric) == "all"
        results.append(
            MetricResult(
                metric=metric,
                overall=figures[table_of(metric)][metric.kind],
                left_out=0,
                joints={},
                sizes={n: figures[n][metric.kind] for n in SIZE_TABLES[1:] if of_all},
                visibilities={},
                crowds={n: figures[n][metric.kind] for n in CROWDS if of_all},
            )
        )
    return results


STEPS = len(SIZE_TABLES) + len(CROWDS)
"""How often ``oks_results`` reports that it has advanced."""


def _figures(kinds: set[str], table: MatchTable, resampling: Resampling) -> dict[str, Figure]:
    """Return the figures of one table by kind of metric."""
    pictures = len(table.people)
    whole = average_precision(table, np.ones((1, pictures)))
    samples: dict[str, list[Doubles]] = {kind: [] for kind in kinds}
    if table.people.any():
        for weights in resampling.weights(pictures):
            drawn = average_precision(table, weights)
            for kind in kinds:
                samples[kind].append(drawn.of(kind)[:, None])
    figures = {}
    for kind in kinds:
        value = whole.of(kind)
        low, high = interval(samples[kind], value)
        figures[kind] = as_figure(value[0], (low[0], high[0]), table.people.sum())
    return figures
