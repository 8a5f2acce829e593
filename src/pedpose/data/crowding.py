"""How many people a picture shows, in the few classes that pictures are counted by."""

from __future__ import annotations

from bisect import bisect_right

CROWDING = ("0", "1", "2", "3-5", "6+")
"""Numbers of people in a picture that are told apart."""

_FIRST_OF_CROWDING = (0, 1, 2, 3, 6)


def crowding(people: int) -> int:
    """Return the place in :data:`CROWDING` of a picture with so many people."""
    return bisect_right(_FIRST_OF_CROWDING, people) - 1
