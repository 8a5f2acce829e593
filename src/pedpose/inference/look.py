"""Look at frames of several sources at once: where to look, and whom is seen there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pedpose.errors import ConfigError
from pedpose.geometry import Image, boxes_in_picture
from pedpose.inference.carrying import Boxes, Carrier
from pedpose.inference.detector import Estimate, PoseDetector
from pedpose.inference.region import Region
from pedpose.inference.still import StillCheck
from pedpose.people import Floats, People
from pedpose.reading.frame import Frame
from pedpose.reading.sources import Source

BoxesOf = Callable[[Source, Frame], Floats]
"""Known boxes (N, 4) of a frame."""


@dataclass(frozen=True, slots=True)
class LookSettings:
    """Where people are looked for.

    Attributes:
        find_every: The finder looks at each n-th frame of a video; automatically where None.
        region: Only there, all over the picture where None.
        skip_still: Whether a frame of a video that is like the one before has its people.
    """

    find_every: int | None = 1
    region: Region | None = None
    skip_still: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        if self.find_every is not None and self.find_every < 1:
            raise ConfigError(f"find-every: expected auto, 1 or more, found {self.find_every}")


def parse_find_every(text: str) -> int | None:
    """Read a number of frames, or ``auto``, which is None.

    Raises:
        ConfigError: If it is neither.
    """
    if text == "auto":
        return None
    if not text.isascii() or not text.isdigit():
        raise ConfigError(f"--find-every: expected auto, 1 or more, found {text!r}")
    return int(text)


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen in a frame, and whether it was taken for the same as the one before."""

    estimate: Estimate
    still: bool = False


class Looker:
    """Looks at frames, and remembers of each source what the next frame needs."""

    def __init__(
        self, detector: PoseDetector, settings: LookSettings, known: BoxesOf | None = None
    ) -> None:
        """Look by the person finder, or into known boxes only."""
        self._detector = detector
        self._settings = settings
        self._known = known
        nobody = Estimate(People.empty(detector.skeleton), np.zeros(0, np.float32))
        self._pictures = _State(nobody)
        self._states: dict[str, _State] = {}

    def __call__(self, frames: Sequence[tuple[Source, Frame]]) -> list[Sight]:
        """Look at frames, those of one source in order.

        Raises:
            ConfigError: If the region lies beside a picture.
            DataError: If no boxes are known for a frame.
        """
        if self._known is not None:
            boxes = [self._known(source, frame) for source, frame in frames]
            found = [np.ones(len(b), np.float32) for b in boxes]
            images = [frame.image for _, frame in frames]
            return [Sight(e) for e in self._detector.estimate(images, boxes, found)]
        states = [self._state(source) for source, _ in frames]
        still = [
            state.still is not None and state.still(frame.image)
            for state, (_, frame) in zip(states, frames, strict=True)
        ]
        waiting: dict[int, list[int]] = {}
        for place, state in enumerate(states):
            if not still[place]:
                waiting.setdefault(id(state), []).append(place)
        seen: dict[int, Estimate] = {}
        while waiting:
            spans: list[_Span] = []
            for key, places in list(waiting.items()):
                state = states[places[0]]
                count, due = state.span([frames[place][1] for place in places])
                spans.append(_Span(state, places[:count], due))
                waiting[key] = places[count:]
                if not waiting[key]:
                    del waiting[key]
            self._look(spans, frames, seen)
        return [self._sight(state, seen.get(place)) for place, state in enumerate(states)]

    def forget(self, source: Source) -> None:
        """Forget a source that has ended."""
        self._states.pop(source.name, None)

    def _sight(self, state: _State, seen: Estimate | None) -> Sight:
        """Return what was seen in a frame; the same as in the last one where it is still."""
        if seen is None:
            return Sight(state.last, still=True)
        state.last = seen
        return Sight(seen)

    def _look(
        self,
        spans: Sequence[_Span],
        frames: Sequence[tuple[Source, Frame]],
        seen: dict[int, Estimate],
    ) -> None:
        """Look at frames by finder or carried boxes, and all by the joint network together."""
        searched = [place for span in spans for place in span.searched]
        fresh = self._search([frames[place][1].image for place in searched])
        found = dict(zip(searched, fresh, strict=True))
        for span in spans:
            found.update(span.carried(found))
        places = [place for span in spans for place in span.places]
        images = [frames[place][1].image for place in places]
        inside = [
            boxes_in_picture(*found[place], image.shape[1], image.shape[0])
            for place, image in zip(places, images, strict=True)
        ]
        boxes, scores = [boxes for boxes, _ in inside], [scores for _, scores in inside]
        estimates = self._detector.estimate(images, boxes, scores)
        for place, image, estimate in zip(places, images, estimates, strict=True):
            best = self._detector.choose(estimate)
            if self._settings.region is not None:
                held = self._settings.region.holds(best.people.boxes, image)
                best = best.select(np.flatnonzero(held))
            seen[place] = best
        for span in spans:
            span.update([(seen[place], frames[place][1].time_s or 0.0) for place in span.places])

    def _search(self, images: Sequence[Image]) -> list[Boxes]:
        """Search pictures, or the part of each that holds the region."""
        region = self._settings.region
        if region is None:
            return self._detector.find(images)
        bounds = [region.bounds(image) for image in images]
        parts = [
            image[y1:y2, x1:x2] for image, (x1, y1, x2, y2) in zip(images, bounds, strict=True)
        ]
        return [
            (boxes + np.array([x1, y1, x1, y1], np.float32), scores)
            for (boxes, scores), (x1, y1, *_) in zip(
                self._detector.find(parts), bounds, strict=True
            )
        ]

    def _state(self, source: Source) -> _State:
        """Return what is remembered of a source."""
        if not source.moving:
            return self._pictures
        if source.name not in self._states:
            every = self._settings.find_every
            self._states[source.name] = _State(
                self._pictures.last,
                None if every == 1 else Carrier(every, self._pictures.last),
                StillCheck() if self._settings.skip_still else None,
            )
        return self._states[source.name]


@dataclass(slots=True)
class _State:
    """What the next frame of a source needs.

    Attributes:
        last: The people of the last frame.
        carrier: Carries them on; None where the finder looks at each frame.
        still: Tells frames that are the same; None where each one is looked at.
    """

    last: Estimate
    carrier: Carrier | None = None
    still: StillCheck | None = None

    def span(self, frames: Sequence[Frame]) -> tuple[int, list[int]]:
        """Tell how many frames can be looked at together, and which of them by the finder."""
        if self.carrier is None:
            return len(frames), list(range(len(frames)))
        return self.carrier.span([frame.time_s or 0.0 for frame in frames])


@dataclass(frozen=True, slots=True)
class _Span:
    """Frames of one source that are looked at together.

    Attributes:
        state: Of the source.
        places: Of the frames among all.
        due: Which of these (from 0 on) the finder looks at.
    """

    state: _State
    places: list[int]
    due: list[int]

    @property
    def searched(self) -> list[int]:
        """The frames that the finder looks at."""
        return [self.places[number] for number in self.due]

    def carried(self, found: Mapping[int, Boxes]) -> dict[int, Boxes]:
        """Return boxes and scores in the frames that the finder does not look at."""
        if self.state.carrier is None:
            return {}
        fresh = {number: found[self.places[number]] for number in self.due}
        boxes = self.state.carrier.boxes(len(self.places), fresh)
        return {self.places[number]: each for number, each in boxes.items()}

    def update(self, seen: Sequence[tuple[Estimate, float]]) -> None:
        """Carry on what was seen in the frames, with their times."""
        if self.state.carrier is not None:
            for number, (estimate, time_s) in enumerate(seen):
                self.state.carrier.update(estimate, number in self.due, time_s)
