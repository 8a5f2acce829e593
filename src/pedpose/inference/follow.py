"""From the people of a frame to those who are reported: followed, and without jitter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pedpose.people import People
from pedpose.reading.frame import Frame
from pedpose.reading.sources import Source
from pedpose.skeleton import Skeleton
from pedpose.tracking.smoothing import Smoother
from pedpose.tracking.tracker import Tracker, TrackerSettings


@dataclass(frozen=True, slots=True)
class FollowSettings:
    """What is done with the people of a video.

    Attributes:
        min_score: Least score of a person who is reported, or with whom a track begins.
        track: Whether people get identities.
        smooth: Whether joints and boxes are smoothed; people must be tracked.
        alone: Whether there is one person, who fills the picture: always reported, as track 1.
    """

    min_score: float = 0.3
    track: bool = False
    smooth: bool = False
    alone: bool = False


class Follower:
    """Follows the people of all sources."""

    def __init__(self, skeleton: Skeleton, settings: FollowSettings) -> None:
        """Begin without sources."""
        self._skeleton = skeleton
        self._settings = settings
        self._trackers: dict[str, Tracker] = {}
        self._smoothers: dict[str, Smoother] = {}

    def __call__(self, source: Source, frame: Frame, people: People) -> People:
        """Return whom to report of the people of a frame, who may have low scores."""
        settings = self._settings
        time_s = frame.time_s
        if time_s is None or not settings.track:
            return people if settings.alone else self._certain(people)
        if settings.alone:
            followed = replace(people, track_ids=np.ones(len(people), np.int64))
        else:
            followed = self._tracker(source)(people, time_s)
        if settings.smooth:
            if source.name not in self._smoothers:
                self._smoothers[source.name] = Smoother(self._skeleton)
            followed = self._smoothers[source.name](followed, time_s)
        return followed

    def forget(self, source: Source) -> None:
        """Forget a source that has ended."""
        self._trackers.pop(source.name, None)
        self._smoothers.pop(source.name, None)

    def _certain(self, people: People) -> People:
        return people.select(people.scores >= self._settings.min_score)

    def _tracker(self, source: Source) -> Tracker:
        if source.name not in self._trackers:
            settings = TrackerSettings(min_score=self._settings.min_score)
            self._trackers[source.name] = Tracker(self._skeleton, settings)
        return self._trackers[source.name]
