"""Look at many pictures quickly: can they be read, how large are they, which are alike?"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.ImageOps

from pedpose.data.likeness import Likeness, likeness_of
from pedpose.errors import SourceError
from pedpose.files import is_file, sha256_of
from pedpose.geometry import Image
from pedpose.pictures import (
    DECODER_ERRORS,
    is_turned,
    open_picture,
    read_picture,
    upright_size,
)
from pedpose.progress import Progress, unheard

# libjpeg can decode at a part of the size, which is enough for a hash and much quicker.
_JPEG = ("JPEG", "MPO")
_REDUCED_TO = (96, 96)


@dataclass(frozen=True, slots=True)
class Scan:
    """What one picture file is.

    Attributes:
        path: Of the file.
        sha256: Of its bytes.
        width: In pixels, upright: turned as its EXIF orientation says.
        height: In pixels, upright.
        turned: Whether EXIF turns it by a quarter, so that stored width and height change places.
        likeness: To find copies by; None where it cannot be read.
        error: Why it cannot be read; the other values say nothing then.
        missing: Whether there is no such file.
    """

    path: Path
    sha256: str = ""
    width: int = 0
    height: int = 0
    turned: bool = False
    likeness: Likeness | None = None
    error: str | None = None
    missing: bool = False


def scan_pictures(paths: Iterable[Path], progress: Progress = unheard) -> dict[Path, Scan]:
    """Look at pictures, each path once, on all cores.

    Args:
        paths: Of the pictures.
        progress: Is told of each picture that is done.
    """
    unique = list(dict.fromkeys(paths))
    scans: dict[Path, Scan] = {}
    # Threads are enough: decoding, hashing and reading all let go of Python's lock.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for done, scan in enumerate(pool.map(scan_picture, unique), start=1):
                scans[scan.path] = scan
                progress("pictures", done, len(unique))
        except BaseException:
            # Ctrl-C must not wait for thousands of pictures.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return scans


def scan_picture(path: Path) -> Scan:
    """Look at one picture; all of its data are decoded, so that a truncated file is found."""
    if not is_file(path):
        return Scan(path, error="no such file", missing=True)
    try:
        image, (width, height), turned = _read(path)
        sha256 = sha256_of(path)
    except (SourceError, OSError) as error:
        return Scan(path, error=str(error).removeprefix(f"{path}: "))
    return Scan(path, sha256, width, height, turned, likeness_of(image))


def _read(path: Path) -> tuple[Image, tuple[int, int], bool]:
    """Return a picture, perhaps reduced, its full upright size and whether EXIF turns it."""
    turned = False
    try:
        with open_picture(path) as picture:
            turned = is_turned(picture)
            if picture.format in _JPEG:
                size = upright_size(picture)
                picture.draft("RGB", _REDUCED_TO)
                upright = PIL.ImageOps.exif_transpose(picture)
                return np.array(upright.convert("RGB")), size, turned
    except (OSError, *DECODER_ERRORS):
        # read_picture says what is wrong, in the words of the other commands.
        pass
    image = read_picture(path)
    return image, (image.shape[1], image.shape[0]), turned
