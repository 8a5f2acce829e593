"""Find pictures that are the same, or nearly the same.

Two pictures of a video, or one picture saved twice at other sizes and qualities, teach the same
thing: in training and validation data at once they make every figure too good. Identical files are
found by :func:`pedpose.files.sha256_of`, other copies by the hash here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from pedpose.geometry import Image

_SIDE = 32
_KEPT = 8
NEAR_BITS = 6
"""Bits of 64 in which two perceptual hashes of nearly the same picture differ at most."""

_BLOCK = 512


def perceptual_hash(image: Image) -> int:
    """Return 64 bits that hardly change with size, compression and brightness of a picture.

    The signs of the lowest frequencies of the picture against their median (Zauner,
    "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010).

    Args:
        image: (H, W, 3) RGB uint8.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = np.asarray(cv2.dct(small))[:_KEPT, :_KEPT].flatten()
    # The first is the brightness of the whole, which says nothing of what is shown.
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def near_pairs(hashes: Sequence[int], bits: int = NEAR_BITS) -> Iterator[tuple[int, int]]:
    """Yield the places i < j of all pairs of hashes that differ in at most so many bits."""
    values = np.array(hashes, np.uint64)
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK]
        distance = np.bitwise_count(block[:, None] ^ values[None, start:])
        for i, j in np.argwhere(distance <= bits):
            if i < j:
                yield start + int(i), start + int(j)
