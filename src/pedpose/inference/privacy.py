"""Heads made unrecognisable, for good.

Each head becomes a disc of one colour: the mean of what is under it, in coarse steps. That is the
weakest of all mosaics on purpose. Networks recognise people of a known group behind mosaics that
look safe to the eye (McPherson et al., "Defeating Image Obfuscation with Deep Learning", 2016),
text behind a mosaic can be read (Hill et al., "On the (In)effectiveness of Mosaicing and Blurring
as Tools for Document Redaction", PoPETs 2016), and a video shows the same head under blocks that
move a little from frame to frame, from which a finer picture can be computed. One mean over the
whole head has no spatial detail to begin with; in steps of :data:`COLOUR_STEP` it tells at most 12
bits a frame.

What remains visible: the coarse colour of head and hair, the body, clothes and gait. Nobody is
covered who is not found: in video a head stays covered for a while after its person was last seen,
but one who has never been found is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from pedpose.errors import ConfigError
from pedpose.geometry import Image
from pedpose.inference.head_memory import HeadMemory
from pedpose.inference.head_regions import Circles, check_heads, head_regions
from pedpose.people import People
from pedpose.reading.frame import Frame
from pedpose.skeleton import Skeleton

COLOUR_STEP = 16


@dataclass(frozen=True, slots=True)
class BlurSettings:
    """How heads are covered.

    Attributes:
        min_score: Joints with a lower score do not tell where a head is.
        keep_s: Seconds for which a head of a video stays covered after it was last found.
    """

    min_score: float = 0.1
    keep_s: float = 0.5

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        if not 0 <= self.min_score <= 1:
            raise ConfigError(f"min_score: expected 0..1, found {self.min_score}")
        if not 0 <= self.keep_s < np.inf:
            raise ConfigError(f"keep_s: expected 0 or more seconds, found {self.keep_s}")


class FaceBlur:
    """Covers the heads of the people in frames of several sources, which may come in turns."""

    def __init__(self, skeleton: Skeleton, settings: BlurSettings | None = None) -> None:
        """Make sure that heads can be found.

        Raises:
            ConfigError: If the skeleton has neither head joints nor shoulders.
        """
        check_heads(skeleton)
        self._skeleton = skeleton
        self._settings = settings or BlurSettings()
        self._memories: dict[str, HeadMemory] = {}

    def __call__(self, source_name: str, frame: Frame, people: People) -> Frame:
        """Return the frame with every head covered; the given one is left as it is.

        Args:
            source_name: Whose frame it is; frames of one source come in order.
            frame: A picture, or a frame of a video with its time.
            people: All who may be in it, also those with low scores.

        Raises:
            ValueError: If the people have other joints than this was made for.
        """
        if people.skeleton.names != self._skeleton.names:
            raise ValueError(
                f"expected people with the joints {self._skeleton.names}, "
                f"found {people.skeleton.names}"
            )
        regions = head_regions(people, self._settings.min_score)
        if frame.time_s is not None:
            memory = self._memories.setdefault(source_name, HeadMemory(self._settings.keep_s))
            regions = memory.with_missing(regions, frame.time_s)
        return replace(frame, image=covered(frame.image, regions))

    def finish(self, source_name: str) -> None:
        """Forget a source."""
        self._memories.pop(source_name, None)


def covered(image: Image, regions: Circles) -> Image:
    """Return a copy of a picture in which circles are filled with one colour each.

    Args:
        image: (H, W, 3) RGB uint8; it is left as it is.
        regions: (R, 3) x, y, radius in continuous pixels; may lie outside.

    Returns:
        (H, W, 3): every pixel that a circle touches has the mean colour of one of them.
    """
    height, width = image.shape[:2]
    result = image.copy()
    for x, y, radius in regions.tolist():
        # Half a pixel's diagonal more: pixels are covered that the circle only touches.
        reach = radius + 0.71
        left, top = max(int(x - reach), 0), max(int(y - reach), 0)
        right, bottom = min(int(x + reach) + 1, width), min(int(y + reach) + 1, height)
        if left >= right or top >= bottom:
            continue
        columns = np.arange(left, right) + (0.5 - x)
        rows = np.arange(top, bottom) + (0.5 - y)
        inside = np.square(rows)[:, None] + np.square(columns)[None] <= reach * reach
        if not inside.any():
            continue
        mask = inside.astype(np.uint8)
        part = (slice(top, bottom), slice(left, right))
        mean = np.array(cv2.mean(image[part], mask)[:3])
        colour = mean // COLOUR_STEP * COLOUR_STEP + COLOUR_STEP // 2
        result[part][inside] = colour.astype(np.uint8)
    return result
