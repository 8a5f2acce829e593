"""Pictures inside of a page."""

from __future__ import annotations

import base64
import io

import PIL.Image

from pedpose.geometry import Image

_QUALITY = 78


def jpeg_uri(image: Image) -> str:
    """Return a picture (H, W, 3) RGB as a data URI; the same picture gives the same text."""
    file = io.BytesIO()
    PIL.Image.fromarray(image).save(file, "JPEG", quality=_QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def png_uri(image: Image) -> str:
    """Return a picture (H, W, 3) RGB as a data URI that keeps each pixel as it is."""
    file = io.BytesIO()
    PIL.Image.fromarray(image).save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
