"""A measured figure, and all figures of one metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pedpose.evaluation.metrics import Metric


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % confidence interval.

    Attributes:
        value: None where there is nothing to measure.
        low: Lower end; None where there is no interval.
        high: Upper end; None where there is no interval.
        count: Number of joints (people, for metrics of OKS) that it is measured on.
    """

    value: float | None
    low: float | None
    high: float | None
    count: int

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Figure:
        """Read what a report holds of it.

        Raises:
            KeyError, TypeError, ValueError: If it is something else.
        """
        value, low, high = (number_or_none(data[name]) for name in ("value", "low", "high"))
        return cls(value, low, high, int(data["count"]))


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric and its breakdown.

    Attributes:
        metric: Which.
        overall: Over all joints or people.
        left_out: Labelled joints that have no value and are in no figure.
        joints: By joint name; empty for metrics of OKS.
        sizes: By COCO's size class: ``small``, ``medium``, ``large``.
        visibilities: ``hidden`` (v = 1) and ``visible`` (v = 2); empty for metrics of OKS.
        crowds: By the number of annotated people in the picture.
    """

    metric: Metric
    overall: Figure
    left_out: int
    joints: dict[str, Figure]
    sizes: dict[str, Figure]
    visibilities: dict[str, Figure]
    crowds: dict[str, Figure]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            **asdict(self.overall),
            "left_out": self.left_out,
            "definition": self.metric.definition,
            "lower_is_better": self.metric.lower_is_better,
            "joints": {name: asdict(figure) for name, figure in self.joints.items()},
            "sizes": {name: asdict(figure) for name, figure in self.sizes.items()},
            "visibilities": {name: asdict(figure) for name, figure in self.visibilities.items()},
            "people_in_picture": {name: asdict(figure) for name, figure in self.crowds.items()},
        }


def as_figure(value: float, ends: tuple[float, float], count: float) -> Figure:
    """Return a figure of numbers that may be NaN."""
    known, low, high = (None if np.isnan(n) else float(n) for n in (value, *ends))
    return Figure(known, low, high, int(count))


def number_or_none(value: Any) -> float | None:
    """Read a number of a report, which holds null where there was nothing to measure.

    Raises:
        TypeError, ValueError: If it is something else.
    """
    return None if value is None else float(value)
