"""Evaluations that reports are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pedpose.data.coco import CocoData, read_coco
from pedpose.evaluation.baseline import Baseline, compare, read_baseline
from pedpose.evaluation.bootstrap import Resampling
from pedpose.evaluation.gate import GateResult, check_limits, parse_limit
from pedpose.evaluation.measure import MeasureConfig, Predicted, measure
from pedpose.evaluation.metrics import DEFAULT_METRICS, parse_metrics
from pedpose.evaluation.oks import Prediction
from pedpose.evaluation.report import EvaluationReport, write_report
from pedpose.evaluation.results_file import read_predictions


@dataclass(frozen=True)
class Evaluated:
    """A report and what it was made of."""

    data: CocoData
    people: Sequence[Prediction]
    report: EvaluationReport
    baseline: Baseline | None = None


Evaluate = Callable[..., Evaluated]


@pytest.fixture
def evaluate(tmp_path: Path) -> Evaluate:
    """Measure results; ``limits`` and a ``baseline`` (other results) make a gate of it."""

    def measured(path: Path, entries: list[Any], metrics: Sequence[str]) -> Evaluated:
        results = tmp_path / "results.json"
        results.write_text(json.dumps(entries))
        data = read_coco(path, need_pictures=False)
        people = read_predictions(results, data)
        predicted = Predicted(people, {"results.json": "ab" * 32}, "of the predictions", "none")
        sigmas = data.skeleton.sigmas or (0.05,) * len(data.skeleton)
        config = MeasureConfig(parse_metrics(metrics), sigmas, "the data", Resampling(100))
        return Evaluated(data, people, measure(data, predicted, config))

    def run(
        path: Path,
        entries: list[Any],
        limits: Sequence[str] = (),
        baseline: list[Any] | None = None,
        metrics: Sequence[str] = DEFAULT_METRICS,
        strict: bool = False,
    ) -> Evaluated:
        done = measured(path, entries, metrics)
        gate = GateResult(
            limits=check_limits(
                [parse_limit(text, "min") for text in limits],
                {result.metric.name: result for result in done.report.metrics},
            )
        )
        earlier = None
        if baseline is not None:
            write_report(tmp_path / "before.json", measured(path, baseline, metrics).report)
            earlier = read_baseline(tmp_path / "before.json")
            drops = compare(done.report, earlier, 0.01, strict)
            gate = replace(gate, drops=drops, baseline="before.json", max_drop=0.01, strict=strict)
        demanded = bool(limits) or baseline is not None
        report = replace(done.report, gate=gate if demanded else None)
        return replace(done, report=report, baseline=earlier)

    return run


@pytest.fixture
def perfect() -> Callable[[Path], list[Any]]:
    """Return the people of an annotation file as results, one each, moved by some pixels."""

    def results(path: Path, shift: float = 0.0) -> list[Any]:
        return [
            {
                "image_id": person["image_id"],
                "category_id": 1,
                "score": 0.9,
                "keypoints": [
                    value + shift * (n % 3 == 0) for n, value in enumerate(person["keypoints"])
                ],
            }
            for person in json.loads(path.read_text())["annotations"]
            if person["num_keypoints"]
        ]

    return results
