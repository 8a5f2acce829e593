"""From a picture and boxes to keypoints."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pedpose import geometry
from pedpose.inference.heat import PersonHeat, person_heat
from pedpose.model.architecture import STRIDE, Architecture
from pedpose.model.joint_codec import decode_keypoints, to_heatmaps
from pedpose.runtime.torch_runtime import TorchRuntime

Floats = NDArray[np.float32]


class JointEstimator:
    """A joint network with its crops and its decoding."""

    def __init__(self, runtime: TorchRuntime, architecture: Architecture, batch: int = 32) -> None:
        """Wrap a network.

        Args:
            runtime: Runs the network.
            architecture: Of the network: its input size and number of joints.
            batch: Most crops that are run at once.
        """
        self._runtime = runtime
        self._input_size = architecture.input_size
        self._joints = architecture.outputs
        self._batch = batch

    def __call__(self, image: geometry.Image, boxes: Floats) -> Floats:
        """Find the joints of the people in one picture.

        Args:
            image: (H, W, 3) RGB uint8.
            boxes: (N, 4) x1, y1, x2, y2 in pixels of the picture.

        Returns:
            (N, K, 3) x, y in pixels of the picture and a score in 0..1.
        """
        return self.many([(image, boxes)])[0]

    def many(
        self,
        pictures: Iterable[tuple[geometry.Image, Floats]],
        heat: list[list[PersonHeat]] | None = None,
    ) -> list[Floats]:
        """Find the joints of the people of several pictures in joint batches.

        Args:
            pictures: Pairs of (H, W, 3) RGB uint8 and (N, 4) boxes, as for one picture.
            heat: Where given, for each picture the heat of its people is appended.

        Returns:
            For each picture (N, K, 3), as for one picture.
        """
        height, width = self._input_size
        crops, matrices, counts = [], [], []
        for image, boxes in pictures:
            counts.append(len(boxes))
            for x, y, w, h in geometry.box_centres_sizes(boxes, width / height):
                matrix = geometry.crop_matrix((x, y), (w, h), self._input_size)
                crops.append(geometry.warp(image, matrix, self._input_size))
                matrices.append(geometry.invert(matrix))
        found = [np.zeros((0, self._joints, 3), np.float32)]
        warm: list[PersonHeat] = []
        for start in range(0, len(crops), self._batch):
            heatmaps = to_heatmaps(self._runtime(np.stack(crops[start : start + self._batch])))
            found.append(decode_keypoints(heatmaps).numpy())
            if heat is not None:
                cells = [matrix * [STRIDE, STRIDE, 1] for matrix in matrices[start:]]
                warm += [
                    person_heat(maps, joints[:, 2], matrix)
                    for maps, joints, matrix in zip(
                        heatmaps.numpy(), found[-1], cells, strict=False
                    )
                ]
        keypoints = np.concatenate(found)
        for person, matrix in zip(keypoints, matrices, strict=True):
            person[:, :2] = geometry.transform(person[:, :2] * STRIDE, matrix)
        ends = np.cumsum(counts)
        if heat is not None:
            heat += [warm[end - count : end] for end, count in zip(ends, counts, strict=True)]
        return np.split(keypoints, ends[:-1]) if counts else []
