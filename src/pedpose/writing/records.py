"""Frames and people as plain data."""

from __future__ import annotations

from typing import Any

from pedpose.people import People
from pedpose.reading.sources import Source
from pedpose.writing.seen import Seen


def frame_record(source: Source, seen: Seen) -> dict[str, Any]:
    """Return a frame's people as plain data: continuous pixels, two decimals."""
    frame, people = seen.frame, seen.people
    height, width = frame.image.shape[:2]
    return {
        "source": source.label,
        "frame": frame.index,
        "time_s": None if frame.time_s is None else round(frame.time_s, 4),
        "size": [width, height],
        "people": [_person_record(people, i) for i in range(len(people))],
    }


def _person_record(people: People, i: int) -> dict[str, Any]:
    return {
        "track_id": None if people.track_ids is None else int(people.track_ids[i]),
        "score": round(float(people.scores[i]), 4),
        "box": [round(v, 2) for v in people.boxes[i].tolist()],
        "keypoints": [
            {"name": name, "x": round(x, 2), "y": round(y, 2), "score": round(score, 4)}
            for name, (x, y, score) in zip(
                people.skeleton.names, people.keypoints[i].tolist(), strict=True
            )
        ],
    }
