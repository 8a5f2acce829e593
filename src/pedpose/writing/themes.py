"""How people are drawn: named themes, and the choices that they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from pedpose.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Style:
    """How people are drawn.

    Attributes:
        ground: ``picture``, or ``paper``: a plain sheet of the picture's size on which nobody can
            be recognised.
        limbs: Colours of limbs and joints: by ``side`` of the body, or by ``track``, where people
            without a track are coloured by side.
        boxes: Whether boxes are drawn.
        ids: Whether the track ids are written.
        scores: Whether the scores of people are written.
        trails: Whether the ways are drawn that tracks have come.
        shapes: Whether the shapes of bodies are drawn, where they are known.
        swatches: Whether the colours of clothes are drawn, where they are known.
        min_score: Joints with a lower score are not drawn.
    """

    ground: Literal["picture", "paper"] = "picture"
    limbs: Literal["side", "track"] = "side"
    boxes: bool = True
    ids: bool = True
    scores: bool = True
    trails: bool = False
    shapes: bool = True
    swatches: bool = True
    min_score: float = 0.5

    def __post_init__(self) -> None:
        """Refuse a score that no joint, or each one, has."""
        if not 0 <= self.min_score <= 1:
            raise ConfigError(f"style: expected a joint score in 0..1, found {self.min_score}")


THEMES = MappingProxyType(
    {
        "sides": Style(),
        "tracks": Style(limbs="track", scores=False, trails=True),
        "plain": Style(boxes=False, ids=False, scores=False, shapes=False, swatches=False),
        "paper": Style(ground="paper", limbs="track", boxes=False, scores=False, trails=True),
    }
)


def find_theme(name: str) -> Style:
    """Return the style that a theme stands for; ``dataclasses.replace`` changes parts of it.

    Raises:
        ConfigError: If there is no such theme.
    """
    if name not in THEMES:
        raise ConfigError(f"theme: expected one of {', '.join(THEMES)}, found {name}")
    return THEMES[name]
