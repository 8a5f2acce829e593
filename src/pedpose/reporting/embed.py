"""Pictures inside of a page."""

from __future__ import annotations

import base64
import io

import PIL.Image

from pedpose.geometry import Image

_QUALITY = 78


def jpeg_uri(image: Image, quality: int = _QUALITY) -> str:
    """Return a picture (H, W, 3) RGB as a data URI; the same picture gives the same text.

    Args:
        image: The picture.
        quality: Of JPEG, 1 to 95.
    """
    return data_uri(PIL.Image.fromarray(image), "JPEG", quality=quality)


def png_uri(image: Image) -> str:
    """Return a picture (H, W, 3) RGB as a data URI that keeps each pixel as it is."""
    return data_uri(PIL.Image.fromarray(image), "PNG")


def data_uri(picture: PIL.Image.Image, kind: str, **options: int | bytes) -> str:
    """Return a picture of any mode as a data URI.

    Args:
        picture: The picture.
        kind: ``JPEG`` or ``PNG``.
        options: Of Pillow for this kind.
    """
    file = io.BytesIO()
    picture.save(file, kind, optimize=True, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"
