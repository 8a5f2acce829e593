"""What is done to a frame before anything of it is written or shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from pedpose.geometry import Image
from pedpose.inference.clothes import clothes_of
from pedpose.inference.heat import heat_of
from pedpose.inference.look import Sight
from pedpose.inference.privacy import FaceBlur
from pedpose.inference.region import Region
from pedpose.inference.shape import body_shapes
from pedpose.people import People
from pedpose.reading.frame import Frame
from pedpose.reading.sources import Source
from pedpose.writing.seen import Seen

_HIDDEN = 128  # grey of what was not searched for faces


@dataclass(frozen=True, slots=True)
class Finishing:
    """Outlines bodies, tells colours and covers faces, where it is asked for.

    Attributes:
        shapes: Whether bodies are outlined.
        colours: Whether the colours of clothes are told. They are those of the frame as it was
            read: the discs that cover heads would be taken for clothes.
        faces: Covers faces; None where they stay.
        region: The only part of the picture that is searched for people. What lies beside it is
            hidden where faces are covered, since nobody looks for faces there.
        heat: Least score of people whose heat is drawn; None where it is not asked for.
    """

    shapes: bool = False
    colours: bool = False
    faces: FaceBlur | None = None
    region: Region | None = None
    heat: float | None = None

    def __call__(self, source: Source, frame: Frame, sight: Sight, people: People) -> Seen:
        """Return what is written of a frame.

        Args:
            source: Where the frame is from.
            frame: The frame as it was read; it is not changed.
            sight: All that was seen in it, also with low scores.
            people: Who is reported.
        """
        size = frame.image.shape[:2]
        shapes = body_shapes(people, size) if self.shapes else None
        clothes = clothes_of(frame.image, people) if self.colours else None
        heat = None
        if self.heat is not None:
            scores = sight.estimate.people.scores
            warm = zip(sight.estimate.heat or (), scores, strict=True)
            heat = heat_of([person for person, score in warm if score >= self.heat], size)
        if self.faces is not None:
            frame = self.faces(source.name, frame, sight.estimate.people)
            if self.region is not None:
                frame = replace(frame, image=_hide_outside(frame, self.region))
        return Seen(frame, people, shapes, heat, sight.still, clothes)

    def forget(self, source: Source) -> None:
        """Forget a source that has ended."""
        if self.faces is not None:
            self.faces.finish(source.name)


def _hide_outside(frame: Frame, region: Region) -> Image:
    """Return a frame's image (H, W, 3) with plain grey beside a region."""
    height, width = frame.image.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    corners = np.round(region.points(width, height)).astype(np.int32)
    cv2.fillPoly(mask, [corners], (255,))
    return np.where(mask[:, :, None] > 0, frame.image, np.uint8(_HIDDEN))
