"""Notice that nothing has changed before a fixed camera."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.geometry import Image

_CELLS = 160
_LARGEST_CHANGE = 4
"""Of 255. The noise of a camera, about 5, is averaged over a cell to less than 1 in a frame of
1280 pixels; a person who moves by a cell changes it by far more."""


class StillCheck:
    """Compares each frame with the last one that was looked at, so that slow changes add up."""

    def __init__(self) -> None:
        """Begin without a frame."""
        self._last: NDArray[np.int16] | None = None

    def __call__(self, image: Image) -> bool:
        """Tell whether a frame (H, W, 3) is the same as the last one for which this was False."""
        height, width = image.shape[:2]
        size = (min(_CELLS, width), min(max(1, _CELLS * height // width), height))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.int16)
        if self._last is not None and self._last.shape == small.shape:
            if int(np.abs(small - self._last).max()) <= _LARGEST_CHANGE:
                return True
        self._last = small
        return False
