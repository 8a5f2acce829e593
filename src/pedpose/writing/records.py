"""Frames and people as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pedpose.reading.sources import Source
from pedpose.writing.seen import Seen


def frame_record(source: Source, seen: Seen) -> dict[str, Any]:
    """Return a frame's people as plain data: continuous pixels, two decimals.

    ``gap_s`` is there where something is missing before the frame, ``still`` where the people are
    those of the frame before, ``shape`` where shapes of bodies are known, ``colours`` where those
    of clothes are.
    """
    frame, people = seen.frame, seen.people
    height, width = frame.image.shape[:2]
    record: dict[str, Any] = {
        "source": source.label,
        "frame": frame.index,
        "time_s": None if frame.time_s is None else round(frame.time_s, 4),
        "size": [width, height],
    }
    if frame.gap_s > 0:
        record["gap_s"] = round(frame.gap_s, 4)
    if seen.still:
        record["still"] = True
    record["people"] = [_person_record(seen, i) for i in range(len(people))]
    return record


def _person_record(seen: Seen, i: int) -> dict[str, Any]:
    people = seen.people
    record: dict[str, Any] = {
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
    if seen.shapes is not None:
        record["shape"] = [[round(x, 2), round(y, 2)] for x, y in seen.shapes[i].tolist()]
    if seen.clothes is not None:
        record["colours"] = asdict(seen.clothes[i])
    return record
