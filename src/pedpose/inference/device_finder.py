"""From a picture to the boxes of its people, almost all of it on a device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pedpose import geometry
from pedpose.geometry import Floats
from pedpose.inference.device_crops import DevicePicture, cut, on_device, size_of
from pedpose.inference.finder import FinderSettings, choose_boxes, padded_input
from pedpose.model.architecture import STRIDE, Architecture
from pedpose.model.person_codec import best_boxes
from pedpose.runtime.cuda_graphs import graphed
from pedpose.runtime.torch_network import TorchNetwork

Picture = geometry.Image | DevicePicture


class DeviceFinder:
    """A person network with its resizing and its decoding, on one device.

    The same as :class:`pedpose.inference.finder.PersonFinder`; only the boxes come down, and the
    choice between those that overlap is made on the host.
    """

    def __init__(
        self,
        network: TorchNetwork,
        architecture: Architecture,
        settings: FinderSettings,
        batch: int = 16,
        graphs: bool = True,
    ) -> None:
        """Wrap a network.

        Args:
            network: On its device.
            architecture: Of the network: pictures get the longer side that it was trained at.
            settings: How people are searched for.
            batch: Most pictures that are run at once.
            graphs: Whether a CUDA device runs network and decoding by CUDA graphs.
        """
        self._network = network
        self._device = network.device
        self._side = max(architecture.input_size)
        self._multiple = architecture.backbone_stride
        self._settings = settings
        self._batch = batch
        self._decoded = graphed(self._decode, self._device, batch) if graphs else self._decode

    def __call__(self, image: Picture) -> tuple[Floats, Floats]:
        """Find the people in one picture.

        Args:
            image: (H, W, 3) RGB uint8, or a picture on the device.

        Returns:
            Boxes (N, 4) x1, y1, x2, y2 in pixels of the picture and scores (N,), best first.
        """
        return self.many([image])[0]

    def many(self, images: Sequence[Picture]) -> list[tuple[Floats, Floats]]:
        """Find the people in several pictures; those of one size make batches."""
        places: dict[tuple[int, int], list[int]] = {}
        for place, image in enumerate(images):
            places.setdefault(size_of(image), []).append(place)
        found: dict[int, tuple[Floats, Floats]] = {}
        for same in places.values():
            for start in range(0, len(same), self._batch):
                part = same[start : start + self._batch]
                boxes = self._find([on_device(images[place], self._device) for place in part])
                found.update(zip(part, boxes, strict=True))
        return [found[place] for place in range(len(images))]

    def _find(self, pictures: Sequence[DevicePicture]) -> list[tuple[Floats, Floats]]:
        """Find the people in pictures of one size."""
        size = pictures[0].size
        scale, padded = padded_input(size, self._side, self._multiple)
        matrix = np.array([[[scale, 0, 0], [0, scale, 0]]], np.float64)
        with torch.inference_mode():
            resized = [cut(picture, matrix, padded) for picture in pictures]
            found = self._decoded(torch.cat(resized)).cpu().numpy()
        people = [each[each[:, 4] > 0] for each in found]
        return [
            choose_boxes(each[:, :4] * np.float32(STRIDE / scale), each[:, 4], size, self._settings)
            for each in people
        ]

    def _decode(self, pictures: Tensor) -> Tensor:
        """Return people (N, L, 5) x1, y1, x2, y2 in cells and score of pictures (N, 3, h, w)."""
        maps = self._network(pictures)
        boxes, scores = best_boxes(maps, self._settings.min_score, 4 * self._settings.limit)
        return torch.cat([boxes, scores[..., None]], dim=2)
