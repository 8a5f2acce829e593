"""The pictures of the page: small PNG files with palettes, which the browser enlarges."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

from pedpose.geometry import Floats, Image
from pedpose.reporting.embed import data_uri
from pedpose.writing.overlay import SKY_BLUE, VERMILION

Bytes = NDArray[np.uint8]

_LEVELS = 65  # of a palette; odd, so that the middle of a diverging one is exactly zero
_GREY = (0.13, 0.47)  # least and span of the brightness under a map, so that its colours stand out
_FILTER_PX, _FILTER_GAP = 12, 4  # a value of a filter, and the room between two filters


def heat_uri(values: Floats) -> str:
    """Return a map (h, w) from 0 to 1 as a data URI: inferno, clear where it is zero."""
    return _palette_uri(np.clip(values, 0, 1), _glow())


def difference_uri(values: Floats) -> str:
    """Return a map (h, w) from -1 to 1 as a data URI: blue below, orange above, clear at zero."""
    return _palette_uri((np.clip(values, -1, 1) + 1) / 2, _two_sides())


def feature_uri(values: Floats) -> str:
    """Return a map (h, w) from 0 to 1 as a data URI: viridis."""
    return _palette_uri(np.clip(values, 0, 1), _viridis())


def grey_ground(crop: Image) -> Image:
    """Return a crop (h, w, 3) in dim grey, for maps that lie over it."""
    least, span = _GREY
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return np.repeat(np.round(255 * least + span * grey).astype(np.uint8)[..., None], 3, axis=2)


def filter_sheet_uri(tiles: Image) -> str:
    """Return filters (C, k, k, 3) as one picture of rows, about twice as wide as high."""
    count, height, width = tiles.shape[:3]
    columns = min(count, int(np.ceil(np.sqrt(2 * count))))
    rows = -(-count // columns)
    tile = (height * _FILTER_PX + _FILTER_GAP, width * _FILTER_PX + _FILTER_GAP)
    sheet = np.zeros((rows * tile[0] - _FILTER_GAP, columns * tile[1] - _FILTER_GAP, 4), np.uint8)
    for number, values in enumerate(tiles):
        top, left = (number // columns) * tile[0], (number % columns) * tile[1]
        large = values.repeat(_FILTER_PX, axis=0).repeat(_FILTER_PX, axis=1)
        part = sheet[top : top + large.shape[0], left : left + large.shape[1]]
        part[..., :3], part[..., 3] = large, 255
    return data_uri(PIL.Image.fromarray(sheet), "PNG")


def _palette_uri(values: NDArray[np.floating], palette: Bytes) -> str:
    """Return values (h, w) from 0 to 1 in the colours (N, 4) RGBA of a palette."""
    levels = np.round(np.nan_to_num(values) * (len(palette) - 1)).astype(np.uint8)
    picture = PIL.Image.fromarray(levels, "P")
    picture.putpalette(palette[:, :3].tobytes())
    return data_uri(picture, "PNG", transparency=palette[:, 3].tobytes())


@cache
def _glow() -> Bytes:
    """Inferno from its first glow on, ever more opaque."""
    share = np.linspace(0, 1, _LEVELS)
    colours = _opencv_colours(cv2.COLORMAP_INFERNO)[np.round(255 * (0.3 + 0.7 * share)).astype(int)]
    return np.column_stack([colours, np.round(240 * share**0.6)]).astype(np.uint8)


@cache
def _two_sides() -> Bytes:
    share = np.linspace(-1, 1, _LEVELS)
    colours = np.where(share[:, None] < 0, SKY_BLUE, VERMILION)
    return np.column_stack([colours, np.round(235 * abs(share) ** 0.8)]).astype(np.uint8)


@cache
def _viridis() -> Bytes:
    places = np.round(np.linspace(0, 255, _LEVELS)).astype(int)
    colours = _opencv_colours(cv2.COLORMAP_VIRIDIS)[places]
    return np.column_stack([colours, np.full(_LEVELS, 255)]).astype(np.uint8)


def _opencv_colours(number: int) -> Bytes:
    """Return the 256 colours (256, 3) RGB of a colour map."""
    ramp = np.arange(256, dtype=np.uint8)
    return np.asarray(cv2.applyColorMap(ramp, number).reshape(256, 3)[:, ::-1], np.uint8)
