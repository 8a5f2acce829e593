"""Read a picture of any common format as upright RGB, and write one as JPEG."""

from __future__ import annotations

import errno
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import PIL.ExifTags
import PIL.Image
import PIL.ImageOps

from pedpose.errors import SourceError
from pedpose.geometry import Image

# By the names of Pillow, for which JPEG has MPO in it. It knows more formats, of which some run
# other programs (EPS).
_FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")

_QUARTER_TURNS = (5, 6, 7, 8)
"""Values of the EXIF orientation that make a stored row a column."""

# What Pillow's decoders raise on broken files, beside OSError.
DECODER_ERRORS = (
    PIL.Image.DecompressionBombError,
    EOFError,
    IndexError,
    MemoryError,
    OverflowError,
    SyntaxError,
    ValueError,
    struct.error,
    zlib.error,
)


def read_picture(path: Path) -> Image:
    """Read a picture (of an animated one the first frame).

    It is turned upright by its EXIF orientation. Grey values of 16 bits are scaled to 8, and
    transparent parts become white.

    Returns:
        (H, W, 3) RGB uint8.

    Raises:
        SourceError: If the file is missing, empty, truncated, no picture, so large that it may be
            an attack (see ``PIL.Image.MAX_IMAGE_PIXELS``), or of a kind that has no natural 8-bit
            form, such as floating point.
    """
    try:
        with open_picture(path) as picture:
            # In place: each copy of a large picture is a gigabyte.
            PIL.ImageOps.exif_transpose(picture, in_place=True)
            return np.array(_to_rgb(picture))
    except PIL.UnidentifiedImageError as error:
        raise SourceError(f"{path}: expected a picture, found {_content(path)}") from error
    except FileNotFoundError as error:
        raise SourceError(f"{path}: expected a picture, found no such file") from error
    except (OSError, *DECODER_ERRORS) as error:
        raise SourceError(f"{path}: expected a whole, readable picture, found: {error}") from error


@contextmanager
def open_picture(path: Path) -> Iterator[PIL.Image.Image]:
    """Open a picture; only its head is read.

    Raises:
        As Pillow does: OSError and :data:`DECODER_ERRORS`.
    """
    if path.exists() and not path.is_file():
        # Opening a pipe would wait for its other end, for ever.
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    # As an open file: files that Pillow 13 opens by their names, it maps into memory, and turns
    # grey TIFFs with an EXIF orientation into noise.
    with path.open("rb") as file, PIL.Image.open(file, formats=_FORMATS) as picture:
        yield picture


def _to_rgb(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Convert a picture of any mode to 8-bit RGB."""
    if picture.mode == "F" or picture.mode.startswith("I"):
        # Pillow's own conversion to 8 bits would clip all values above 255 to white.
        values = np.asarray(picture)
        if picture.mode == "F" or values.min() < 0 or values.max() > 65535:
            raise ValueError(
                f"values from {values.min()} to {values.max()} (mode {picture.mode}) "
                "where 8 or 16 bits a channel are expected"
            )
        picture = PIL.Image.fromarray(np.round(values / 257.0).astype(np.uint8))
    if picture.has_transparency_data:
        opaque = PIL.Image.new("RGBA", picture.size, "white")
        opaque.alpha_composite(picture.convert("RGBA"))
        picture = opaque
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def upright_size(picture: PIL.Image.Image) -> tuple[int, int]:
    """Return width and height of an open picture as it is shown; its pixels are not read.

    Raises:
        As Pillow does: OSError and :data:`DECODER_ERRORS`.
    """
    width, height = picture.size
    if picture.format == "TIFF":
        # Some versions of Pillow have turned the size already, before the pixels are read.
        tags = picture.getexif()
        width, height = tags[PIL.ExifTags.Base.ImageWidth], tags[PIL.ExifTags.Base.ImageLength]
    return (height, width) if is_turned(picture) else (width, height)


def is_turned(picture: PIL.Image.Image) -> bool:
    """Tell whether EXIF turns an open picture by a quarter, as it is stored."""
    return picture.getexif().get(PIL.ExifTags.Base.Orientation) in _QUARTER_TURNS


def encode_jpeg(image: Image, quality: int) -> bytes:
    """Return a picture (H, W, 3) RGB uint8 as a JPEG file of a quality of 0..100."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1].tobytes()


def _content(path: Path) -> str:
    """Describe a file that is no picture."""
    size = path.stat().st_size
    if size == 0:
        return "an empty file"
    with path.open("rb") as file:
        return f"{size} bytes that begin with {file.read(16)!r}"
