"""From a picture and boxes to keypoints."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pedpose import geometry
from pedpose.inference.heat import PersonHeat, person_heat
from pedpose.model.architecture import STRIDE, Architecture
from pedpose.model.joint_maps import decode_joint_maps, softmax_maps
from pedpose.runtime.runtime import Runtime

Floats = NDArray[np.float32]

_TO_PIXELS = np.array([STRIDE, STRIDE, 1], np.float32)  # of x, y, score
_FROM_CELLS = np.array([STRIDE, STRIDE, 1])  # of the columns of a matrix


class JointEstimator:
    """A joint network with its crops and its decoding."""

    def __init__(
        self,
        runtime: Runtime,
        architecture: Architecture,
        batch: int = 16,
        decoded: bool = False,
    ) -> None:
        """Wrap a network.

        Args:
            runtime: Runs the network.
            architecture: Of the network: its input size and number of joints.
            batch: Most crops that are run at once.
            decoded: Whether the network returns joints in place of maps.
        """
        self._runtime = runtime
        self._input_size = architecture.input_size
        self._joints = architecture.outputs
        self._batch = batch
        self._decoded = decoded

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
        images, matrices, counts = [], [np.zeros((0, 2, 3))], []
        for image, boxes in pictures:
            counts.append(len(boxes))
            images += [image] * len(boxes)
            matrices.append(geometry.crop_matrices(boxes, self._input_size))
        into = np.concatenate(matrices)
        back = geometry.invert(into)
        found = [np.zeros((0, self._joints, 3), np.float32)]
        warm: list[PersonHeat] = []
        for start in range(0, len(images), self._batch):
            part = slice(start, start + self._batch)
            crops = [
                geometry.warp(image, matrix, self._input_size)
                for image, matrix in zip(images[part], into[part], strict=True)
            ]
            output = self._runtime(np.stack(crops))
            if self._decoded:
                found.append(output)
                continue
            found.append(decode_joint_maps(output) * _TO_PIXELS)
            if heat is not None:
                warm += [
                    person_heat(maps, joints[:, 2], matrix)
                    for maps, joints, matrix in zip(
                        softmax_maps(output), found[-1], back[part] * _FROM_CELLS, strict=True
                    )
                ]
        keypoints = np.concatenate(found)
        keypoints[:, :, :2] = geometry.transform(keypoints[:, :, :2], back)
        ends = np.cumsum(counts)
        if heat is not None:
            heat += [warm[end - count : end] for end, count in zip(ends, counts, strict=True)]
        return np.split(keypoints, ends[:-1]) if counts else []
