"""What a teacher network saw of the people of an annotation file: whole heatmaps, not labels.

A label says where a joint is; a heatmap says also where else it may be, and how sure that is.
Learning from it is known as distillation (Hinton et al., "Distilling the Knowledge in a Neural
Network", 2015; for poses Zhang et al., "Fast Human Pose Estimation", CVPR 2019).

File format: safetensors. Of each heatmap only the highest cells are stored, which is all of it but
noise. An annotation file names its heatmaps by a top level entry ``teacher_heatmaps``, relative
to itself. Metadata: ``joints``, a JSON list of K names. Tensors, for N people:

- ``annotation_id`` (N,) int64;
- ``cells`` (N, 40, K) int32: row * columns + column;
- ``values`` (N, 40, K) float16: of these cells; the sum of a joint, at most 1, is how sure the
  teacher is that it can be seen;
- ``grid`` (N, 4) float32: x and y of the centre of the first cell and the distance of cells, in
  continuous pixels of the picture, and the number of columns.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pedpose.errors import DataError
from pedpose.files import write_bytes

Floats = NDArray[np.float32]

CELLS = 40
"""Cells of a heatmap that are kept: a Gaussian of 2 cells and a second, weaker one."""

_NAMES = ("annotation_id", "cells", "values", "grid")
_SUM_SLACK = 0.01  # what float16 may add to a sum of one


class TeacherHeatmaps:
    """Heatmaps of the people of one annotation file."""

    def __init__(
        self,
        joints: Sequence[str],
        annotation_ids: NDArray[np.int64],
        cells: NDArray[np.int32],
        values: NDArray[np.float16],
        grids: Floats,
    ) -> None:
        """Take arrays as described above."""
        self.joints = tuple(joints)
        self._tensors: dict[str, NDArray[Any]] = {
            "annotation_id": annotation_ids,
            "cells": cells,
            "values": values,
            "grid": grids,
        }
        self._rows = {int(number): row for row, number in enumerate(annotation_ids)}

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self._rows)

    @classmethod
    def read(cls, path: Path) -> TeacherHeatmaps:
        """Read and validate a file.

        Raises:
            DataError: If it cannot be read or its content is not as the format says.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                joints = json.loads(file.metadata()["joints"])
                ids, cells, values, grids = (file.get_tensor(name) for name in _NAMES)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"{path}: not a file of teacher heatmaps: {error!r}") from error
        people = len(ids)
        expected = (
            (people,),
            (people, CELLS, len(joints)),
            (people, CELLS, len(joints)),
            (people, 4),
        )
        found = tuple(array.shape for array in (ids, cells, values, grids))
        if found != expected:
            raise DataError(f"{path}: expected arrays of {expected}, found {found}")
        wide = values.astype(np.float32)
        if not (wide >= 0).all() or wide.sum(axis=1).max(initial=0) > 1 + _SUM_SLACK:
            raise DataError(f"{path}: expected values of at least 0 that sum to at most 1 a joint")
        if not np.isfinite(grids).all() or (grids[:, 2:] <= 0).any() or (cells < 0).any():
            raise DataError(f"{path}: expected finite grids and cells of at least 0")
        return cls(joints, ids, cells, values, grids)

    def write(self, path: Path) -> None:
        """Write a file, atomically."""
        write_bytes(path, save(self._tensors, {"joints": json.dumps(self.joints)}))

    def cloud(self, annotation_id: int, joints: Sequence[str]) -> Floats | None:
        """Return the heatmaps of one person as points.

        Args:
            annotation_id: Of the person.
            joints: Names of the joints wanted; those that the teacher does not know have value 0.

        Returns:
            (40, K, 3) x, y in continuous pixels of the picture and value, or None for a person
            whom the teacher has not seen.
        """
        row = self._rows.get(annotation_id)
        if row is None:
            return None
        x, y, step, columns = self._tensors["grid"][row].tolist()
        down, across = np.divmod(self._tensors["cells"][row], round(columns))
        values = self._tensors["values"][row]
        all_joints = np.stack([x + step * across, y + step * down, values], axis=-1)
        cloud = np.zeros((CELLS, len(joints), 3), np.float32)
        for place, name in enumerate(joints):
            if name in self.joints:
                cloud[:, place] = all_joints[:, self.joints.index(name)]
        return cloud
