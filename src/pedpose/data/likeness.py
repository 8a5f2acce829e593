"""Find pictures that are nearly the same.

Two pictures of a video, or one picture saved twice at other sizes and qualities, teach the same
thing: in training and validation data at once they make every figure too good. Identical files are
found by :func:`pedpose.files.sha256_of`, other copies by their likeness here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.geometry import Image

NEAR_BITS = 6
"""Bits of 64 in which two hashes of nearly the same picture differ at most."""

_ALIKE = 0.9
"""Least correlation of two pictures reduced to 16 x 16 grey values: a hash of 64 bits alone takes
different pictures on an empty background for the same."""

_FLAT = 2.0
"""Spread of grey values below which a picture shows nothing."""

_SIDE = 32
_KEPT = 8
_SMALL = (16, 16)
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two copies of a picture have in common, whatever their size and quality.

    Attributes:
        hash: 64 bits that hardly change with size, compression and brightness.
        small: (256,) grey values of the picture reduced to 16 x 16.
    """

    hash: int
    small: NDArray[np.uint8]


def likeness_of(image: Image) -> Likeness:
    """Return the likeness of a picture (H, W, 3) RGB uint8."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = np.asarray(cv2.resize(grey, _SMALL, interpolation=cv2.INTER_AREA), np.uint8)
    return Likeness(_perceptual_hash(grey), small.ravel())


def _perceptual_hash(grey: cv2.typing.MatLike) -> int:
    """Return 64 bits that hardly change with size, compression and brightness of a picture (H, W).

    The signs of the lowest frequencies of the picture against their median (Zauner,
    "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010).
    """
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = np.asarray(cv2.dct(small))[:_KEPT, :_KEPT].flatten()
    # The first is the brightness of the whole, which says nothing of what is shown.
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def find_alike(likenesses: Sequence[Likeness]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yield the places of pictures that look nearly like others, and the places of those others.

    In blocks of arrays: in video of a fixed camera millions of pairs are alike.
    """
    if not likenesses:
        return
    hashes = np.array([likeness.hash for likeness in likenesses], np.uint64)
    small = np.array([likeness.small for likeness in likenesses], np.float32)
    centred = small - small.mean(axis=1, keepdims=True)
    flat = centred.std(axis=1) < _FLAT
    brightness = small.mean(axis=1)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    for start in range(0, len(likenesses), _BLOCK):
        block = slice(start, start + _BLOCK)
        close = np.bitwise_count(hashes[block, None] ^ hashes[None]) <= NEAR_BITS
        if close.sum() == len(close):
            continue  # each is like itself only
        alike = (unit[block] @ unit.T > _ALIKE) & ~flat[block, None] & ~flat
        level = np.abs(brightness[block, None] - brightness) < _FLAT
        close &= alike | (level & flat[block, None] & flat)
        for row in np.flatnonzero(close.any(axis=1)):
            mine = start + int(row)
            others = np.flatnonzero(close[row])
            if len(others := others[others != mine]):
                yield mine, others
