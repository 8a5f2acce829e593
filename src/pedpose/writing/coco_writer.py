"""Results in the form of COCO's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.seen import Seen


class CocoWriter:
    """``coco_results.json``, as pycocotools' ``loadRes`` takes it, and ``images.json``.

    An ``image_id`` is the picture's file stem where every source is a picture whose stem is a
    number of its own (000000000139.jpg -> 139), else it counts from 1. Coordinates are pixel
    indices, as COCO has them: half a pixel less than the continuous ones.
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
        self._append_image(image)
        for keypoints, box, score in zip(
            people.keypoints.tolist(), people.boxes.tolist(), people.scores.tolist(), strict=True
        ):
            x1, y1, x2, y2 = box
            flat = [
                value
                for x, y, s in keypoints
                for value in (round(x - 0.5, 2), round(y - 0.5, 2), round(s, 4))
            ]
            self._append_result(
                {
                    "image_id": number,
                    "category_id": 1,
                    "keypoints": flat,
                    "score": round(score, 4),
                    "bbox": [round(v, 2) for v in (x1, y1, x2 - x1, y2 - y1)],
                }
            )

    def finish(self, source: Source, end: End) -> None:
        """All sources share the two files."""
