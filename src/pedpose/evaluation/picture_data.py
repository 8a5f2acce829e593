"""What a report keeps of each picture, so that two reports can be compared picture by picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pedpose.evaluation.average_precision import MatchTable, average_precision
from pedpose.evaluation.metrics import Metric
from pedpose.evaluation.oks_metrics import table_of
from pedpose.evaluation.pck import divide

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PictureData:
    """Sums and matches of N pictures, in the order of the annotation file.

    Attributes:
        ids: (N,) ids of the pictures.
        sums: For each metric of joints the numerator and the denominator (N,).
        tables: Matches for metrics of OKS, by size class.
    """

    ids: tuple[int, ...]
    sums: dict[str, tuple[Doubles, Doubles]]
    tables: dict[str, MatchTable]

    def values(self, metrics: list[Metric], weights: Doubles) -> dict[str, Doubles]:
        """Return the values (B,) of metrics for weighted pictures (B, N), NaN where undefined."""
        values: dict[str, Doubles] = {}
        curves = {
            name: average_precision(self.tables[name], weights)
            for name in {table_of(metric) for metric in metrics if metric.of_oks}
        }
        for metric in metrics:
            if metric.of_oks:
                values[metric.name] = curves[table_of(metric)].of(metric.kind)
            else:
                numerator, denominator = (weights @ sums for sums in self.sums[metric.name])
                values[metric.name] = divide(numerator, denominator)
        return values

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "ids": list(self.ids),
            "sums": {
                name: {"numerator": top.tolist(), "denominator": bottom.astype(int).tolist()}
                for name, (top, bottom) in self.sums.items()
            },
            "matches": {name: table.to_dict() for name, table in self.tables.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PictureData:
        """Read what :meth:`to_dict` wrote.

        Raises:
            KeyError, TypeError, ValueError, OverflowError: If it is something else.
        """
        ids = tuple(int(number) for number in data["ids"])
        sums = {
            str(name): (
                np.array(entry["numerator"], np.float64),
                np.array(entry["denominator"], np.float64),
            )
            for name, entry in data["sums"].items()
        }
        tables = {str(name): MatchTable.from_dict(entry) for name, entry in data["matches"].items()}
        lengths = [len(part) for pair in sums.values() for part in pair]
        lengths += [len(table.people) for table in tables.values()]
        if any(length != len(ids) for length in lengths):
            raise ValueError(f"expected sums and matches of {len(ids)} pictures, found {lengths}")
        return cls(ids, sums, tables)
