"""One picture of many tiles, each with its annotation and the name of its file below it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import PIL.Image
from PIL import ImageDraw, ImageFont

from pedpose.errors import ConfigError
from pedpose.files import name_within
from pedpose.geometry import Image
from pedpose.reporting.text import counted
from pedpose.surveying.gallery import Tile

FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}

_GAP = 8
_CAPTION = 40
_LETTERS = 13
_QUALITY = 88
_LARGEST = 65_000  # pixels a side: what JPEG can hold
_PAPER, _INK, _MUTED = (250, 250, 250), (27, 31, 36), (91, 100, 112)


def contact_sheet(
    tiles: Sequence[Tile], columns: int, folder: Path, shape: tuple[int, int]
) -> Image:
    """Return a sheet of tiles, row by row.

    Args:
        tiles: N of them.
        columns: Most tiles in a row.
        folder: That names of pictures are given relative to.
        shape: Height and width of a tile.

    Returns:
        (H, W, 3) RGB uint8.

    Raises:
        ConfigError: As :func:`sheet_size`.
    """
    columns = min(columns, len(tiles))
    height, width = sheet_size(len(tiles), columns, shape)
    sheet = PIL.Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_LETTERS)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        x = _GAP + column * (shape[1] + _GAP)
        y = _GAP + row * (shape[0] + _CAPTION + _GAP)
        sheet.paste(PIL.Image.fromarray(tile.image), (x, y))
        first, second = _caption(tile, folder)
        below = y + shape[0] + 3
        pen.text((x, below), _cut(first, font, shape[1]), _INK, font)
        pen.text((x, below + _LETTERS + 4), _cut(second, font, shape[1]), _MUTED, font)
    return np.asarray(sheet)


def sheet_size(tiles: int, columns: int, shape: tuple[int, int]) -> tuple[int, int]:
    """Return height and width in pixels of a sheet of so many tiles.

    Args:
        tiles: At least one.
        columns: Most tiles in a row.
        shape: Height and width of a tile.

    Raises:
        ConfigError: If it has no columns, or is larger than a picture file can be.
    """
    if columns < 1:
        raise ConfigError(f"--columns: expected 1 or more, found {columns}")
    columns = min(columns, tiles)
    rows = -(-tiles // columns)
    height = _GAP + rows * (shape[0] + _CAPTION + _GAP)
    width = _GAP + columns * (shape[1] + _GAP)
    if max(height, width) > _LARGEST:
        raise ConfigError(
            f"--out: expected a sheet of at most {_LARGEST:,} pixels a side, found {width:,} x "
            f"{height:,}; take a smaller --number, other --columns, or a file that ends in .html"
        )
    return height, width


def encode(sheet: Image, suffix: str) -> bytes:
    """Return a sheet as the bytes of a file with one of the suffixes of :data:`FORMATS`."""
    file = io.BytesIO()
    PIL.Image.fromarray(sheet).save(file, FORMATS[suffix.lower()], quality=_QUALITY)
    return file.getvalue()


def _caption(tile: Tile, folder: Path) -> tuple[str, str]:
    name = name_within(tile.picture.path, folder)
    if tile.whole:
        return name, counted(len(tile.people), "person", "people") if tile.people else "nobody"
    (person,) = tile.people
    hidden = int((person.keypoints[:, 2] == 1).sum())
    joints = f"{person.labelled} of {len(person.keypoints)} joints"
    return f"#{person.id}: {joints}" + (f", {hidden} hidden" if hidden else ""), name


def _cut(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: int) -> str:
    """Leave away the beginning of a text that is too long: names differ at their end."""
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength("..." + text) > width:
        text = text[1:]
    return "..." + text
