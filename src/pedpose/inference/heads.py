"""Where the head is, from the joints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pedpose.inference.body_scale import Place

EARS = ("left_ear", "right_ear")
EYES = ("left_eye", "right_eye")
SHOULDERS = ("left_shoulder", "right_shoulder")
FACE = ("nose", *EYES, *EARS, "head", "chin")
CROWN = ("head_top", "top_head")

# Parts of the body height. The first is the height of a head, chin to vertex, of Drillis and
# Contini ("Body Segment Parameters", 1966).
HEAD_HEIGHT = 0.130
_SHOULDERS_TO_HEAD = 0.14
_EARS_TO_MIDDLE = 0.01


@dataclass(frozen=True, slots=True)
class Head:
    """A head in a picture.

    Attributes:
        middle: x, y between chin and crown.
        up: Unit vector from the chin to the crown.
    """

    middle: Place
    up: Place


def find_head(places: Mapping[str, Place], height: float) -> Head | None:
    """Return where the head is, or None where neither face nor shoulders are seen.

    Args:
        places: x, y of the joints that are seen, by plain name.
        height: Of the body in pixels (see :func:`body_height`).
    """
    shoulders = _mean(places, SHOULDERS)
    face = _mean(places, EARS)
    if face is None:
        face = _mean(places, FACE)
    if face is None and (crown := _mean(places, CROWN)) is not None:
        up = _up(places, shoulders, crown)
        return Head(crown - up * (HEAD_HEIGHT / 2 * height), up)
    if face is None:
        if shoulders is None or not all(name in places for name in SHOULDERS):
            return None
        up = _up(places, shoulders, None)
        return Head(shoulders + up * (_SHOULDERS_TO_HEAD * height), up)
    up = _up(places, shoulders, face)
    return Head(face + up * (_EARS_TO_MIDDLE * height), up)


def _up(places: Mapping[str, Place], shoulders: Place | None, face: Place | None) -> Place:
    """Return the direction of the crown: along the neck or the trunk, else up in the picture."""
    below = shoulders if face is not None else _mean(places, ("left_hip", "right_hip"))
    above = face if face is not None else shoulders
    if below is not None and above is not None:
        along = above - below
        length = float(np.hypot(*along))
        if length > 0:
            return np.asarray(along / length)
    return np.array([0.0, -1.0])


def _mean(places: Mapping[str, Place], names: tuple[str, ...]) -> Place | None:
    found = [places[name] for name in names if name in places]
    return np.asarray(sum(found) / len(found)) if found else None
