"""A frame and what was found in it: what writers are given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pedpose.clothing import Clothes
from pedpose.people import Floats, People
from pedpose.reading.frame import Frame


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame and what was found in it.

    Attributes:
        frame: The frame; where faces are made unrecognisable they are so in its image.
        people: Whom was found, in continuous pixels of the frame.
        shapes: For each person the outline of the body, (M, 2) x, y in continuous pixels of the
            frame, empty where too few joints were seen; None where not asked for.
        heat: (H, W) uint8, of the size of the frame, 255 where the joint network is sure of any
            joint; None where not asked for.
        still: Whether the frame was taken for the same as the one before, and its people with it.
        clothes: For each person the colours of the clothes; None where not asked for.
    """

    frame: Frame
    people: People
    shapes: tuple[Floats, ...] | None = None
    heat: NDArray[np.uint8] | None = None
    still: bool = False
    clothes: tuple[Clothes, ...] | None = None
