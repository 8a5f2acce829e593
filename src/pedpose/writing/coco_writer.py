"""Results in the form of COCO's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.seen import Seen

_LEAST_CORNERS = 3  # pycocotools refuses polygons with fewer


class CocoWriter:
    """``coco_results.json``, as pycocotools' ``loadRes`` takes it, and ``images.json``.

    An ``image_id`` is the picture's file stem where every source is a picture whose stem is a
    number of its own (000000000139.jpg -> 139), else it counts from 1. Joints are pixel indices,
    as COCO has them: half a pixel less than the continuous ones. Boxes and the polygons of
    ``segmentation``, which is there where shapes of bodies are known, are continuous in COCO, too.
    Colours of clothes are in ``colours``, which COCO does not know, where they were asked for.
    """

    def __init__(self, results: Any, images: Any, sources: Sequence[Source]) -> None:
        """Write by functions that append to the two lists."""
        self._append_result, self._append_image = results, images
        stems = [s.path.stem for s in sources]
        numbers = {int(s) for s in stems if s.isascii() and s.isdigit()}
        self._stems_are_ids = len(numbers) == len(sources) and all(
            s.kind == "picture" for s in sources
        )
        self._count = 0

    def start(self, source: Source, fps: float | None) -> None:
        """All sources share the two files."""

    def write(self, source: Source, seen: Seen) -> None:
        """Append a frame and its people."""
        frame, people = seen.frame, seen.people
        self._count += 1
        number = int(source.path.stem) if self._stems_are_ids else self._count
        height, width = frame.image.shape[:2]
        image = {"id": number, "file_name": source.file_name, "width": width, "height": height}
        if source.moving:
            image["frame"] = frame.index
            image["time_s"] = None if frame.time_s is None else round(frame.time_s, 4)
        self._append_image(image)
        for person in range(len(people)):
            self._append_result(_result(seen, person, number))

    def finish(self, source: Source, end: End) -> None:
        """All sources share the two files."""


def _result(seen: Seen, person: int, image_id: int) -> dict[str, Any]:
    """Return a person as an entry of the list of results."""
    people = seen.people
    x1, y1, x2, y2 = people.boxes[person].tolist()
    result: dict[str, Any] = {
        "image_id": image_id,
        "category_id": 1,
        "keypoints": [
            value
            for x, y, score in people.keypoints[person].tolist()
            for value in (round(x - 0.5, 2), round(y - 0.5, 2), round(score, 4))
        ],
        "score": round(float(people.scores[person]), 4),
        "bbox": [round(v, 2) for v in (x1, y1, x2 - x1, y2 - y1)],
    }
    if people.track_ids is not None:
        result["track_id"] = int(people.track_ids[person])
    if seen.shapes is not None and len(seen.shapes[person]) >= _LEAST_CORNERS:
        result["segmentation"] = [[round(v, 2) for v in seen.shapes[person].ravel().tolist()]]
    if seen.clothes is not None:
        result["colours"] = asdict(seen.clothes[person])
    return result
