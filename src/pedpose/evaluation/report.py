"""What one evaluation has measured, with everything needed to print, judge and repeat it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pedpose import __version__
from pedpose.evaluation.bootstrap import LEVEL, Resampling
from pedpose.evaluation.curves import Curves
from pedpose.evaluation.error_types import ErrorTypes
from pedpose.evaluation.figures import MetricResult
from pedpose.evaluation.gate import GateResult
from pedpose.evaluation.picture_data import PictureData
from pedpose.files import to_json, write_text

SCHEMA_VERSION = 3


@dataclass(frozen=True, slots=True)
class TruthSource:
    """The annotations.

    Attributes:
        path: Of the file.
        sha256: Of the file.
        pictures: Number of pictures.
        people: Number of annotated people.
        joints: Number of labelled joints.
        estimated_areas: Number of people whose area was taken as 0.53 of their box.
    """

    path: str
    sha256: str
    pictures: int
    people: int
    joints: int
    estimated_areas: int


@dataclass(frozen=True, slots=True)
class PredictionSource:
    """Where the predictions come from.

    Attributes:
        files: Path and SHA-256 of the weights, or of the results file, that were measured.
        boxes: ``gt``, ``detected``, a file with its SHA-256, or ``of the predictions``.
        min_score: Least score of a person; None where nobody was left out, or nobody tells.
        device: What the network ran on; ``none`` where results were read from a file.
        people: Number of predicted people.
        matching: How they were matched with annotated people, except for metrics of OKS.
    """

    files: dict[str, str]
    boxes: str
    min_score: float | None
    device: str
    people: int
    matching: str


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The result of one evaluation.

    Attributes:
        truth: The annotations.
        predictions: Where the predictions come from.
        joint_names: K joint names.
        sigmas: K OKS sigmas that were used.
        sigmas_source: Where they came from.
        resampling: How the intervals were made.
        metrics: All metrics with intervals and breakdown, in the order asked for.
        errors: Kinds of errors and what they cost.
        curves: PCK, precision and reliability of scores.
        notes: What a reader must know to judge the figures.
        pictures: What a later evaluation needs to be compared with this one.
        gate: What was demanded and what fell short; None where nothing was demanded.
    """

    truth: TruthSource
    predictions: PredictionSource
    joint_names: tuple[str, ...]
    sigmas: tuple[float, ...]
    sigmas_source: str
    resampling: Resampling
    metrics: tuple[MetricResult, ...]
    errors: ErrorTypes
    curves: Curves
    notes: tuple[str, ...]
    pictures: PictureData
    gate: GateResult | None = None

    def __post_init__(self) -> None:
        """Refuse parts that measure different skeletons or pictures."""
        counts = {len(self.joint_names), len(self.sigmas), len(self.errors.joints)}
        if len(counts) != 1 or len(self.pictures.ids) != self.truth.pictures:
            raise ValueError(
                f"EvaluationReport: expected {len(self.joint_names)} sigmas and joint counts and "
                f"{self.truth.pictures} pictures, found {len(self.sigmas)}, "
                f"{len(self.errors.joints)} and {len(self.pictures.ids)}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for strict JSON: a figure that cannot be measured is None."""
        return {
            "schema_version": SCHEMA_VERSION,
            "tool": {"name": "pedpose", "version": __version__},
            "truth": asdict(self.truth),
            "predictions": asdict(self.predictions),
            "skeleton": {
                "names": list(self.joint_names),
                "sigmas": list(self.sigmas),
                "sigmas_source": self.sigmas_source,
            },
            "intervals": {
                "method": "percentile bootstrap over pictures, widened to hold the value",
                "level": LEVEL,
                **asdict(self.resampling),
            },
            "metrics": {result.metric.name: result.to_dict() for result in self.metrics},
            "errors": {
                "costs": [asdict(cost) for cost in self.errors.costs],
                "joints": {
                    name: asdict(counts)
                    for name, counts in zip(self.joint_names, self.errors.joints, strict=True)
                },
                "simplifications": list(self.errors.simplifications),
            },
            "notes": list(self.notes),
            "gate": None if self.gate is None else self.gate.to_dict(),
            "curves": self.curves.to_dict(),
            "per_picture": self.pictures.to_dict(),
        }


def write_report(path: Path, report: EvaluationReport) -> None:
    """Write a report as JSON: indented for readers, except long lists of numbers.

    Raises:
        OSError: If the file cannot be written.
    """
    content = report.to_dict()
    numbers = {name: to_json(content.pop(name)) for name in ("curves", "per_picture")}
    head = to_json(content, indent=2).removesuffix("\n}")
    tail = "".join(f',\n  "{name}": {text}' for name, text in numbers.items())
    write_text(path, f"{head}{tail}\n}}\n")
