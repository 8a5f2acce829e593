"""Who is who in a video: for each person a number that stays the same through it.

People are joined to tracks as in ByteTrack (Zhang et al., "ByteTrack: Multi-Object Tracking by
Associating Every Detection Box", ECCV 2022): first those that are certain, then the doubtful ones,
as a person is who is half hidden, with the tracks that are left. Pairs are taken in order of
their likeness; the best sum over all pairs (Hungarian method) gave the same tracks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pedpose.errors import ConfigError
from pedpose.geometry import Doubles
from pedpose.people import Floats, People
from pedpose.skeleton import Skeleton
from pedpose.tracking.camera import camera_shift
from pedpose.tracking.likeness import likeness
from pedpose.tracking.motion import BoxMotion

# Chosen by benchmarks/tracking.py, on two rendered clips.
_SURE_LIKENESS = 0.1  # with less a certain person is somebody else
_DOUBTFUL_LIKENESS = 0.3  # a doubtful one may be nobody at all, and has to fit better
_DOUBTFUL_S = 0.2  # a doubtful person goes on with a track, but does not bring back a lost one
_SAME_PERSON = 0.7  # two people in one frame who are more alike than this are one


DOUBTFUL_SCORE = 0.1
"""Score from which on a person goes on with a track, where nobody says otherwise."""
MAX_LOST_S = 2.0
"""For how many seconds a person who is not seen keeps the number, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """How people are followed.

    Attributes:
        min_score: Score from which on a person begins a track, or brings back a lost one.
        doubtful_score: Score from which on a person goes on with a track.
        max_lost_s: For how many seconds a person who is not seen keeps the number.
    """

    min_score: float = 0.3
    doubtful_score: float = DOUBTFUL_SCORE
    max_lost_s: float = MAX_LOST_S

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        for name in ("min_score", "doubtful_score"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name}: expected 0..1, found {getattr(self, name)}")
        if not 0 <= self.max_lost_s < np.inf:
            raise ConfigError(f"max_lost_s: expected 0 or more, found {self.max_lost_s}")


@dataclass(slots=True)
class _Track:
    """A person who is followed; coordinates are those of a camera that does not shake.

    Attributes:
        motion: Of the box.
        last: (K, 3) joints when last seen.
        centre: (2,) centre of the box when last seen.
        number: Given when seen for the second time: what is seen once is often nothing.
    """

    motion: BoxMotion
    last: Floats
    centre: Doubles
    number: int | None = None


class Tracker:
    """Follows the people of one source; memory is bounded by how many are there at a time."""

    def __init__(self, skeleton: Skeleton, settings: TrackerSettings | None = None) -> None:
        """Begin with nobody."""
        self._skeleton = skeleton
        self._settings = settings or TrackerSettings()
        self._tracks: list[_Track] = []
        self._count = 0
        self._camera = np.zeros(2)
        self._time_s = -np.inf

    def __call__(self, people: People, time_s: float) -> People:
        """Say who the people of a frame are.

        Args:
            people: Of the next frame, doubtful ones included.
            time_s: Time of the frame in seconds, not before that of the last one.

        Returns:
            Those who belong to a track, in the given order, with track_ids from 1 on. A person is
            among them from the second frame on; a number is never given again.

        Raises:
            ValueError: If time runs backwards.
        """
        if not time_s >= self._time_s:
            raise ValueError(f"time_s: expected {self._time_s} or later, found {time_s}")
        before, self._time_s = self._time_s, time_s
        self._forget(before)
        expected = self._expected()
        steady = self._steady(people, expected, before)
        joined = self._join(expected, steady, before)
        for track, person in sorted(joined.items()):
            self._see(self._tracks[track], steady, person)
        self._begin(steady, list(joined.values()))
        track_of = {person: self._tracks[track] for track, person in joined.items()}
        kept = sorted(track_of)
        numbers = np.array([track_of[person].number for person in kept], np.int64)
        return replace(people.select(np.array(kept, np.intp)), track_ids=numbers)

    def _forget(self, before: float) -> None:
        """End the tracks of people who are gone, and of those who were seen only once."""
        earliest = self._time_s - self._settings.max_lost_s
        self._tracks = [
            track
            for track in self._tracks
            if track.motion.time_s >= (max(earliest, before) if track.number is None else earliest)
        ]

    def _expected(self) -> People:
        """Return where the people of all tracks are expected."""
        tracks = self._tracks
        boxes = np.array([t.motion.box_at(self._time_s) for t in tracks]).reshape(-1, 4)
        last = np.array([t.last for t in tracks], np.float64).reshape(-1, len(self._skeleton), 3)
        centres = np.array([t.centre for t in tracks]).reshape(-1, 2)
        last[:, :, :2] += ((boxes[:, :2] + boxes[:, 2:]) / 2 - centres)[:, None]
        return People(
            self._skeleton,
            last.astype(np.float32),
            boxes.astype(np.float32),
            np.ones(len(tracks), np.float32),
        )

    def _steady(self, people: People, expected: People, before: float) -> People:
        """Return people in the coordinates of a camera that does not shake."""
        steady = _moved(people, -self._camera)
        recent = [t.motion.time_s >= before and t.number is not None for t in self._tracks]
        known = expected.boxes[np.array(recent, bool)]
        shift = camera_shift(known, steady.boxes[people.scores >= self._settings.doubtful_score])
        if not shift.any():
            return steady
        self._camera = self._camera + shift
        return _moved(people, -self._camera)

    def _join(self, expected: People, found: People, before: float) -> dict[int, int]:
        """Return for each track that is seen again its person."""
        unseen_s = np.array([self._time_s - track.motion.time_s for track in self._tracks])
        alike = likeness(expected, found, unseen_s)
        sure = found.scores >= self._settings.min_score
        joined = dict(_pairs(np.where(sure, alike, 0), _SURE_LIKENESS))
        doubtful = ~sure & (found.scores >= self._settings.doubtful_score)
        left = unseen_s <= max(_DOUBTFUL_S, self._time_s - before)
        left[list(joined)] = False
        rest = np.where(left[:, None] & doubtful, alike, 0)
        return joined | dict(_pairs(rest, _DOUBTFUL_LIKENESS))

    def _see(self, track: _Track, people: People, person: int) -> None:
        """Go on with a track; the second time the person gets a number."""
        box = people.boxes[person]
        track.motion.see(box, self._time_s)
        track.last, track.centre = people.keypoints[person], _centre(box)
        if track.number is None:
            self._count += 1
            track.number = self._count

    def _begin(self, people: People, known: list[int]) -> None:
        """Begin a track for each certain person who is nobody of those known."""
        same = likeness(people, people, np.zeros(len(people)))
        # Best first; those of equal score by place, so that the order of people says nothing.
        for person in np.lexsort((*people.boxes.T, -people.scores)).tolist():
            if people.scores[person] < self._settings.min_score or person in known:
                continue
            if known and same[person, known].max() > _SAME_PERSON:
                continue
            known.append(person)
            box = people.boxes[person]
            motion = BoxMotion(box, self._time_s)
            self._tracks.append(_Track(motion, people.keypoints[person], _centre(box)))


def _pairs(alike: Doubles, least: float) -> Iterator[tuple[int, int]]:
    """Give pairs of row and column, the most alike first, none twice."""
    rows, columns = np.nonzero(alike >= least)
    order = np.argsort(-alike[rows, columns], kind="stable")
    taken_rows: set[int] = set()
    taken_columns: set[int] = set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in taken_rows and column not in taken_columns:
            taken_rows.add(row)
            taken_columns.add(column)
            yield row, column


def _moved(people: People, by: Doubles) -> People:
    keypoints = people.keypoints.copy()
    keypoints[:, :, :2] += by.astype(np.float32)
    boxes = people.boxes + np.tile(by, 2).astype(np.float32)
    return replace(people, keypoints=keypoints, boxes=boxes)


def _centre(box: Floats) -> Doubles:
    centre: Doubles = (box[:2].astype(np.float64) + box[2:]) / 2
    return centre
