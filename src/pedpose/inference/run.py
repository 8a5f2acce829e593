"""Detection from sources to files: what ``pedpose detect`` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pedpose.errors import ConfigError, SourceError
from pedpose.inference.boxes_file import KnownBoxes
from pedpose.inference.detector import PoseDetector
from pedpose.people import People
from pedpose.pictures import read_picture
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.reading.video_reader import Video
from pedpose.writing.seen import Seen
from pedpose.writing.writers import Writers

Look = Callable[[Source, Frame], People]


class Progress(Protocol):
    """Is told how a run goes; implemented by the command line."""

    def source(self, source: Source, frames: int | None) -> None:
        """Begin a source; frames is None where a video does not tell."""

    def frame(self, source: Source, people: int) -> None:
        """Take the number of people of a frame that is done."""

    def finished(self, source: Source, error: str | None) -> None:
        """End a source; error tells why it could not be read to its end."""


@dataclass(slots=True)
class Totals:
    """What a run has done; ``interrupted`` where the user ended it early."""

    interrupted: bool = False
    sources: int = 0
    failed: int = 0
    frames: int = 0
    people: int = 0


def choose_look(detector: PoseDetector, boxes: KnownBoxes | None, whole_image: bool) -> Look:
    """Return how people are looked for: by the person finder, in known boxes, or filling all.

    Raises:
        ConfigError: If both boxes and the whole picture are asked for.
    """
    if boxes is not None and whole_image:
        raise ConfigError("--boxes and --whole-image exclude each other")
    if whole_image:
        return lambda source, frame: detector.whole(frame.image)
    if boxes is None:
        return lambda source, frame: detector(frame.image)
    known = boxes
    return lambda source, frame: detector.in_boxes(frame.image, known.of(source.path))


def check_boxes(boxes: KnownBoxes, sources: Sequence[Source]) -> None:
    """Make sure that boxes are known for each source before work begins.

    Raises:
        ConfigError: If a source is a video.
        DataError: If a picture is not listed.
    """
    for source in sources:
        if source.kind == "video":
            raise ConfigError(f"{source.path}: --boxes holds boxes of pictures, not of video")
        boxes.of(source.path)


def run(sources: Sequence[Source], look: Look, writers: Writers, progress: Progress) -> Totals:
    """Look at all sources; one that cannot be read is noted and the others are done.

    Ctrl-C ends the run early; what is done of a video is kept.

    Raises:
        OSError: If results cannot be written.
    """
    totals = Totals()
    for source in sources:
        totals.sources += 1
        error: str | None = None
        before = totals.frames
        try:
            if source.kind == "picture":
                _picture(source, look, writers, progress, totals)
            else:
                _video(source, look, writers, progress, totals)
        except SourceError as problem:
            error = str(problem)
            totals.failed += 1
        except KeyboardInterrupt:
            totals.interrupted = True
            error = "interrupted by the user"
        writers.finish(source, End(totals.frames - before, error))
        progress.finished(source, error)
        if totals.interrupted:
            break
    return totals


def _picture(
    source: Source, look: Look, writers: Writers, progress: Progress, totals: Totals
) -> None:
    progress.source(source, 1)
    frame = Frame(read_picture(source.path), 0, None)
    writers.start(source, None)
    _frame(source, frame, look, writers, progress, totals)


def _video(
    source: Source, look: Look, writers: Writers, progress: Progress, totals: Totals
) -> None:
    with Video(source.path) as video:
        progress.source(source, video.frame_count)
        writers.start(source, video.fps)
        for frame in video:
            _frame(source, frame, look, writers, progress, totals)


def _frame(
    source: Source,
    frame: Frame,
    look: Look,
    writers: Writers,
    progress: Progress,
    totals: Totals,
) -> None:
    people = look(source, frame)
    writers.write(source, Seen(frame, people))
    totals.frames += 1
    totals.people += len(people)
    progress.frame(source, len(people))
