"""Average precision of any selection of pictures, from pycocotools' matches in each picture.

pycocotools matches people in each picture and then sorts the matches of all pictures by score.
Here the second step is done with a weight for each picture: how often it was drawn. A weight of
2 gives what pycocotools gives where the picture is in the data twice; weights of 1 give its own
figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

OKS_THRESHOLDS = tuple(round(0.5 + 0.05 * i, 2) for i in range(10))

RECALLS = np.linspace(0, 1, 101)
"""At which COCO takes the precision that AP is the mean of."""

_ROWS = 32  # resamples at a time: their precision curves stay in the processor's cache


@dataclass(frozen=True, slots=True)
class MatchTable:
    """D predictions, best score first, in N pictures, matched at T thresholds of OKS.

    Attributes:
        people: (N,) number of annotated people that count in each picture.
        picture: (D,) position of the picture of each prediction in the annotation file.
        matched: (T, D) whether a prediction has a person.
        ignored: (T, D) whether it neither counts as right nor as wrong.
    """

    people: Integers
    picture: Integers
    matched: Flags
    ignored: Flags

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; the T flags of a prediction are the bits of one number."""
        bits = 1 << np.arange(len(self.matched), dtype=np.int64)
        return {
            "people": self.people.tolist(),
            "picture": self.picture.tolist(),
            "matched": (bits @ self.matched).tolist(),
            "ignored": (bits @ self.ignored).tolist(),
        }

    @classmethod
    def from_dict(cls, data: Any) -> MatchTable:
        """Read what :meth:`to_dict` wrote.

        Raises:
            KeyError, TypeError, ValueError, OverflowError: If it is something else.
        """
        names = ("people", "picture", "matched", "ignored")
        people, picture, matched, ignored = (np.array(data[n], np.int64).ravel() for n in names)
        inside = (picture >= 0).all() and (picture < len(people)).all()
        if not inside or not len(picture) == len(matched) == len(ignored):
            raise ValueError("matches that do not belong to the pictures")
        bits = np.arange(len(OKS_THRESHOLDS))[:, None]
        return cls(people, picture, (matched >> bits & 1) > 0, (ignored >> bits & 1) > 0)

    def only(self, pictures: Flags) -> MatchTable:
        """Return the same of some pictures (N,) alone; the others count as empty."""
        kept = pictures[self.picture]
        return MatchTable(
            np.where(pictures, self.people, 0),
            self.picture[kept],
            self.matched[:, kept],
            self.ignored[:, kept],
        )

    def without(self, predictions: Flags) -> MatchTable:
        """Return the same with some predictions (D,) ignored."""
        return replace(self, ignored=self.ignored | predictions)


@dataclass(frozen=True, slots=True)
class ApValues:
    """Figures of B selections of pictures, NaN where nobody counts.

    Attributes:
        precision: (B, T) average precision at each threshold of OKS.
        recall: (B, T) recall at each threshold of OKS.
    """

    precision: Doubles
    recall: Doubles

    def of(self, kind: str) -> Doubles:
        """Return the values (B,) of ``ap`` (of any size class), ``ap50``, ``ap75`` or ``ar``."""
        if kind == "ar":
            return np.asarray(self.recall.mean(axis=1), np.float64)
        if kind in ("ap50", "ap75"):
            return self.precision[:, OKS_THRESHOLDS.index(int(kind[2:]) / 100)]
        return np.asarray(self.precision.mean(axis=1), np.float64)


def match_table(entries: Sequence[Any], picture_ids: Sequence[int], thresholds: int) -> MatchTable:
    """Collect the matches of pictures.

    Args:
        entries: One of pycocotools' ``evalImgs`` for each picture, sorted by picture id; None
            where there is neither a person nor a prediction.
        picture_ids: N ids in the order of the annotation file.
        thresholds: T, the number of thresholds that were matched at.
    """
    position = {number: i for i, number in enumerate(picture_ids)}
    people = np.zeros(len(picture_ids), np.int64)
    scores, where = [np.zeros(0)], [np.zeros(0, np.int64)]
    matched, ignored = [np.zeros((thresholds, 0), bool)], [np.zeros((thresholds, 0), bool)]
    for entry in entries:
        if entry is None:
            continue
        place = position[entry["image_id"]]
        people[place] = np.count_nonzero(entry["gtIgnore"] == 0)
        scores.append(np.array(entry["dtScores"], np.float64))
        where.append(np.full(len(entry["dtScores"]), place))
        matched.append(entry["dtMatches"] > 0)
        ignored.append(np.asarray(entry["dtIgnore"], bool))
    # Equal scores stay in the order of the pictures' ids, as pycocotools has them.
    order = np.argsort(-np.concatenate(scores), kind="stable")
    return MatchTable(
        people,
        np.concatenate(where)[order],
        np.concatenate(matched, axis=1)[:, order],
        np.concatenate(ignored, axis=1)[:, order],
    )


def average_precision(table: MatchTable, weights: Doubles) -> ApValues:
    """Return AP and recall of weighted pictures, as COCOeval.accumulate and summarize do.

    Precision at a recall is the highest at that recall or above, taken at 101 recalls.

    Args:
        table: Matches of N pictures.
        weights: (B, N) how often each picture counts, 0 or more.
    """
    parts = [_curves(table, weights[i : i + _ROWS]) for i in range(0, len(weights), _ROWS)]
    return ApValues(
        np.concatenate([part.precision for part in parts]),
        np.concatenate([part.recall for part in parts]),
    )


def _curves(table: MatchTable, weights: Doubles) -> ApValues:
    people = weights @ table.people
    drawn = weights[:, table.picture]  # (B, D)
    precision = np.full((len(weights), len(table.matched)), np.nan)
    recall = np.full_like(precision, np.nan)
    for t, (counted, right) in enumerate(_thresholds(table)):
        if counted is not None:
            seen = np.cumsum(drawn * counted, axis=1)
        places = np.flatnonzero(right)
        # The curve is only needed where it rises: at the predictions that are right.
        found = np.cumsum(drawn[:, places], axis=1)
        curve = found / (seen[:, places] + np.spacing(1))
        envelope = np.maximum.accumulate(curve[:, ::-1], axis=1)[:, ::-1]
        for row in np.flatnonzero(people):
            reached = found[row] / people[row]
            at = np.searchsorted(reached, RECALLS)
            precision[row, t] = envelope[row, at[at < len(places)]].sum() / len(RECALLS)
            recall[row, t] = reached[-1] if len(places) else 0.0
    return ApValues(precision, recall)


def _thresholds(table: MatchTable) -> Iterator[tuple[Flags | None, Flags]]:
    """Yield which predictions count (None: the same as before) and which are right."""
    before: Flags | None = None
    for matched, ignored in zip(table.matched, table.ignored, strict=True):
        same = before is not None and bool((ignored == before).all())
        yield None if same else ~ignored, matched & ~ignored
        before = ignored
