"""The picture that is run, and the boxes of its people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pedpose.benching.settings import Size
from pedpose.errors import SourceError
from pedpose.files import sha256_of
from pedpose.geometry import Image
from pedpose.people import Floats
from pedpose.pictures import encode_jpeg, read_picture

STREET = Path(__file__).with_name("street.jpg")
"""A rendered square with 14 people; their boxes are in the file of the same name beside it."""

_JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture.

    Attributes:
        path: Where it lies.
        sha256: Of its file.
        image: (H, W, 3) RGB uint8.
        boxes: (N, 4) x1, y1, x2, y2 of its people in pixels; None where they have to be found.
    """

    path: Path
    sha256: str
    image: Image
    boxes: Floats | None

    def write(self, size: Size, folder: Path) -> Path:
        """Resize it, write it into a folder as JPEG, and return its path."""
        path = folder / f"{size[0]}x{size[1]}.jpg"
        resized = cv2.resize(self.image, size, interpolation=cv2.INTER_AREA)
        path.write_bytes(encode_jpeg(np.asarray(resized, np.uint8), _JPEG_QUALITY))
        return path

    def resized(self, boxes: Sequence[Sequence[float]], size: Size) -> list[list[float]]:
        """Return boxes (N, 4) of the picture in pixels of the resized one."""
        height, width = self.image.shape[:2]
        scale = np.tile([size[0] / width, size[1] / height], 2)
        scaled: list[list[float]] = (np.reshape(boxes, (-1, 4)) * scale).tolist()
        return scaled


def open_scene(path: Path | None) -> Scene:
    """Read a picture; that of the package, whose people are known, where None.

    Raises:
        SourceError: If it cannot be read.
    """
    picture = path or STREET
    image = read_picture(picture)
    if path is not None:
        return Scene(path, sha256_of(path), image, None)
    content = json.loads(STREET.with_suffix(".json").read_text(encoding="utf-8"))
    return Scene(STREET, sha256_of(STREET), image, np.array(content["boxes"], np.float32))


def nobody(path: Path) -> SourceError:
    """Return the error of a picture without people."""
    return SourceError(f"{path}: expected a picture with people, found nobody in it")
