"""Names of metrics and what exactly they measure.

A name is what a user writes and what a report holds: ``ap``, ``pck@0.2``, ``pckh@0.5``, ``epe``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pedpose.errors import ConfigError

DEFAULT_METRICS = (
    *("ap", "ap50", "ap75", "ar"),
    *("pck@0.05", "pck@0.1", "pck@0.2", "pck@0.5", "auc", "found", "nme", "epe"),
)

AUC_END = 0.5
"""Threshold up to which the area under the PCK curve is taken."""

_OKS = {
    "ap": "mean average precision over OKS 0.50:0.05:0.95, COCO keypoint evaluation",
    "ap50": "average precision at OKS 0.50, COCO keypoint evaluation",
    "ap75": "average precision at OKS 0.75, COCO keypoint evaluation",
    "ap-medium": "ap of people with an area of 32^2 to 96^2 square pixels",
    "ap-large": "ap of people with an area above 96^2 square pixels",
    "ar": "mean recall over OKS 0.50:0.05:0.95, at most 20 people a picture",
}
_PCK = {
    "pck": "the larger side of the annotated box (Yang & Ramanan 2013)",
    "pck-torso": "the distance from left shoulder to right hip",
    "pckh": "the head size (Andriluka et al. 2014)",
}
_WHOLE = {
    "auc": f"area under the curve of pck over thresholds 0 to {AUC_END:g}, as a share of the whole",
    "found": "share of labelled joints whose person was found, wherever the joint was seen",
    "nme": "mean distance as a share of the larger side of the annotated box, joints of found "
    "people only",
    "epe": "mean distance in pixels, joints of found people only",
}

KNOWN = (*_OKS, *(f"{kind}@THRESHOLD" for kind in _PCK), *_WHOLE)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: Canonical name, as ``pck@0.2``.
        kind: The name without threshold.
        threshold: Of a PCK, as a share of what it is normalised by; None for other kinds.
        definition: What is measured, in words; two reports are comparable where they agree.
    """

    name: str
    kind: str
    threshold: float | None
    definition: str

    @property
    def of_oks(self) -> bool:
        """Whether it ranks whole people by OKS and therefore has no figure for a joint."""
        return self.kind in _OKS

    @property
    def lower_is_better(self) -> bool:
        """Whether it measures distances."""
        return self.kind in ("nme", "epe")


def parse_metric(text: str) -> Metric:
    """Return the metric of a name.

    Raises:
        ConfigError: If there is no such metric; the message lists those that there are.
    """
    name = text.strip().lower()
    kind, at, number = name.partition("@")
    if not at and kind in _OKS:
        return Metric(name, kind, None, _OKS[kind])
    if not at and kind in _WHOLE:
        return Metric(name, kind, None, _WHOLE[kind])
    if kind in _PCK:
        threshold = _positive(number)
        if threshold is None:
            raise ConfigError(f"metric {text!r}: expected {kind}@ and a number above 0, as @0.2")
        definition = (
            f"share of labelled joints closer to their label than {threshold:g} times {_PCK[kind]}"
        )
        return Metric(f"{kind}@{threshold:g}", kind, threshold, definition)
    raise ConfigError(f"unknown metric {text!r}; known are {', '.join(KNOWN)}")


def parse_metrics(texts: Iterable[str]) -> tuple[Metric, ...]:
    """Return the metrics of names, each once, in the order of their first mention.

    Distances are of found people only, and would fall where the difficult ones are missed:
    ``found`` comes with them.

    Raises:
        ConfigError: If a name is unknown.
    """
    metrics = {m.name: m for m in map(parse_metric, texts)}
    if any(m.lower_is_better for m in metrics.values()):
        found = parse_metric("found")
        metrics.setdefault(found.name, found)
    return tuple(metrics.values())


def _positive(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
