"""From sources to files: what ``pedpose detect`` does once everything is open."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from pedpose.inference.feed import Arrived, Ended, Event, Feed, Started
from pedpose.inference.finishing import Finishing
from pedpose.inference.follow import Follower
from pedpose.inference.look import Looker, Sight
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
    """What a run has done.

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
    frames_at_once: int,
    files_at_once: int,
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
    begin = time.perf_counter()
    going = _Run(stages, progress)
    with Sink(stages.writers, 2 * frames_at_once, stages.watch, going.written) as sink:
        with Feed(
            sources, stages.open_source, 2 * frames_at_once, files_at_once, stages.watch
        ) as feed:
            try:
                while events := feed.take(frames_at_once, progress.idle):
                    going.take(events, sink, feed)
                    if progress.idle():
                        break
            except KeyboardInterrupt:
                going.totals.interrupted = True
        going.break_off({event.source.name: event.end for event in feed.left()}, sink)
    going.totals.seconds = time.perf_counter() - begin
    going.totals.busy = dict(stages.watch.seconds)
    return going.totals


class _Run:
    """A run that is going on.

    Attributes:
        totals: What it has done so far.
    """

    def __init__(self, stages: Stages, progress: Progress) -> None:
        self.totals = Totals()
        self._stages = stages
        self._progress = progress
        self._open: dict[str, Source] = {}

    def take(self, events: Sequence[Event], sink: Sink, feed: Feed) -> None:
        """Look at the frames among events, then hand all events on in their order."""
        arrived = [event for event in events if isinstance(event, Arrived)]
        sights = iter(self._stages.look([(event.source, event.frame) for event in arrived]))
        for event in events:
            source = event.source
            if isinstance(event, Started):
                self.totals.sources += 1
                self._open[source.name] = source
                self._progress.source(source, event.frame_count)
                sink.start(source, event.fps if source.moving else None)
            elif isinstance(event, Ended):
                if self._open.pop(source.name, None) is None:
                    self.totals.sources += 1
                self._finish(source, event.end, sink)
            else:
                self._hand_on(event, next(sights), sink)
                if source.name in sink.refused:
                    feed.skip(source)

    def break_off(self, ends: Mapping[str, End], sink: Sink) -> None:
        """End the sources that are still open; ends are those that came too late to be taken."""
        for source in self._open.values():
            end = ends.get(source.name, End())
            # Nothing of a stream is missing where the user ends it.
            if source.kind != "stream":
                end = replace(end, error=INTERRUPTED)
                self.totals.interrupted = True
            self._finish(source, end, sink)

    def written(self, source: Source, end: End) -> None:
        """Count a source all of which is written; called by the thread that writes."""
        self._stages.finishing.forget(source)
        self.totals.failed += end.error is not None
        self._progress.finished(source, end)

    def _hand_on(self, event: Arrived, sight: Sight, sink: Sink) -> None:
        """Say who of a frame is reported, and hand it on to be written."""
        stages, source, frame = self._stages, event.source, event.frame
        with stages.watch("follow"):
            people = stages.follow(source, frame, sight.estimate.people)
        sink.write(source, partial(stages.finishing, source, frame, sight, people))
        self.totals.frames += 1
        self.totals.people += len(people)
        self.totals.still += sight.still
        self._progress.frame(source, len(people))

    def _finish(self, source: Source, end: End, sink: Sink) -> None:
        """End a source, and drop what the stages remember of it."""
        self.totals.dropped += end.dropped
        self.totals.gaps += end.gaps
        sink.finish(source, end)
        self._stages.look.forget(source)
        self._stages.follow.forget(source)
