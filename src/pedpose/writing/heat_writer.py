"""Write what the joint network sees, as a warm glow on the picture."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.geometry import Image
from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.picture_output import PictureOutput
from pedpose.writing.seen import Seen

_GROUND = 0.45  # of the brightness of the picture, so that the glow stands out


def draw_heat(image: Image, heat: NDArray[np.uint8]) -> Image:
    """Return a grey, darkened picture with heat in a perceptually uniform colour map.

    Where there is no heat the picture shines through, where it is greatest the map covers it.

    Args:
        image: (H, W, 3) RGB uint8; it is not changed.
        heat: (H, W) uint8.

    Returns:
        (H, W, 3) RGB uint8.

    Raises:
        ValueError: If the sizes differ.
    """
    if heat.shape != image.shape[:2]:
        raise ValueError(f"heat: expected shape {image.shape[:2]}, found {heat.shape}")
    colours, grounds = _tables()
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    ground = cv2.multiply(grey, cv2.LUT(heat, grounds), scale=1 / 255)
    glow = cv2.LUT(cv2.merge([heat, heat, heat]), colours)
    return np.asarray(cv2.add(glow, cv2.merge([ground, ground, ground])), np.uint8)


class HeatWriter:
    """``heatmaps/NAME.jpg`` for a picture, ``heatmaps/NAME.mp4`` for a video."""

    def __init__(self, output: PictureOutput) -> None:
        """Write into an output."""
        self._output = output

    def start(self, source: Source, fps: float | None) -> None:
        """Begin a source."""
        self._output.start(source, fps)

    def write(self, source: Source, seen: Seen) -> None:
        """Draw the heat of a frame and write it.

        Raises:
            SourceError: If no picture or video of this size can be written here.
            OSError: If the file cannot be written.
            ValueError: If the frame comes without heat.
        """
        if seen.heat is None:
            raise ValueError(f"{source.label}: heatmaps: expected frames with heat, found none")
        self._output.write(source, seen.frame, draw_heat(seen.frame.image, seen.heat))

    def finish(self, source: Source, end: End) -> None:
        """Finish a video.

        Raises:
            OSError: If it cannot be written to its end.
        """
        self._output.finish(source)


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return for each heat (256,) its colour (1, 256, 3) RGB, and how bright the picture stays.

    The map is inferno, by its share of the whole: as light that is added to the picture.
    """
    heat = np.arange(256, dtype=np.uint8)
    share = np.sqrt(heat / 255)  # a faint glow is seen, too
    inferno = cv2.applyColorMap(heat, cv2.COLORMAP_INFERNO).reshape(256, 3)[:, ::-1]
    colours = np.round(inferno * share[:, None]).astype(np.uint8)[None]
    return colours, np.round(255 * _GROUND * (1 - share)).astype(np.uint8)
