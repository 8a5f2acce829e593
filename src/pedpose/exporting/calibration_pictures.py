"""Pictures by which the ranges of int8 are chosen: what the network will see in use."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from pedpose import geometry
from pedpose.data.coco import Picture, read_coco
from pedpose.data.reading import read_annotated
from pedpose.errors import DataError
from pedpose.exporting.crops import Pictures, fitted
from pedpose.inference.finder import FinderSettings
from pedpose.inference.stages import PersonStage, open_finder
from pedpose.model.metadata import Metadata
from pedpose.pictures import read_picture
from pedpose.reading.files import find_files, is_picture
from pedpose.runtime.choice import Wanted

MOST = 300
"""Samples; more of them hardly change a range."""

_SEED = 0
_FINDER = FinderSettings(min_score=0.5)
_LEAST_HEIGHT = 60
"""Pixels of a person whose crop is sharp enough to be like those of use."""


def calibration_pictures(sources: Sequence[Path], metadata: Metadata) -> list[Pictures]:
    """Return inputs of a network, the same ones each time.

    Joint networks get crops of annotated people or, where pictures have no annotations, of those
    that the package's finder sees in them. Person finders get whole pictures.

    Args:
        sources: Pictures, folders of them, or COCO files.
        metadata: Of the network, with its ``exported`` entry.

    Returns:
        At most MOST batches (1, H, W, 3) RGB uint8.

    Raises:
        DataError: If annotations are broken, or there is nobody in the pictures.
        SourceError: If a file or folder is missing or cannot be read.
    """
    pictures = [picture for source in sources for picture in _pictures(source)]
    order = np.random.default_rng(_SEED).permutation(len(pictures))
    shuffled = [pictures[i] for i in order]
    of_joints = metadata.architecture.task == "joints"
    samples = _crops(shuffled, metadata) if of_joints else _whole(shuffled, metadata)
    found = [sample[None] for sample in islice(samples, MOST)]
    if not found:
        raise DataError(
            f"--calibrate: expected people who are at least {_LEAST_HEIGHT} pixels tall in "
            f"{', '.join(map(str, sources))}, found none"
        )
    return found


def _pictures(source: Path) -> list[Picture | Path]:
    """Return annotated pictures of a COCO file, else the pictures that a path stands for."""
    if source.suffix.lower() == ".json":
        return list(read_coco(source).pictures)
    return [match.path for match in find_files(str(source), None) if is_picture(match.path)]


def _read(picture: Picture | Path) -> geometry.Image:
    return read_picture(picture) if isinstance(picture, Path) else read_annotated(picture)


def _crops(pictures: Sequence[Picture | Path], metadata: Metadata) -> Iterator[geometry.Image]:
    """Yield the crops of the people in pictures."""
    size = metadata.architecture.input_size
    finder: PersonStage | None = None
    for picture in pictures:
        image = _read(picture)
        if isinstance(picture, Path):
            if finder is None:
                finder = open_finder(None, "torch", Wanted("torch", "cpu", "fp32"), _FINDER)[1]
            ((boxes, _),) = finder.many([image])
        else:
            boxes = np.array([p.box for p in picture.people], np.float32).reshape(-1, 4)
        tall = boxes[boxes[:, 3] - boxes[:, 1] >= _LEAST_HEIGHT]
        for matrix in geometry.crop_matrices(tall, size):
            yield geometry.warp(image, matrix, size)


def _whole(pictures: Sequence[Picture | Path], metadata: Metadata) -> Iterator[geometry.Image]:
    """Yield pictures as a person finder gets them."""
    architecture, exported = metadata.architecture, metadata.exported
    for picture in pictures:
        image = _read(picture)
        size = None if exported is None else exported.size
        if size is None:
            scale = max(architecture.input_size) / max(image.shape[:2])
            stride = architecture.backbone_stride
            height, width = (math.ceil(side * scale / stride) * stride for side in image.shape[:2])
            size = (height, width)
        yield fitted(image, size)
