"""Write results as they come: every writer streams, every file appears whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from pedpose.errors import ConfigError
from pedpose.files import atomic_json_list, atomic_text, to_json, write_json
from pedpose.inference.overlay_writer import OverlayWriter
from pedpose.inference.sources import Source
from pedpose.inference.video_reader import Frame
from pedpose.people import People

KINDS = ("overlay", "json", "csv", "coco")


class Writer(Protocol):
    """Is given every frame of every source, in order."""

    def start(self, source: Source, fps: float | None) -> None:
        """Begin a source; fps is None for a picture."""

    def write(self, source: Source, frame: Frame, people: People) -> None:
        """Take the people of a frame."""

    def finish(self, source: Source, error: str | None) -> None:
        """End a source; error tells why it could not be read to its end."""


def frame_record(source: Source, frame: Frame, people: People) -> dict[str, Any]:
    """Return a frame's people as plain data: continuous pixels, two decimals."""
    height, width = frame.image.shape[:2]
    return {
        "source": str(source.path),
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


class JsonWriter:
    """``json/NAME.json`` for a picture, ``json/NAME.jsonl`` (header line first) for a video."""

    def __init__(self, out: Path, header: Mapping[str, Any]) -> None:
        """Write below a folder; the header goes into every file."""
        self._out = out / "json"
        self._header = header
        self._stack = ExitStack()
        self._lines: Any = None

    def start(self, source: Source, fps: float | None) -> None:
        """Open the file of a video."""
        if source.kind == "video":
            path = self._out / f"{source.name}.jsonl"
            self._lines = self._stack.enter_context(atomic_text(path))
            self._lines.write(to_json({"header": {**self._header, "fps": fps}}) + "\n")

    def write(self, source: Source, frame: Frame, people: People) -> None:
        """Write a picture's file or a video's line."""
        record = frame_record(source, frame, people)
        if source.kind == "video":
            self._lines.write(to_json(record) + "\n")
        else:
            write_json(self._out / f"{source.name}.json", {"header": self._header, **record})

    def finish(self, source: Source, error: str | None) -> None:
        """Close a video's file; where the video broke off its last line says why."""
        if self._lines is not None:
            if error is not None:
                self._lines.write(to_json({"error": error}) + "\n")
            self._lines = None
        self._stack.close()


class CsvWriter:
    """``people.csv``: one row a person and joint."""

    COLUMNS = (
        *("source", "frame", "time_s", "person", "track_id", "person_score"),
        *("x1", "y1", "x2", "y2", "joint", "x", "y", "joint_score"),
    )

    def __init__(self, file: Any) -> None:
        """Write into an open text file."""
        self._rows = csv.writer(file, lineterminator="\n")
        self._rows.writerow(self.COLUMNS)

    def start(self, source: Source, fps: float | None) -> None:
        """All sources share one file."""

    def write(self, source: Source, frame: Frame, people: People) -> None:
        """Write the rows of a frame."""
        record = frame_record(source, frame, people)
        for number, person in enumerate(record["people"]):
            for joint in person["keypoints"]:
                self._rows.writerow(
                    (
                        *(record["source"], record["frame"], record["time_s"], number),
                        *(person["track_id"], person["score"], *person["box"]),
                        *joint.values(),
                    )
                )

    def finish(self, source: Source, error: str | None) -> None:
        """All sources share one file."""


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

    def write(self, source: Source, frame: Frame, people: People) -> None:
        """Append a frame and its people."""
        self._count += 1
        number = int(source.path.stem) if self._stems_are_ids else self._count
        height, width = frame.image.shape[:2]
        image = {"id": number, "file_name": source.file_name, "width": width, "height": height}
        if source.kind == "video":
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

    def finish(self, source: Source, error: str | None) -> None:
        """All sources share the two files."""


class Writers:
    """All writers of a run as one, and the list of what could not be read."""

    def __init__(self, writers: Sequence[Writer]) -> None:
        """Hand everything on to each writer."""
        self._writers = writers
        self.failed: list[dict[str, str]] = []

    def start(self, source: Source, fps: float | None) -> None:
        """Begin a source."""
        for writer in self._writers:
            writer.start(source, fps)

    def write(self, source: Source, frame: Frame, people: People) -> None:
        """Take the people of a frame."""
        for writer in self._writers:
            writer.write(source, frame, people)

    def finish(self, source: Source, error: str | None) -> None:
        """End a source."""
        if error is not None:
            self.failed.append({"source": str(source.path), "error": error})
        for writer in self._writers:
            writer.finish(source, error)


@contextmanager
def open_writers(
    kinds: Collection[str],
    out: Path,
    sources: Sequence[Source],
    header: Mapping[str, Any],
) -> Iterator[Writers]:
    """Open the writers of a run; at the end ``failed.json`` lists what could not be read.

    Args:
        kinds: Some of ``overlay``, ``json``, ``csv`` and ``coco``.
        out: Folder that everything is written below.
        sources: All sources of the run.
        header: Versions, weights and settings, for the JSON files.

    Raises:
        ConfigError: If there is no such kind, or the folder is a file.
        OSError: If something cannot be written.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown or not kinds:
        found = ", ".join(unknown) or "none"
        raise ConfigError(f"save: expected some of {', '.join(KINDS)}, found {found}")
    if out.exists() and not out.is_dir():
        raise ConfigError(f"out: expected a folder, found a file at {out}")
    with ExitStack() as stack:
        writers: list[Writer] = []
        if "overlay" in kinds:
            writers.append(OverlayWriter(out))
        if "json" in kinds:
            writers.append(JsonWriter(out, header))
        if "csv" in kinds:
            writers.append(CsvWriter(stack.enter_context(atomic_text(out / "people.csv"))))
        if "coco" in kinds:
            results = stack.enter_context(atomic_json_list(out / "coco_results.json"))
            images = stack.enter_context(atomic_json_list(out / "images.json"))
            writers.append(CocoWriter(results, images, sources))
        joined = Writers(writers)
        yield joined
        (out / "failed.json").unlink(missing_ok=True)
        if joined.failed:
            write_json(out / "failed.json", joined.failed)
