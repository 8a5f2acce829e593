"""From a picture to the boxes of its people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pedpose import geometry
from pedpose.model.architecture import STRIDE, Architecture
from pedpose.model.person_maps import decode_person_maps
from pedpose.runtime.runtime import Runtime

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FinderSettings:
    """How people are searched for.

    Attributes:
        min_score: Least score of a person.
        max_iou: Of two boxes that overlap more than this the better one is kept.
        limit: Most people of a picture.
    """

    min_score: float = 0.3
    max_iou: float = 0.6
    limit: int = 100


class PersonFinder:
    """A person network with its resizing and its decoding."""

    def __init__(
        self,
        runtime: Runtime,
        architecture: Architecture,
        settings: FinderSettings,
        fixed_size: tuple[int, int] | None = None,
        decoded: bool = False,
    ) -> None:
        """Wrap a network.

        Args:
            runtime: Runs the network.
            architecture: Of the network: pictures get the longer side that it was trained at.
            settings: How people are searched for.
            fixed_size: Height and width of its input where it takes no others; pictures are made
                to fit into it.
            decoded: Whether the network returns people in place of maps.
        """
        self._runtime = runtime
        self._side = max(architecture.input_size)
        self._multiple = architecture.backbone_stride
        self._settings = settings
        self._fixed_size = fixed_size
        self._decoded = decoded

    def __call__(self, image: geometry.Image) -> tuple[Floats, Floats]:
        """Find the people in one picture.

        Args:
            image: (H, W, 3) RGB uint8.

        Returns:
            Boxes (N, 4) x1, y1, x2, y2 in pixels of the picture and scores (N,), best first.
        """
        return self.many([image])[0]

    def many(self, images: Sequence[geometry.Image]) -> list[tuple[Floats, Floats]]:
        """Find the people in several pictures; those of one size make one batch."""
        found: dict[int, tuple[Floats, Floats]] = {}
        shapes = [image.shape for image in images]
        for shape in dict.fromkeys(shapes):
            places = [place for place, other in enumerate(shapes) if other == shape]
            boxes = self._batch([images[place] for place in places], shape[0], shape[1])
            found.update(zip(places, boxes, strict=True))
        return [found[place] for place in range(len(images))]

    def _batch(
        self, images: Sequence[geometry.Image], height: int, width: int
    ) -> list[tuple[Floats, Floats]]:
        """Find the people in pictures of one size."""
        scale, size = self._scale(height, width)
        matrix = np.array([[scale, 0, 0], [0, scale, 0]], np.float64)
        resized = [geometry.warp(image, matrix, size) for image in images]
        return [
            choose_boxes(*self._decode(output, np.float32(scale)), (height, width), self._settings)
            for output in self._runtime(np.stack(resized))
        ]

    def _scale(self, height: int, width: int) -> tuple[float, tuple[int, int]]:
        """Return how much a picture is resized, and height and width of the network's input."""
        if self._fixed_size is not None:
            scale = min(
                side / own for side, own in zip(self._fixed_size, (height, width), strict=True)
            )
            return scale, self._fixed_size
        return padded_input((height, width), self._side, self._multiple)

    def _decode(self, output: Floats, scale: np.float32) -> tuple[Floats, Floats]:
        """Return boxes (N, 4) in pixels of the picture and scores (N,)."""
        if self._decoded:
            sure = output[output[:, 4] >= self._settings.min_score]
            return sure[:, :4] / scale, sure[:, 4]
        boxes, scores = decode_person_maps(
            output, self._settings.min_score, 4 * self._settings.limit
        )
        return boxes * (STRIDE / scale), scores


def padded_input(size: tuple[int, int], side: int, multiple: int) -> tuple[float, tuple[int, int]]:
    """Return how much a picture is resized, and height and width of the network's input.

    The picture lies in the top-left corner of the input, which is padded.

    Args:
        size: Height and width of the picture.
        side: Longer side that it gets.
        multiple: What height and width of the input are multiples of.
    """
    scale = side / max(size)
    height, width = (int(np.ceil(max(own * scale, 1) / multiple)) * multiple for own in size)
    return scale, (height, width)


def choose_boxes(
    boxes: Floats, scores: Floats, size: tuple[int, int], settings: FinderSettings
) -> tuple[Floats, Floats]:
    """Limit boxes (N, 4) with scores (N,) to a picture (height, width) and to one a person."""
    height, width = size
    boxes, scores = geometry.boxes_in_picture(boxes, scores, width, height)
    keep = suppress_overlaps(boxes, settings.max_iou)[: settings.limit]
    return boxes[keep], scores[keep]


def suppress_overlaps(boxes: Floats, max_iou: float) -> NDArray[np.intp]:
    """Return the indices of boxes (N, 4), best first, that overlap no better box too much."""
    overlap = geometry.iou(boxes, boxes)
    keep: list[int] = []
    for i in range(len(boxes)):
        if not keep or overlap[i, keep].max() <= max_iou:
            keep.append(i)
    return np.array(keep, np.intp)
