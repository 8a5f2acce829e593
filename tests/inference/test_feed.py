"""Frames come in order, wait for room, and what is live is dropped rather than waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pytest

from pedpose.errors import SourceError
from pedpose.inference.feed import Arrived, Ended, Feed, Started
from pedpose.reading.frame import Frame
from pedpose.reading.sources import Kind, Source


def source(name: str, kind: Kind = "video") -> Source:
    return Source(Path(name), kind, name, url=name if kind == "stream" else "")


def frame(index: int, gap_s: float = 0.0) -> Frame:
    return Frame(np.zeros((4, 4, 3), np.uint8), index, index / 10, gap_s)


class FakeReader:
    """Gives frames, then perhaps an error."""

    fps = 10.0
    frame_count: int | None = None
    gaps = 2
    decoder = "fake"
    live = False

    def __init__(self, frames: Iterator[Frame], error: Exception | None = None) -> None:
        self.frames = frames
        self.error = error
        self.given = 0
        self.stopped = threading.Event()
        self.closed = False

    def as_live(self) -> Self:
        self.live = True
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closed = True

    def __iter__(self) -> Iterator[Frame]:
        for each in self.frames:
            if self.stopped.is_set():
                return
            self.given += 1
            yield each
        if self.error is not None:
            raise self.error

    def stop(self) -> None:
        self.stopped.set()


def all_of(feed: Feed, most: int = 8) -> list[Started | Arrived | Ended]:
    events: list[Started | Arrived | Ended] = []
    with feed:
        while taken := feed.take(most):
            assert sum(isinstance(event, Arrived) for event in taken) <= most
            events += taken
    return events


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("waited for 5 s")


def test_files_come_one_after_another_with_all_their_frames():
    readers = {name: FakeReader(frame(i) for i in range(20)) for name in "ab"}
    events = all_of(Feed([source("a"), source("b")], lambda s: readers[s.name], 3), most=2)
    assert [event.source.name for event in events] == ["a"] * 22 + ["b"] * 22
    assert isinstance(events[0], Started) and events[0].fps == 10
    assert [e.frame.index for e in events[1:21] if isinstance(e, Arrived)] == list(range(20))
    assert isinstance(events[21], Ended) and events[21].end.error is None
    assert all(reader.closed for reader in readers.values())


def test_files_at_once_each_keep_their_order():
    readers = {name: FakeReader(frame(i) for i in range(30)) for name in "abcd"}
    feed = Feed([source(n) for n in "abcd"], lambda s: readers[s.name], 4, files_at_once=3)
    events = all_of(feed)
    for name in "abcd":
        mine = [e for e in events if e.source.name == name]
        assert [e.frame.index for e in mine if isinstance(e, Arrived)] == list(range(30))
        assert isinstance(mine[0], Started) and isinstance(mine[-1], Ended)


def test_files_wait_until_there_is_room():
    reader = FakeReader(frame(i) for i in range(1000))
    with Feed([source("a")], lambda s: reader, 5) as feed:
        wait_for(lambda: reader.given >= 6)
        time.sleep(0.05)
        assert reader.given == 6  # five wait, one is in the hand of the reader
        assert len(feed.take(3)) == 1 + 3  # the start, and three frames at most
    assert reader.closed


def test_a_live_source_drops_its_oldest_frame_and_keeps_its_gap():
    reader = FakeReader(
        iter([frame(0, gap_s=1.5), frame(1), frame(2, gap_s=0.5), frame(3)])
    ).as_live()
    with Feed([source("cam", "stream")], lambda s: reader, 100) as feed:
        wait_for(lambda: reader.closed)
        events = feed.take(8)
    arrived = [e.frame for e in events if isinstance(e, Arrived)]
    assert [f.index for f in arrived] == [2, 3]
    assert sum(f.gap_s for f in arrived) == pytest.approx(2.0)
    (ended,) = [e for e in events if isinstance(e, Ended)]
    assert (ended.end.dropped, ended.end.gaps) == (2, 2)


def test_live_sources_are_all_read_at_once():
    barrier = threading.Barrier(3, timeout=5)

    def together() -> Iterator[Frame]:
        barrier.wait()
        yield frame(0)

    sources = [source(n, "stream") for n in "abc"]
    events = all_of(Feed(sources, lambda s: FakeReader(together()), 100))
    assert sum(isinstance(e, Arrived) for e in events) == 3


def test_what_cannot_be_read_ends_with_its_reason_and_the_next_goes_on():
    def open_source(source: Source) -> FakeReader:
        if source.name == "none":
            raise SourceError("none: no such file")
        return FakeReader(iter([frame(0)]), SourceError("half: breaks off"))

    events = all_of(Feed([source("none"), source("half")], open_source, 4))
    ends = [e for e in events if isinstance(e, Ended)]
    assert [e.end.error for e in ends] == ["none: no such file", "half: breaks off"]
    assert [type(e) for e in events] == [Ended, Started, Arrived, Ended]


def test_what_goes_wrong_in_the_thread_is_raised_where_frames_are_taken():
    reader = FakeReader(iter([]), MemoryError("no room"))
    with pytest.raises(MemoryError, match="no room"):
        all_of(Feed([source("a")], lambda s: reader, 4))


def test_leaving_early_stops_a_reader_that_waits():
    reader = FakeReader(frame(i) for i in range(10**9))
    with Feed([source("a"), source("b")], lambda s: reader, 2) as feed:
        feed.take(1)
    assert reader.closed


def test_a_skipped_source_ends():
    reader = FakeReader(frame(i) for i in range(10**9))
    with Feed([source("a")], lambda s: reader, 2) as feed:
        feed.take(1)
        feed.skip(source("a"))
        wait_for(lambda: reader.closed)
        while taken := feed.take(1):
            last = taken[-1]
    assert isinstance(last, Ended)


def test_idle_is_called_while_nothing_comes_and_can_end_the_wait():
    release = threading.Event()

    def late() -> Iterator[Frame]:
        release.wait(5)
        yield frame(0)

    calls = []

    def idle() -> bool:
        calls.append(1)
        return len(calls) == 3

    with Feed([source("a")], lambda s: FakeReader(late()), 2) as feed:
        assert isinstance(feed.take(8)[0], Started)
        assert feed.take(8, idle) == []
        release.set()
    assert len(calls) == 3
