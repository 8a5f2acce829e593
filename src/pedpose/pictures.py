"""Placeholder until the shared picture reader lands."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.errors import SourceError


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read a picture as RGB."""
    image = cv2.imread(str(path))
    if image is None:
        raise SourceError(f"{path}: not a readable picture")
    return np.asarray(image[:, :, ::-1], dtype=np.uint8)
