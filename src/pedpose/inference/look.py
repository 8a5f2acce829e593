"""Look at frames of several sources at once: where to look, and whom is seen there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pedpose.errors import ConfigError
from pedpose.geometry import Image
from pedpose.inference.carrying import Carrier
from pedpose.inference.detector import Estimate, PoseDetector
from pedpose.inference.region import Region
from pedpose.inference.still import StillCheck
from pedpose.people import Floats
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

    @property
    def one_by_one(self) -> bool:
        """Whether what is done with a frame depends on the frame before."""
        return self.find_every != 1 or self.skip_still


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
        sights: dict[int, Sight] = {}
        for places in self._rounds([source for source, _ in frames]):
            seen = self._round([frames[place] for place in places])
            sights.update(zip(places, seen, strict=True))
        return [sights[place] for place in range(len(frames))]

    def forget(self, source: Source) -> None:
        """Forget a source that has ended."""
        self._states.pop(source.name, None)

    def _rounds(self, sources: Sequence[Source]) -> list[list[int]]:
        """Return which frames can be looked at together: of each source only one if need be."""
        if not self._settings.one_by_one:
            return [list(range(len(sources)))]
        rounds: list[list[int]] = []
        turns: dict[str, int] = {}
        for place, source in enumerate(sources):
            turn = turns.get(source.name, 0)
            turns[source.name] = turn + 1
            if turn == len(rounds):
                rounds.append([])
            rounds[turn].append(place)
        return rounds

    def _round(self, frames: Sequence[tuple[Source, Frame]]) -> list[Sight]:
        """Look at frames none of which depends on another."""
        sights: list[Sight | None] = []
        active: list[_Look] = []
        for source, frame in frames:
            state = self._states.setdefault(source.name, self._new_state(source))
            if state.still is not None and state.still(frame.image) and state.last is not None:
                sights.append(Sight(state.last, still=True))
                continue
            by_finder = state.carrier is None or state.carrier.due(frame.time_s or 0.0)
            active.append(_Look(frame, state, by_finder))
            sights.append(None)
        fresh = iter(self._look(active))
        return [sight or Sight(next(fresh)) for sight in sights]

    def _look(self, looks: Sequence[_Look]) -> list[Estimate]:
        """Look at frames by finder or carried boxes and joint network."""
        found = iter(self._search([look.frame.image for look in looks if look.by_finder]))
        boxes = [
            next(found) if look.by_finder else look.state.carried(look.frame.image)
            for look in looks
        ]
        images = [look.frame.image for look in looks]
        estimates = self._detector.estimate(images, *zip(*boxes, strict=True)) if looks else []
        chosen = []
        for look, estimate in zip(looks, estimates, strict=True):
            best = self._detector.choose(estimate)
            if self._settings.region is not None:
                inside = self._settings.region.holds(best.people.boxes, look.frame.image)
                best = best.select(np.flatnonzero(inside))
            look.state.update(best, look.by_finder, look.frame.time_s or 0.0)
            chosen.append(best)
        return chosen

    def _search(self, images: Sequence[Image]) -> list[tuple[Floats, Floats]]:
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

    def _new_state(self, source: Source) -> _State:
        if not source.moving:
            return _State(None, None)
        every = self._settings.find_every
        return _State(
            None if every == 1 else Carrier(every),
            StillCheck() if self._settings.skip_still else None,
        )


@dataclass(slots=True)
class _State:
    """What the next frame of a source needs."""

    carrier: Carrier | None
    still: StillCheck | None
    last: Estimate | None = None

    def carried(self, image: Image) -> tuple[Floats, Floats]:
        """Return carried boxes (N, 4) and the finder's scores (N,)."""
        if self.carrier is None:
            raise ValueError("expected a source whose people are carried")
        return self.carrier.boxes(image)

    def update(self, estimate: Estimate, by_finder: bool, time_s: float) -> None:
        """Take the people of a frame."""
        self.last = estimate
        if self.carrier is not None:
            self.carrier.update(estimate, by_finder, time_s)


@dataclass(frozen=True, slots=True)
class _Look:
    """A frame to look at, and whether by the finder."""

    frame: Frame
    state: _State
    by_finder: bool
