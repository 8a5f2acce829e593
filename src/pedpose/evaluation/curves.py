"""Curves of an evaluation: PCK by threshold, precision by recall, and how true scores are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pedpose.evaluation.average_precision import OKS_THRESHOLDS, RECALLS, MatchTable
from pedpose.evaluation.joint_table import JointTable
from pedpose.evaluation.metrics import AUC_END
from pedpose.evaluation.reliability import Reliability, reliability

Doubles = NDArray[np.float64]

PCK_THRESHOLDS = np.linspace(0, AUC_END, 51)

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The score from which on predictions serve best: where F1 at OKS 0.5 is highest.

    Attributes:
        score: Predictions with it or a higher one are kept.
        precision: Share of them that are right.
        recall: Share of annotated people that they find.
    """

    score: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Curves:
    """What a report draws.

    Attributes:
        pck: (51,) PCK by the box at PCK_THRESHOLDS, over all joints.
        pck_joints: The same of each joint, NaN where it is never labelled.
        precision: (101,) at RECALLS, for OKS ``0.50`` and ``0.75`` and the ``mean`` over
            0.50:0.05:0.95: what AP is the mean of.
        best: Where to cut scores; None where no prediction is right.
        people: How often people of a score are right (OKS of at least 0.5); None where scores
            are not in 0..1.
        joints: The same of the labelled joints of people who were found (similarity of at least
            0.5).
    """

    pck: Doubles
    pck_joints: dict[str, Doubles]
    precision: dict[str, Doubles]
    best: OperatingPoint | None
    people: Reliability | None
    joints: Reliability | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "pck": {
                "thresholds": _plain(PCK_THRESHOLDS),
                "all": _plain(self.pck),
                "joints": {name: _plain(curve) for name, curve in self.pck_joints.items()},
            },
            "precision": {
                "recalls": _plain(RECALLS),
                **{name: _plain(curve) for name, curve in self.precision.items()},
            },
            "best_f1": None
            if self.best is None
            else {
                "score": self.best.score,
                "precision": self.best.precision,
                "recall": self.best.recall,
            },
            "reliability": {
                name: None if part is None else part.to_dict()
                for name, part in (("people", self.people), ("joints", self.joints))
            },
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Curves:
        """Read what :meth:`to_dict` wrote.

        Raises:
            KeyError, TypeError, ValueError: If it is something else.
        """
        pck, best = data["pck"], data["best_f1"]
        parts = {
            name: None if entry is None else Reliability.from_dict(entry)
            for name, entry in data["reliability"].items()
        }
        return cls(
            pck=_curve(pck["all"], PCK_THRESHOLDS),
            pck_joints={str(n): _curve(v, PCK_THRESHOLDS) for n, v in pck["joints"].items()},
            precision={n: _curve(data["precision"][n], RECALLS) for n in ("0.50", "0.75", "mean")},
            best=None
            if best is None
            else OperatingPoint(*(float(best[name]) for name in ("score", "precision", "recall"))),
            people=parts["people"],
            joints=parts["joints"],
        )


def measure_curves(
    names: Sequence[str],
    table: JointTable,
    joint_scores: Doubles,
    matches: MatchTable,
    scores: Doubles,
    sigmas: tuple[float, ...],
) -> Curves:
    """Measure all curves.

    Args:
        names: K joint names.
        table: Distances of P people.
        joint_scores: (P, K) scores of the joints that ``table`` measures; any number where
            somebody was not found.
        matches: Of people of all sizes.
        scores: (D,) of the predictions of ``matches``.
        sigmas: K per-joint sigmas.
    """
    share = table.distance / table.box_side[:, None]
    precision = precision_curves(matches)
    similarity = np.exp(
        -np.square(table.distance) / (2 * table.area[:, None] * np.square(2 * np.array(sigmas)))
    )
    found = table.labelled & np.isfinite(table.distance)
    counted = ~matches.ignored[0]
    return Curves(
        pck=pck_curve(share),
        pck_joints={name: pck_curve(share[:, k]) for k, name in enumerate(names)},
        precision={
            "0.50": precision[OKS_THRESHOLDS.index(0.5)],
            "0.75": precision[OKS_THRESHOLDS.index(0.75)],
            "mean": precision.mean(axis=0),
        },
        best=best_f1(matches, scores),
        people=reliability(scores[counted], matches.matched[0, counted]),
        joints=reliability(joint_scores[found], similarity[found] >= 0.5),
    )


def pck_curve(share: Doubles) -> Doubles:
    """Return the share of labelled joints that are closer than each of PCK_THRESHOLDS.

    Args:
        share: Distances by the larger side of the box, of any shape; NaN where not labelled.
    """
    known = np.sort(share[~np.isnan(share)])
    if not len(known):
        return np.full(len(PCK_THRESHOLDS), np.nan)
    return np.searchsorted(known, PCK_THRESHOLDS, side="left") / len(known)


def precision_curves(table: MatchTable) -> Doubles:
    """Return (T, 101) precision at RECALLS: the highest at that recall or above, as COCO has it.

    The mean of a row is the AP at its threshold of OKS. NaN where nobody counts.
    """
    people = int(table.people.sum())
    curves = np.full((len(table.matched), len(RECALLS)), np.nan)
    if not people:
        return curves
    for row, matched, ignored in zip(curves, table.matched, table.ignored, strict=True):
        right = (matched & ~ignored)[~ignored]
        found = np.cumsum(right)
        precision = found / np.arange(1, len(right) + 1)
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        at = np.searchsorted(found / people, RECALLS)
        row[:] = 0
        reached = at < len(right)
        row[reached] = envelope[at[reached]]
    return curves


def best_f1(table: MatchTable, scores: Doubles) -> OperatingPoint | None:
    """Return where F1 at OKS 0.5 is highest; of equals, the highest score."""
    people, counted = int(table.people.sum()), ~table.ignored[0]
    right, kept = np.cumsum(table.matched[0, counted]), scores[counted]
    if not people or not len(kept) or not right[-1]:
        return None
    # A cut keeps all predictions of equal score or none of them.
    ends = np.flatnonzero(np.diff(kept, append=-np.inf))
    f1 = 2 * right[ends] / (ends + 1 + people)
    end = ends[f1.argmax()]
    return OperatingPoint(
        float(kept[end]), float(right[end] / (end + 1)), float(right[end] / people)
    )


def _plain(curve: Doubles) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), _DIGITS) for value in curve]


def _curve(values: Any, grid: Doubles) -> Doubles:
    curve = np.array(values, np.float64)
    if curve.shape != grid.shape:
        raise ValueError(f"expected a curve of {len(grid)} numbers, found {curve.shape}")
    return curve
