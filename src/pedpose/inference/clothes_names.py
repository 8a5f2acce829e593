"""Plain names of colours: that of the nearest of a list of examples in CIE Lab.

Most names have several examples, pale and strong, since clothes in photographs are paler than
colours on a screen: the mean of the names' examples elsewhere (such as pure blue, #0000ff) is
farther from jeans than grey is. The examples were set by hand, with no photograph looked at. A name
tells of the colour in the picture: a white shirt in the shade is grey in it, and is called so.
"""

from __future__ import annotations

from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

EXAMPLES = MappingProxyType(
    {
        "black": "#000000 #141414 #1e1e20 #231c1a #182124",
        "dark grey": "#3a3a3a #4c4c4c #36403f",
        "grey": "#6e6e6e #8c8c8c",
        "light grey": "#b0b0b0 #c8c8c8",
        "white": "#e8e8e8 #ffffff",
        "dark red": "#3a1416 #5c1c20 #880a10",
        "red": "#8e3a3a #a8201e #d02020 #ff0000",
        "pink": "#c07a86 #dca8b0 #f0c8d0 #d8407c #ff69b4 #e0707c",
        "dark brown": "#2e2018 #44301f",
        "brown": "#5e4432 #7c5232 #8a6848",
        "light brown": "#a88a68 #b87c4c",
        "beige": "#c8b49a #e0d0b4",
        "orange": "#d0662a #f07a10 #ffa500 #f0a868",
        "yellow": "#c8a828 #e8c832 #ffff00 #e8dc90",
        "olive": "#3c3a20 #5c5a30 #84804c #7c7c10",
        "dark green": "#16281c #2a4230 #0a4a1e #0a5a10",
        "green": "#4c6e50 #2e7d3a #3caa3c #00ff00 #9acd32",
        "light green": "#9cbc94 #b4dca4",
        "dark turquoise": "#103c40 #1c5c60",
        "turquoise": "#3c8486 #1e9494 #40d0c8",
        "light turquoise": "#8ccac6 #a8ece4",
        "dark blue": "#141a30 #1f2c48 #1f3a5b #10106e",
        "blue": "#3c567c #54708e #2a58a8 #2040e0 #1e90ff",
        "light blue": "#88a4c4 #a8c4e0 #80c8f4",
        "dark purple": "#281a30 #44284e",
        "purple": "#604a6a #7a3c8e #a030d0",
        "light purple": "#9c88ac #c4acd8 #d4c0dc",
    }
)
"""Names and, of each, examples in sRGB."""


def to_lab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return sRGB colours (N, 3) in CIE Lab (D65), L in 0..100."""
    return np.asarray(cv2.cvtColor(rgb[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0])


def to_hex(lab: NDArray[np.float32]) -> list[str]:
    """Return CIE Lab colours (N, 3) as text like ``#1f3a5b``, the nearest that sRGB has."""
    rgb = cv2.cvtColor(lab[None].astype(np.float32), cv2.COLOR_LAB2RGB)[0]
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.round(np.clip(rgb, 0, 1) * 255).astype(int)]


def colour_names(lab: NDArray[np.float32]) -> list[str]:
    """Return the names of CIE Lab colours (N, 3)."""
    apart = np.square(lab[:, None] - _LAB[None]).sum(axis=2)
    return [_NAMES[place] for place in apart.argmin(axis=1).tolist()]


_NAMES = tuple(name for name, examples in EXAMPLES.items() for _ in examples.split())
_LAB = to_lab(
    np.array([list(bytes.fromhex(e[1:])) for t in EXAMPLES.values() for e in t.split()], np.uint8)
)
