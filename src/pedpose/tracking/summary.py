"""What is known of each person who went through a video: when, how fast, facing where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pedpose.clothing import Clothes
from pedpose.geometry import Doubles
from pedpose.people import People
from pedpose.sides import plain_name
from pedpose.skeleton import Skeleton
from pedpose.tracking.facing import FACINGS, Facing, FacingEstimator, facing_of

_SEEN = 0.3  # score from which on a joint says anything
_HEIGHT_OF_TORSO = 3.6  # of an upright person; where the box is cut off, the torso tells more
_RULER = 0.1  # of a body height: shorter moves are jitter, and not part of the path


@dataclass(frozen=True, slots=True)
class TrackSummary:
    """One person's way through a video.

    Attributes:
        track_id: The person's number.
        first_s: When first seen, in seconds.
        last_s: When last seen.
        frames: In how many frames.
        mean_score: Mean score of the person over these.
        path: Length of the way in the picture, in body heights of the moment. A moving camera
            counts as a moving person, and what is toward the camera or away from it does not.
        speed: Path through time, in body heights a second; 0 where there was no time.
        facing: Where the person faced most often.
        facing_share: In which share of the frames that was.
        colours: Names of the colours of the clothes above and below that were the largest ones
            most often, None where never seen.
    """

    track_id: int
    first_s: float
    last_s: float
    frames: int
    mean_score: float
    path: float
    speed: float
    facing: Facing
    facing_share: float
    colours: tuple[str | None, str | None] = (None, None)


@dataclass(slots=True)
class _Way:
    """What is kept of a person: a few numbers, however long the video is.

    Attributes:
        anchors: (2, 2) centre of the hips (NaN where not seen) and of the box, where the path
            was last added to.
        facings: How many frames for each of FACINGS.
        colours: In how many frames each colour was the largest one, above and below.
    """

    first_s: float
    last_s: float
    anchors: Doubles
    facings: list[int]
    frames: int = 0
    scores: float = 0.0
    path: float = 0.0
    colours: tuple[Counter[str], Counter[str]] = field(
        default_factory=lambda: (Counter(), Counter())
    )


class TrackSummaries:
    """Sums up the tracks of one source; those that have ended are handed out and forgotten."""

    def __init__(self, skeleton: Skeleton, max_lost_s: float) -> None:
        """Begin with nobody; a track has ended when not seen for longer than max_lost_s."""
        index = {plain_name(name): joint for joint, name in enumerate(skeleton.names)}
        wanted = (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"))
        self._torso = [[index[name] for name in pair if name in index] for pair in wanted]
        self._facing = FacingEstimator(skeleton)
        self._max_lost_s = max_lost_s
        self._ways: dict[int, _Way] = {}

    def see(
        self, people: People, time_s: float, clothes: Sequence[Clothes] | None = None
    ) -> list[TrackSummary]:
        """Take the people of a frame, best smoothed; return the tracks that have ended by then."""
        if people.track_ids is not None:
            angles = self._facing(people).tolist()
            for i, number in enumerate(people.track_ids.tolist()):
                self._add(number, people, i, facing_of(angles[i]), time_s)
                if clothes is not None:
                    counts = self._ways[number].colours
                    for count, name in zip(counts, clothes[i].names, strict=True):
                        count.update([] if name is None else [name])
        gone = [n for n, way in self._ways.items() if time_s - way.last_s > self._max_lost_s]
        return [_summary(number, self._ways.pop(number)) for number in gone]

    def finish(self) -> list[TrackSummary]:
        """Return the tracks that are left."""
        left = [_summary(number, way) for number, way in self._ways.items()]
        self._ways.clear()
        return left

    def _add(self, number: int, people: People, i: int, facing: Facing, time_s: float) -> None:
        places, height = self._measure(people, i)
        way = self._ways.get(number)
        if way is None:
            way = self._ways[number] = _Way(time_s, time_s, places, [0] * len(FACINGS))
        way.last_s = time_s
        way.frames += 1
        way.scores += float(people.scores[i])
        way.facings[FACINGS.index(facing)] += 1
        moves = np.linalg.norm(places - way.anchors, axis=1) / height
        move = float(moves[1] if np.isnan(moves[0]) else moves[0])
        if move >= _RULER:
            way.path += move
            way.anchors = places

    def _measure(self, people: People, i: int) -> tuple[Doubles, float]:
        """Return the centres of hips and box (2, 2), and the height of the body in pixels."""
        box = people.boxes[i].astype(np.float64)
        ends = [_middle(people.keypoints[i].astype(np.float64), pair) for pair in self._torso]
        torso = float(np.linalg.norm(ends[0] - ends[1]))
        height = max(1.0, box[3] - box[1])
        if not np.isnan(torso):
            height = max(height, _HEIGHT_OF_TORSO * torso)
        return np.stack([ends[1], (box[:2] + box[2:]) / 2]), height


def _middle(joints: Doubles, pair: list[int]) -> Doubles:
    """Return the place (2,) between two joints, NaN where not both were seen."""
    if len(pair) < 2 or joints[pair, 2].min() < _SEEN:
        return np.full(2, np.nan)
    middle: Doubles = joints[pair, :2].mean(axis=0)
    return middle


def _summary(number: int, way: _Way) -> TrackSummary:
    most = max(range(len(FACINGS)), key=way.facings.__getitem__)
    passed = way.last_s - way.first_s
    return TrackSummary(
        number,
        way.first_s,
        way.last_s,
        way.frames,
        way.scores / way.frames,
        way.path,
        way.path / passed if passed > 0 else 0.0,
        FACINGS[most],
        way.facings[most] / way.frames,
        (_commonest(way.colours[0]), _commonest(way.colours[1])),
    )


def _commonest(colours: Counter[str]) -> str | None:
    return colours.most_common(1)[0][0] if colours else None
