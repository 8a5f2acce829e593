"""Write results as they come: every writer streams, every file appears whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol, TextIO

import cv2

from pedpose.errors import ConfigError
from pedpose.files import atomic_json_list, atomic_text, write_json
from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.coco_writer import CocoWriter
from pedpose.writing.csv_writer import CsvWriter
from pedpose.writing.json_writer import JsonWriter
from pedpose.writing.open_outputs import OpenOutputs
from pedpose.writing.overlay_writer import OverlayWriter
from pedpose.writing.seen import Seen

KINDS = ("overlay", "json", "csv", "coco")


class Writer(Protocol):
    """Is given every frame of every source, those of one source in order.

    Frames of several sources may come in turns. All calls are made by one thread.
    """

    def start(self, source: Source, fps: float | None) -> None:
        """Begin a source; fps is None for a picture."""

    def write(self, source: Source, seen: Seen) -> None:
        """Take a frame and its people."""

    def finish(self, source: Source, end: End) -> None:
        """End a source, also one that was never started since it could not be opened."""


class Writers:
    """All writers of a run as one, and the list of what could not be read."""

    def __init__(self, writers: Sequence[Writer]) -> None:
        """Hand everything on to each writer."""
        self._writers = writers
        self.failed: list[dict[str, Any]] = []

    def start(self, source: Source, fps: float | None) -> None:
        """Begin a source."""
        for writer in self._writers:
            writer.start(source, fps)

    def write(self, source: Source, seen: Seen) -> None:
        """Take a frame and its people."""
        for writer in self._writers:
            writer.write(source, seen)

    def finish(self, source: Source, end: End) -> None:
        """End a source."""
        if end.error is not None:
            failed = {"source": source.label, "error": end.error, "partial": end.partial}
            self.failed.append(failed)
        for writer in self._writers:
            writer.finish(source, end)


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
            videos = stack.enter_context(OpenOutputs[cv2.VideoWriter]())
            writers.append(OverlayWriter(out, videos))
        if "json" in kinds:
            lines = stack.enter_context(OpenOutputs[TextIO]())
            writers.append(JsonWriter(out, header, lines))
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
