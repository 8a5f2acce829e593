"""Which frames the finder looks at, and that people come out at the right frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from pedpose import People, Skeleton
from pedpose.errors import ConfigError
from pedpose.geometry import Image
from pedpose.inference.detector import Estimate, PoseDetector
from pedpose.inference.look import Looker, LookSettings
from pedpose.inference.region import parse_region
from pedpose.people import Floats
from pedpose.reading.frame import Frame
from pedpose.reading.sources import Source

CORNERS = Skeleton(("a", "b", "c", "d"))
A, B = Source(Path("a"), "video", "a"), Source(Path("b"), "video", "b")
PICTURE = Source(Path("p"), "picture", "p")


class Dots:
    """Stands for the detector: each bright pixel is a person of 8 x 8 pixels around it.

    The joints are the corners.
    """

    skeleton = CORNERS

    def __init__(self) -> None:
        self.searched: list[int] = []
        self.batches: list[int] = []

    def find(self, images: Sequence[Image]) -> list[tuple[Floats, Floats]]:
        self.searched.append(len(images))
        return [self._boxes(image) for image in images]

    def _boxes(self, image: Image) -> tuple[Floats, Floats]:
        y, x = np.nonzero(image[:, :, 0] == 255)
        boxes = np.column_stack([x - 3.5, y - 3.5, x + 4.5, y + 4.5]).astype(np.float32)
        return boxes, np.full(len(boxes), 0.9, np.float32)

    def estimate(
        self, images: Sequence[Image], boxes: Sequence[Floats], found: Sequence[Floats]
    ) -> list[Estimate]:
        self.batches.append(len(images))
        return [self._in(*each) for each in zip(images, boxes, found, strict=True)]

    def _in(self, image: Image, boxes: Floats, found: Floats) -> Estimate:
        """See in each box the nearest person."""
        keypoints = np.ones((len(boxes), 4, 3), np.float32)
        dots = self._boxes(image)[0]
        for person, box in zip(keypoints, boxes, strict=True):
            nearest = np.abs(dots - box).sum(axis=1).argmin()
            x1, y1, x2, y2 = dots[nearest]
            person[:, :2] = [[x1, y1], [x2, y1], [x1, y2], [x2, y2]]
        return Estimate(People(CORNERS, keypoints, boxes, found), found)

    def choose(self, estimate: Estimate) -> Estimate:
        return estimate


def frame(index: int, *dots: tuple[int, int], fps: float = 25) -> Frame:
    image = np.zeros((60, 80, 3), np.uint8)
    for x, y in dots:
        image[y, x] = 255
    return Frame(image, index, index / fps)


def looker(**settings: object) -> tuple[Looker, Dots]:
    dots = Dots()
    return Looker(cast(PoseDetector, dots), LookSettings(**settings)), dots  # type: ignore[arg-type]


def places(sights: Sequence[object]) -> list[list[float]]:
    return [(s.estimate.people.keypoints[:, 0, 0] + 4).tolist() for s in sights]  # type: ignore[attr-defined]


FRAMES = [(A, frame(i, (10 + i, 20))) for i in range(6)]
WHERE = [[10.5 + i] for i in range(6)]


def test_all_frames_go_through_both_networks_together():
    look, dots = looker()
    assert places(look(FRAMES)) == WHERE
    assert (dots.searched, dots.batches) == ([6], [6])


def test_each_third_frame_is_searched_and_the_others_follow():
    look, dots = looker(find_every=3)
    assert places(look(FRAMES)) == WHERE
    assert (dots.searched, dots.batches) == ([2], [6])


def test_between_searches_frames_of_several_sources_go_together():
    look, dots = looker(find_every=3)
    mixed = [pair for i in range(6) for pair in ((A, FRAMES[i][1]), (B, frame(i, (40, 30))))]
    assert places(look(mixed)) == [where for w in WHERE for where in (w, [40.5])]
    assert (dots.searched, dots.batches) == ([4], [12])


def test_state_lasts_from_batch_to_batch_until_a_source_is_forgotten():
    look, dots = looker(find_every=4)
    look(FRAMES[:2])
    look(FRAMES[2:4])
    assert sum(dots.searched) == 1
    look.forget(A)
    look(FRAMES[4:])
    assert sum(dots.searched) == 2


def test_people_who_move_fast_are_met_on_their_way_to_where_they_are_found_next():
    look, _ = looker(find_every=5)
    fast = [(A, frame(i, (10 + 5 * i, 20))) for i in range(6)]
    assert places(look(fast)) == [[10.5 + 5 * i] for i in range(6)]


def test_who_leaves_the_picture_is_seen_no_more():
    look, _ = looker(find_every=30)
    there = np.zeros((60, 80, 3), np.uint8)
    away = Frame(there, 1, 0.04)
    look([(A, frame(0, (1, 20)))])
    state = look._states["a"]
    state.carrier._last.people.keypoints[:, :, 0] -= 200  # type: ignore[union-attr]
    state.carrier._last.people.boxes[:, ::2] -= 200  # type: ignore[union-attr]
    assert len(look([(A, away)])[0].estimate.people) == 0


def test_pictures_are_searched_each():
    look, dots = looker(find_every=5, skip_still=True)
    same = [(PICTURE, frame(0, (10, 20)))] * 3
    assert places(look(same)) == [[10.5]] * 3
    assert sum(dots.searched) == 3


def test_a_still_frame_has_the_people_of_the_one_before():
    look, dots = looker(skip_still=True)
    moving = (A, frame(2, *((x, y) for x in range(30, 38) for y in range(30, 38))))
    sights = look([(A, frame(0, (10, 20))), (A, frame(1, (10, 20))), moving])
    assert [s.still for s in sights] == [False, True, False]
    assert sum(dots.searched) == 2
    assert len(sights[1].estimate.people) == 1 and len(sights[2].estimate.people) == 64


def test_only_the_region_is_searched():
    look, _ = looker(region=parse_region("40,0,80,60"))
    assert places(look([(A, frame(0, (10, 20), (60, 30), (50, 50)))])) == [[60.5, 50.5]]


def test_a_region_beside_the_picture_is_refused():
    look, _ = looker(region=parse_region("400,0,480,60"))
    with pytest.raises(ConfigError, match="region"):
        look(FRAMES)


def test_known_boxes_need_no_finder():
    dots = Dots()
    known = np.array([[7, 17, 15, 25]], np.float32)
    look = Looker(cast(PoseDetector, dots), LookSettings(), lambda source, frame: known.copy())
    assert places(look(FRAMES[:1])) == [[10.5]]
    assert dots.searched == []


def test_searching_each_zeroth_frame_is_refused():
    with pytest.raises(ConfigError, match="find-every"):
        LookSettings(find_every=0)
