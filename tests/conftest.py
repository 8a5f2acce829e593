"""What tests of several rooms share."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from coco_types import CocoContent, CocoResults, WriteCoco
from dots_set import write_dots
from pedpose.data.coco import CocoData, read_coco
from pedpose.evaluation.baseline import Baseline, compare, read_baseline
from pedpose.evaluation.bootstrap import Resampling
from pedpose.evaluation.gate import GateResult, check_limits, parse_limit
from pedpose.evaluation.measure import MeasureConfig, Predicted, measure
from pedpose.evaluation.metrics import DEFAULT_METRICS, parse_metrics
from pedpose.evaluation.oks import Prediction
from pedpose.evaluation.report import EvaluationReport, write_report
from pedpose.evaluation.results_file import read_predictions

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture
def shared() -> Path:
    """The folder of data that is too large to ship, beside the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the data in {SHARED}")
    return SHARED


@pytest.fixture
def coco_content() -> CocoContent:
    """A valid annotation file: three joints, three people in two pictures, and a crowd."""
    person = {"category_id": 1, "iscrowd": 0, "num_keypoints": 3}
    return {
        "images": [
            {"id": 1, "file_name": "images/first.png", "width": 64, "height": 48},
            {"id": 2, "file_name": "images/second.png", "width": 80, "height": 60},
        ],
        "annotations": [
            {
                **person,
                **{"id": 11, "image_id": 1, "bbox": [4, 6, 20, 40], "area": 480},
                "keypoints": [14, 10, 2, 8, 20, 1, 20, 21, 2],
            },
            {
                **person,
                **{"id": 12, "image_id": 1, "bbox": [30, 8, 24, 36], "area": 500.5},
                **{"keypoints": [42, 12, 2, 36, 24, 2, 0, 0, 0], "num_keypoints": 2},
            },
            {
                **person,
                **{"id": 21, "image_id": 2, "bbox": [10.5, 5, 30, 50], "area": 900},
                "keypoints": [25, 10, 2, 17, 22, 2, 33.25, 21, 2],
            },
            {
                **{"id": 22, "image_id": 2, "category_id": 1, "iscrowd": 1},
                **{"bbox": [50, 10, 28, 40], "area": 700, "num_keypoints": 0},
                "keypoints": [0] * 9,
            },
        ],
        "categories": [
            {
                **{"id": 1, "name": "person"},
                "keypoints": ["head", "left_hand", "right_hand"],
                "skeleton": [[1, 2], [1, 3]],
                "sigmas": [0.05, 0.1, 0.1],
            }
        ],
    }


@pytest.fixture
def write_coco(tmp_path: Path) -> WriteCoco:
    """Write an annotation file with its pictures (black) into ``tmp_path``; return its path."""

    def write(content: CocoContent, name: str = "data.json") -> Path:
        for image in content["images"]:
            picture = tmp_path / image["file_name"]
            picture.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.zeros((image["height"], image["width"], 3), np.uint8)).save(picture)
        path = tmp_path / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write


@pytest.fixture
def dots(tmp_path: Path) -> Path:
    """Eight pictures with one "person" each: a red and a blue dot on grey."""
    return write_dots(tmp_path)


FIVE = ("head", "left_hand", "right_hand", "left_foot", "right_foot")
FIVE_SIGMAS = (0.03, 0.06, 0.06, 0.09, 0.08)


@pytest.fixture
def data(coco_content: CocoContent, write_coco: WriteCoco) -> CocoData:
    """People 11 (box 20 x 40) and 12 (24 x 36, two joints) in one picture, 21 in another."""
    return read_coco(write_coco(coco_content))


@pytest.fixture
def make_case(write_coco: WriteCoco) -> Callable[..., tuple[Path, CocoResults]]:
    """Write random annotations of five joints; return their path and random results."""

    def make(seed: int, pictures: int = 12) -> tuple[Path, CocoResults]:
        content, entries = five_joint_case(seed, pictures)
        return write_coco(content, f"truth{seed}.json"), entries

    return make


def five_joint_case(seed: int, pictures: int) -> tuple[CocoContent, CocoResults]:
    """Draw people from small to large, a crowd, unlabelled people, and results poor to good."""
    random = np.random.default_rng(seed)
    annotations: CocoResults = []
    entries: CocoResults = []
    for image in range(1, pictures + 1):
        for _ in range(random.integers(0, 5)):
            x, y, width, height = random.integers([0, 0, 20, 20], [250, 200, 150, 150]).tolist()
            place = random.integers([x, y], [x + width, y + height], (5, 2))
            crowd = int(random.random() < 0.1)
            seen = random.integers(0, 3, 5) * (random.random() > 0.15) * (1 - crowd)
            flat = np.column_stack([place, seen])
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": 1,
                    "iscrowd": crowd,
                    "bbox": [x, y, width, height],
                    "area": 0.6 * width * height,
                    "num_keypoints": int((seen > 0).sum()),
                    "keypoints": flat.ravel().tolist(),
                }
            )
            for _ in range(random.integers(0, 3)):
                noise = random.normal(0, random.choice([1, 4, 20]), (5, 2))
                if random.random() < 0.2:
                    place = place[[0, 2, 1, 4, 3]]
                found = np.column_stack([place + noise, random.random(5)]).round(2)
                entries.append(
                    {
                        "image_id": image,
                        "category_id": 1,
                        "keypoints": found.ravel().tolist(),
                        "score": round(float(random.random()), 2),  # rounded, so that some tie
                    }
                )
    images = [
        {"id": i, "file_name": f"{i}.png", "width": 400, "height": 350}
        for i in range(1, pictures + 1)
    ]
    category = {"id": 1, "name": "person", "keypoints": list(FIVE), "sigmas": list(FIVE_SIGMAS)}
    return {"images": images, "annotations": annotations, "categories": [category]}, entries


@pytest.fixture
def predict_truth() -> Callable[..., list[Prediction]]:
    """Return each annotated person as its own prediction."""

    def predict(data: CocoData, named: bool = False) -> list[Prediction]:
        return [
            Prediction(
                picture.id,
                person.keypoints.astype(np.float64),
                person.box,
                0.9,
                person.id if named else None,
            )
            for picture in data.pictures
            for person in picture.people
        ]

    return predict


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
