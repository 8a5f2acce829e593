"""Everything that can be chosen of a measurement, checked in one place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pedpose.errors import ConfigError
from pedpose.runtime.choice import Wanted

MOST_ROUNDS = 3
"""How often variants take turns: a machine that gets slower meanwhile does so for all."""

WARM_UP = 2
"""Turns of each process that are not counted."""

PICTURES_AT_ONCE, PEOPLE_AT_ONCE = 8, 3
"""What the throughput is measured with: so many pictures at once, each with so many people."""

_MOST_PEOPLE = 1000
_LEAST_SIDE, _MOST_SIDE = 32, 8192

Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """What ``pedpose bench`` measures.

    Attributes:
        picture: A picture with people; that of the package where None.
        people: Numbers of people.
        sizes: Sizes that the picture is resized to.
        runtimes: What runs the networks; None for all that are installed.
        precisions: In which precisions; None for what each runtime takes itself, and fp32.
        weights: Joint network; the package's own where None.
        person_weights: Person finder; the package's own where None.
        device: Where the networks are run.
        batch: Most crops that are run at once; None for what suits the device.
        repeats: How often everything is measured.
    """

    picture: Path | None = None
    people: tuple[int, ...] = (1, 3, 10, 30)
    sizes: tuple[Size, ...] = ((640, 480),)
    runtimes: tuple[str, ...] | None = None
    precisions: tuple[str, ...] | None = None
    weights: Path | None = None
    person_weights: Path | None = None
    device: str = "auto"
    batch: int | None = None
    repeats: int = 20

    def __post_init__(self) -> None:
        """Refuse what cannot be measured."""
        for count in self.people:
            if not 1 <= count <= _MOST_PEOPLE:
                raise ConfigError(f"people: expected 1..{_MOST_PEOPLE}, found {count}")
        for width, height in self.sizes:
            if not _LEAST_SIDE <= min(width, height) <= max(width, height) <= _MOST_SIDE:
                raise ConfigError(
                    f"size: expected sides of {_LEAST_SIDE} to {_MOST_SIDE} pixels, found "
                    f"{width}x{height}"
                )
        for runtime in self.runtimes or ("auto",):
            for precision in self.precisions or ("auto",):
                Wanted(runtime, self.device, precision)
        for name in ("batch", "repeats"):
            found = getattr(self, name)
            if found is not None and found < 1:
                raise ConfigError(f"{name}: expected 1 or more, found {found}")

    @property
    def shares(self) -> list[int]:
        """How many of the repeats fall to each round."""
        rounds = min(MOST_ROUNDS, self.repeats)
        return [(self.repeats + place) // rounds for place in reversed(range(rounds))]


def parse_people(text: str) -> tuple[int, ...]:
    """Read numbers of people, such as ``1,3,10``.

    Raises:
        ConfigError: If one of them is no number.
    """
    return tuple(_number(part, "people", text, "1,3,10,30") for part in parse_names(text))


def parse_sizes(text: str) -> tuple[Size, ...]:
    """Read sizes of pictures, such as ``640x480,1280x720``.

    Raises:
        ConfigError: If one of them is no width and height.
    """
    example = "640x480,1280x720"
    sizes = []
    for part in parse_names(text):
        width, _, height = part.lower().partition("x")
        sizes.append(
            (_number(width, "size", text, example), _number(height, "size", text, example))
        )
    return tuple(sizes)


def parse_names(text: str) -> tuple[str, ...]:
    """Split a list at its commas; what is named twice counts once.

    Raises:
        ConfigError: If it is empty.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise ConfigError(f"expected a list such as a,b,c, found {text!r}")
    return names


def _number(part: str, name: str, text: str, example: str) -> int:
    if not part.isascii() or not part.isdigit():
        raise ConfigError(f"{name}: expected numbers, as {example}, found {text!r}")
    return int(part)
