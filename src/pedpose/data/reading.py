"""Read annotated pictures and make sure that they are the ones that were annotated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pedpose.data.coco import Picture
from pedpose.errors import DataError, SourceError
from pedpose.pictures import read_picture


def read_annotated(picture: Picture) -> NDArray[np.uint8]:
    """Return the RGB pixels (H, W, 3) of an annotated picture.

    Raises:
        DataError: If it cannot be read or has another size than its annotation file states.
    """
    try:
        image = read_picture(picture.path)
    except SourceError as error:
        raise DataError(f"image {picture.id}: {error}") from error
    height, width = image.shape[:2]
    if (width, height) != (picture.width, picture.height):
        raise DataError(
            f"{picture.path}: image {picture.id}: expected {picture.width} x {picture.height} "
            f"pixels as its annotation file states, found {width} x {height}"
        )
    return image
