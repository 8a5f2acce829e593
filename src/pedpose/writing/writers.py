"""Write results as they come: every writer streams, every file appears whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol, TextIO

from pedpose.errors import ConfigError
from pedpose.files import atomic_json_list, atomic_text, remove_leftovers, write_json
from pedpose.only_writer import only_writer
from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.coco_writer import CocoWriter
from pedpose.writing.csv_writer import CsvWriter
from pedpose.writing.drawing import Drawing
from pedpose.writing.heat_writer import HeatWriter
from pedpose.writing.json_writer import JsonWriter
from pedpose.writing.mot_writer import MotWriter
from pedpose.writing.open_outputs import OpenOutputs
from pedpose.writing.overlay_writer import OverlayWriter
from pedpose.writing.parquet_writer import open_parquet
from pedpose.writing.picture_output import PictureOutput
from pedpose.writing.run_file import RunFile, open_run_file
from pedpose.writing.seen import Seen
from pedpose.writing.tracks_writer import TracksWriter
from pedpose.writing.video_file import VideoFile

KINDS = ("overlay", "json", "csv", "coco", "parquet", "mot", "tracks", "heatmaps")
_ACCOUNTS = ("run.json", "failed.json")


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
    """All writers of a run as one, and the list of what could not be read.

    Attributes:
        failed: Of each source that could not be read to its end: source, error and partial.
        finished: How many sources have ended.
    """

    def __init__(
        self,
        writers: Sequence[Writer],
        run_file: RunFile | None = None,
        drawing: Drawing | None = None,
        outputs: Sequence[PictureOutput] = (),
    ) -> None:
        """Hand everything on to each writer.

        Args:
            writers: Are told everything.
            run_file: Is told how each source ended.
            drawing: Is told where a source has ended.
            outputs: Whose videos :meth:`notes` is about.
        """
        self.failed: list[dict[str, Any]] = []
        self.finished = 0
        self._writers = writers
        self._run_file = run_file
        self._drawing = drawing
        self._outputs = outputs
        self._people: Counter[str] = Counter()

    def start(self, source: Source, fps: float | None) -> None:
        """Begin a source."""
        for writer in self._writers:
            writer.start(source, fps)

    def write(self, source: Source, seen: Seen) -> None:
        """Take a frame and its people."""
        for writer in self._writers:
            writer.write(source, seen)
        self._people[source.name] += len(seen.people)

    def finish(self, source: Source, end: End) -> None:
        """End a source."""
        if end.error is not None:
            failed = {"source": source.label, "error": end.error, "partial": end.partial}
            self.failed.append(failed)
        for writer in self._writers:
            writer.finish(source, end)
        if self._drawing is not None:
            self._drawing.finish(source)
        self.finished += 1
        people = self._people.pop(source.name, 0)
        if self._run_file is not None:
            self._run_file.add(source, end, people)

    def interrupt(self) -> None:
        """Note that the user ended the run early."""
        if self._run_file is not None:
            self._run_file.interrupted = True

    def notes(self) -> list[str]:
        """Return what is worth knowing of the files: what videos are written in."""
        codecs = sorted({codec for output in self._outputs for codec in output.codecs})
        return [f"video: {codec}{_hint(codec)}" for codec in codecs]


@contextmanager
def open_writers(
    kinds: Collection[str],
    out: Path,
    sources: Sequence[Source],
    header: Mapping[str, Any],
    drawing: Drawing | None = None,
    more: Sequence[Writer] = (),
    colours: bool = False,
) -> Iterator[Writers]:
    """Open the writers of a run.

    At the end ``run.json`` tells how each source ended, and ``failed.json`` lists what could not
    be read to its end. Where the block raises, files that belong to the whole run and files of
    sources that have not ended are removed, and these two are not written.

    Args:
        kinds: Some of :data:`KINDS`.
        out: Folder that everything is written below.
        sources: All sources of the run.
        header: Versions, weights and settings, for ``run.json``, JSON and Parquet.
        drawing: Draws the overlay; a view of the caller may use it, too.
        more: Writers of the caller, which are told everything after the others.
        colours: Whether tables have columns for the colours of clothes.

    Raises:
        ConfigError: If there is no such kind, the folder is a file, another process writes into
            it, or pyarrow is missing.
        OSError: If something cannot be written.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown or not kinds:
        found = ", ".join(unknown) or "none"
        raise ConfigError(f"save: expected some of {', '.join(KINDS)}, found {found}")
    if out.exists() and not out.is_dir():
        raise ConfigError(f"out: expected a folder, found a file at {out}")
    drawing = drawing or Drawing()
    ordered = [kind for kind in KINDS if kind in kinds]
    with ExitStack() as all_files:
        all_files.enter_context(only_writer(out))
        _remove_leftovers(out)
        run_file = all_files.enter_context(open_run_file(out / "run.json", header, ordered))
        with ExitStack() as stack:
            writers: list[Writer] = []
            outputs: list[PictureOutput] = []
            for kind in ordered:
                if kind in ("overlay", "heatmaps"):
                    videos = stack.enter_context(OpenOutputs[VideoFile]())
                    output = PictureOutput(out, kind, videos)
                    heat = kind == "heatmaps"
                    writers.append(HeatWriter(output) if heat else OverlayWriter(output, drawing))
                    outputs.append(output)
                else:
                    writers.append(_open_data(kind, stack, out, sources, header, colours))
            for name in _ACCOUNTS:  # the folder is no longer what earlier ones tell of
                (out / name).unlink(missing_ok=True)
            joined = Writers([*writers, *more], run_file, drawing, outputs)
            yield joined
        run_file.interrupted |= joined.finished < len(sources)
        if joined.failed:
            write_json(out / "failed.json", joined.failed)


def _remove_leftovers(out: Path) -> None:
    """Remove what killed runs have left, where runs write and nowhere else."""
    remove_leftovers(out)
    for kind in KINDS:
        remove_leftovers(out / kind, below=True)


def _open_data(
    kind: str,
    stack: ExitStack,
    out: Path,
    sources: Sequence[Source],
    header: Mapping[str, Any],
    colours: bool,
) -> Writer:
    """Open a writer that writes no pictures."""
    if kind == "json":
        return JsonWriter(out, header, stack.enter_context(OpenOutputs[TextIO]()))
    if kind == "mot":
        return MotWriter(out, stack.enter_context(OpenOutputs[TextIO]()))
    if kind == "csv":
        return CsvWriter(stack.enter_context(atomic_text(out / "people.csv")), colours)
    if kind == "tracks":
        return TracksWriter(stack.enter_context(atomic_text(out / "tracks.csv")), colours=colours)
    if kind == "parquet":
        return stack.enter_context(open_parquet(out / "people.parquet", header, colours))
    results = stack.enter_context(atomic_json_list(out / "coco_results.json"))
    images = stack.enter_context(atomic_json_list(out / "images.json"))
    return CocoWriter(results, images, sources)


def _hint(codec: str) -> str:
    """Return what a user can do for a codec that plays in more places."""
    if codec.startswith("MPEG-4"):
        return ", which browsers do not play; for H.264: pip install 'pedpose[video]'"
    return ""
