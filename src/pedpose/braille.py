"""Characters of dots, two across and four down, of which terminals can draw lines."""

from __future__ import annotations

DOTS_X, DOTS_Y = 2, 4
"""Dots of a character."""

BLANK = "\N{BRAILLE PATTERN BLANK}"
"""The character without dots."""

# Unicode, "Braille Patterns": the bit of each dot of a character, by row and column.
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


def with_dot(character: str, x: int, y: int) -> str:
    """Return a character with one more dot.

    Args:
        character: Of dots.
        x: Of the dot in the whole drawing, in dots from the left.
        y: Of the dot in the whole drawing, in dots from the top.
    """
    return chr(ord(character) | _BITS[y % DOTS_Y][x % DOTS_X])
