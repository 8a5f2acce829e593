"""From sources to files: what ``pedpose detect`` does once everything is open."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from pedpose.inference.feed import Arrived, Ended, Feed, Started
from pedpose.inference.finishing import Finishing
from pedpose.inference.follow import Follower
from pedpose.inference.look import Looker
from pedpose.inference.sink import Sink
from pedpose.reading.frame import End
from pedpose.reading.open import Reader
from pedpose.reading.sources import Source
from pedpose.timing import Stopwatch
from pedpose.writing.writers import Writers

INTERRUPTED = "interrupted by the user"


class Progress(Protocol):
    """Is told how a run goes; implemented by the command line. Threads take turns in calling."""

    def source(self, source: Source, frames: int | None) -> None:
        """Begin a source; frames is None where a video does not tell."""

    def frame(self, source: Source, people: int) -> None:
        """Take the number of people of a frame that was looked at."""

    def finished(self, source: Source, end: End) -> None:
        """End a source, all of which is written."""

    def idle(self) -> bool:
        """Do what has to be done now and then; return whether the user wants to end the run."""


@dataclass(frozen=True, slots=True)
class Stages:
    """The parts of a run.

    Attributes:
        open_source: Opens a source; raises SourceError where it cannot.
        look: Finds the people of frames.
        follow: Says who of them is reported.
        finishing: Makes of that what is written.
        writers: Write it.
        watch: Is told how long each stage was busy.
    """

    open_source: Callable[[Source], Reader]
    look: Looker
    follow: Follower
    finishing: Finishing
    writers: Writers
    watch: Stopwatch


@dataclass(slots=True)
class Totals:
    """What a run has done; ``interrupted`` where the user ended it early.

    Attributes:
        interrupted: Whether the user ended it before all sources had ended.
        sources: Sources that were begun.
        failed: Sources that could not be read, or not to their end.
        frames: Frames that were looked at.
        people: People who were found, in all frames.
        still: Frames that were taken for the same as the one before.
        dropped: Frames of live sources that came too fast.
        gaps: How often live sources were lost and found again.
        seconds: From the first source to the last file.
        busy: Seconds that each stage was busy; they overlap.
    """

    interrupted: bool = False
    sources: int = 0
    failed: int = 0
    frames: int = 0
    people: int = 0
    still: int = 0
    dropped: int = 0
    gaps: int = 0
    seconds: float = 0.0
    busy: dict[str, float] = field(default_factory=dict)


def run(
    sources: Sequence[Source],
    stages: Stages,
    progress: Progress,
    frames_at_once: int = 8,
    files_at_once: int = 1,
) -> Totals:
    """Look at all sources; one that cannot be read is noted and the others are done.

    Reading, the networks, and writing run at the same time. Ctrl-C ends the run early; what is
    done of a video is kept.

    Args:
        sources: What to look at.
        stages: By what.
        progress: Is told how it goes.
        frames_at_once: Most frames that go through the networks together.
        files_at_once: How many files are read at the same time; live sources all are.

    Raises:
        OSError: If results cannot be written.
        ConfigError: If the region lies beside a picture.
        DataError: If no boxes are known for a picture.
    """
    totals = Totals()
    begin = time.perf_counter()
    with Sink(
        stages.writers,
        2 * frames_at_once,
        stages.watch,
        partial(_finished, totals, stages, progress),
    ) as sink:
        open_sources: dict[str, Source] = {}
        with Feed(
            sources, stages.open_source, 2 * frames_at_once, files_at_once, stages.watch
        ) as feed:
            try:
                while events := feed.take(frames_at_once, progress.idle):
                    _do(events, stages, sink, feed, progress, totals, open_sources)
                    if progress.idle():
                        break
            except KeyboardInterrupt:
                totals.interrupted = True
        left = {event.source.name: event.end for event in feed.left()}
        for source in open_sources.values():
            end = left.get(source.name, End())
            if source.kind != "stream":
                end = replace(end, error=INTERRUPTED)
                totals.interrupted = True
            # Nothing of a stream is missing where the user ends it.
            _finish(source, end, stages, sink, totals)
    totals.seconds = time.perf_counter() - begin
    totals.busy = dict(stages.watch.seconds)
    return totals


def _do(
    events: Sequence[Started | Arrived | Ended],
    stages: Stages,
    sink: Sink,
    feed: Feed,
    progress: Progress,
    totals: Totals,
    open_sources: dict[str, Source],
) -> None:
    """Look at the frames among events, then hand all events on in their order."""
    arrived = [event for event in events if isinstance(event, Arrived)]
    sights = iter(stages.look([(event.source, event.frame) for event in arrived]))
    for event in events:
        source = event.source
        if isinstance(event, Started):
            totals.sources += 1
            open_sources[source.name] = source
            progress.source(source, event.frame_count)
            sink.start(source, event.fps if source.moving else None)
        elif isinstance(event, Ended):
            if open_sources.pop(source.name, None) is None:
                totals.sources += 1
            _finish(source, event.end, stages, sink, totals)
        else:
            sight = next(sights)
            with stages.watch("follow"):
                people = stages.follow(source, event.frame, sight.estimate.people)
            sink.write(source, partial(stages.finishing, source, event.frame, sight, people))
            totals.frames += 1
            totals.people += len(people)
            totals.still += sight.still
            progress.frame(source, len(people))
            if source.name in sink.refused:
                feed.skip(source)


def _finish(source: Source, end: End, stages: Stages, sink: Sink, totals: Totals) -> None:
    """End a source, and drop what the stages remember of it."""
    totals.dropped += end.dropped
    totals.gaps += end.gaps
    sink.finish(source, end)
    stages.look.forget(source)
    stages.follow.forget(source)


def _finished(totals: Totals, stages: Stages, progress: Progress, source: Source, end: End) -> None:
    stages.finishing.forget(source)
    totals.failed += end.error is not None
    progress.finished(source, end)
