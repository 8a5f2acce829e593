"""The colours of what people wear: the type that those who find them and those who write share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClothColour:
    """One of the main colours of a part of the body.

    Attributes:
        rgb: As ``#1f3a5b``, sRGB.
        name: In plain words, as ``dark blue``.
        share: Of the pixels of the part that have a main colour, 0..1, two decimals.
    """

    rgb: str
    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Clothes:
    """The main colours of one person, largest share first; the shares of a part sum to one.

    Attributes:
        upper: Of the trunk; empty where it is not seen.
        lower: Of the legs; empty where they are not seen.
    """

    upper: tuple[ClothColour, ...] = ()
    lower: tuple[ClothColour, ...] = ()

    @property
    def names(self) -> tuple[str | None, str | None]:
        """The names of the largest colours above and below, None where not seen."""
        return (
            self.upper[0].name if self.upper else None,
            self.lower[0].name if self.lower else None,
        )
