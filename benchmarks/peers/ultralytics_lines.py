"""The lines that ``yolo pose predict`` prints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PICTURE = re.compile(r"^image (\d+)/\d+ .*: \d+x\d+ (.*), (\d+(?:\.\d+)?)ms\s*$")
_PEOPLE = re.compile(r"\b(\d+) persons?\b")
_SPEED = re.compile(
    r"Speed: ([\d.]+)ms preprocess, ([\d.]+)ms inference, ([\d.]+)ms postprocess per image"
)


@dataclass(frozen=True)
class PictureLine:
    """One picture.

    Attributes:
        people: How many were found.
        inference_ms: Time of the network alone.
    """

    people: int
    inference_ms: float


def read_picture_line(line: str) -> PictureLine | None:
    """Return what a line tells of a picture, or None for other lines."""
    found = _PICTURE.match(line)
    if found is None:
        return None
    people = _PEOPLE.search(found[2])
    return PictureLine(0 if people is None else int(people[1]), float(found[3]))


def read_around_ms(lines: Iterable[str]) -> float:
    """Return the mean time before and after the network, in milliseconds a picture.

    Raises:
        ValueError: If no line tells the speed.
    """
    for line in lines:
        found = _SPEED.search(line)
        if found is not None:
            return float(found[1]) + float(found[3])
    raise ValueError("expected a line 'Speed: ...ms preprocess, ...', found none")
