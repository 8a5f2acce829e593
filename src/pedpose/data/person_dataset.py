"""Training samples of the person finder: one augmented picture with all its people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator, default_rng
from torch import Tensor
from torch.utils.data import Dataset

from pedpose import geometry
from pedpose.data.augment import Augmentation, change_pixels
from pedpose.data.coco import CocoData, Picture
from pedpose.data.mixing import Draw
from pedpose.data.reading import read_annotated
from pedpose.errors import DataError

LEAST_SIDE = 10.0
"""Pixels of the network's input below which a person is too small to be asked for."""

LEAST_SHARE = 0.35
"""Part of a person's box that must be inside the crop for the person to be asked for."""


class PersonSample(NamedTuple):
    """One picture with what is known of its people.

    Attributes:
        image: (3, h, w) uint8 RGB.
        boxes: (N, 4) x1, y1, x2, y2 in pixels of the input, clipped to it.
        unknown: (M, 4) regions where a person may be or not: crowds, people cut off or tiny.
    """

    image: Tensor
    boxes: Tensor
    unknown: Tensor


class PersonDataset(Dataset[PersonSample]):
    """All pictures of several data sets on end."""

    def __init__(
        self,
        sets: Sequence[CocoData],
        input_size: tuple[int, int],
        augmentation: Augmentation,
        zoom: tuple[float, float] = (0.5, 1.8),
    ) -> None:
        """Collect the pictures.

        Args:
            sets: Data sets in which all people have boxes, or lie in crowd regions.
            input_size: Height and width of the network's input.
            augmentation: Mirroring and changes of pixels; its geometry is for single people.
            zoom: Least and largest size of the picture over the size that fits the input.

        Raises:
            DataError: If a set has no pictures.
        """
        self.input_size = input_size
        self.augmentation = augmentation
        self.zoom = zoom
        self.pictures: list[Picture] = [p for data in sets for p in data.pictures]
        self.sizes = [len(data.pictures) for data in sets]
        for data in sets:
            if not data.pictures:
                raise DataError(f"{data.path}: expected pictures, found none")

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.pictures)

    def __getitem__(self, draw: Draw) -> PersonSample:
        """Load and change one picture; the same draw always gives the same sample.

        Raises:
            DataError: If the picture is unreadable or not of the size that its file states.
        """
        random = default_rng(draw.seed)
        picture = self.pictures[draw.sample]
        image = read_annotated(picture)
        matrix = self._placement(picture, random)
        crop = change_pixels(
            geometry.warp(image, matrix, self.input_size), self.augmentation, random
        )
        boxes = [person.box for person in picture.people]
        kept, unknown = self._visible(np.array(boxes, np.float32).reshape(-1, 4), matrix)
        crowds, cut_crowds = self._visible(picture.crowds, matrix)
        return PersonSample(
            torch.from_numpy(crop).permute(2, 0, 1),
            torch.from_numpy(kept),
            torch.from_numpy(np.concatenate([unknown, crowds, cut_crowds])),
        )

    def _placement(self, picture: Picture, random: Generator) -> geometry.Doubles:
        """Draw the map from picture to input: any zoom, and any part where not all fits."""
        height, width = self.input_size
        fit = min(width / picture.width, height / picture.height)
        scale = fit * np.exp(random.uniform(*np.log(self.zoom)))
        seen = np.array([width, height]) / scale
        size = np.array([picture.width, picture.height])
        room = np.abs(size - seen) / 2
        centre = size / 2 + random.uniform(-room, room)
        return geometry.crop_matrix(
            (float(centre[0]), float(centre[1])),
            (float(seen[0]), float(seen[1])),
            self.input_size,
            mirror=bool(random.random() < self.augmentation.mirror_chance),
        )

    def _visible(
        self, boxes: geometry.Floats, matrix: geometry.Doubles
    ) -> tuple[geometry.Floats, geometry.Floats]:
        """Map boxes (N, 4) into the input and part those to be found from those unclear."""
        corners = geometry.transform(boxes.reshape(-1, 2, 2), matrix)
        mapped = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
        height, width = self.input_size
        clipped = geometry.clip_boxes(mapped, width, height)
        area = (mapped[:, 2:] - mapped[:, :2]).prod(axis=1)
        sides = clipped[:, 2:] - clipped[:, :2]
        shown = (sides > 0).all(axis=1)
        share = sides.prod(axis=1) / np.maximum(area, 1e-6)
        clear = shown & (share >= LEAST_SHARE) & (sides.max(axis=1) >= LEAST_SIDE)
        return clipped[clear], clipped[shown & ~clear]
