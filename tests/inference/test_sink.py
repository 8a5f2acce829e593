"""Writing in a thread: order, back-pressure, and failures that reach who gave the frames."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pedpose import COCO_17, People
from pedpose.errors import SourceError
from pedpose.inference.sink import Sink
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.timing import Stopwatch
from pedpose.writing.seen import Seen
from pedpose.writing.writers import Writers

A = Source(Path("a"), "video", "a")
B = Source(Path("b"), "video", "b")


class Recorder:
    """Notes what it is given, fails where it is told to."""

    def __init__(self, fail: dict[int, Exception] | None = None) -> None:
        self.calls: list[Any] = []
        self.fail = fail or {}
        self.threads: set[int] = set()

    def start(self, source: Source, fps: float | None) -> None:
        self.calls.append(("start", source.name))

    def write(self, source: Source, seen: Seen) -> None:
        self.threads.add(threading.get_ident())
        if seen.frame.index in self.fail:
            raise self.fail[seen.frame.index]
        self.calls.append((source.name, seen.frame.index))

    def finish(self, source: Source, end: End) -> None:
        self.calls.append(("finish", source.name, end))


def seen(index: int) -> Seen:
    return Seen(Frame(np.zeros((2, 2, 3), np.uint8), index, 0.0), People.empty(COCO_17))


def make_sink(recorder: Recorder, limit: int = 4) -> tuple[Sink, list[End]]:
    ends: list[End] = []
    return Sink(Writers([recorder]), limit, Stopwatch(), lambda s, end: ends.append(end)), ends


def test_frames_are_written_in_order_by_one_other_thread():
    recorder = Recorder()
    sink, ends = make_sink(recorder)
    with sink:
        sink.start(A, 10)
        for i in range(50):
            sink.write(A, lambda i=i: seen(i))  # type: ignore[misc]
        sink.finish(A, End(dropped=3))
    end = End(frames=50, dropped=3)
    assert recorder.calls == [("start", "a"), *(("a", i) for i in range(50)), ("finish", "a", end)]
    assert len(recorder.threads) == 1 and threading.get_ident() not in recorder.threads
    assert ends == [end]


def test_whoever_is_faster_has_to_wait():
    gate = threading.Event()
    recorder = Recorder()
    sink, _ = make_sink(recorder, limit=3)
    given = []

    def give() -> None:
        with sink:
            for i in range(10):
                sink.write(A, lambda: gate.wait(5) and seen(0))  # type: ignore[arg-type, return-value]
                given.append(i)

    thread = threading.Thread(target=give)
    thread.start()
    thread.join(0.3)
    assert thread.is_alive() and len(given) == 3
    gate.set()
    thread.join(5)
    assert len(recorder.calls) == 10


def test_an_error_of_writing_reaches_the_giver_and_nothing_after_it_is_written():
    recorder = Recorder(fail={2: OSError("disk full")})
    sink, _ = make_sink(recorder)
    with pytest.raises(OSError, match="disk full"), sink:
        for i in range(100):
            sink.write(A, lambda i=i: seen(i))  # type: ignore[misc]
        sink.finish(A, End())
    assert recorder.calls == [("a", 0), ("a", 1)]


def test_the_last_error_is_not_lost():
    recorder = Recorder(fail={0: OSError("disk full")})
    sink, _ = make_sink(recorder)
    with pytest.raises(OSError, match="disk full"), sink:
        sink.write(A, lambda: seen(0))
        sink.finish(A, End())
    assert recorder.calls == []


def test_a_source_that_no_output_can_hold_ends_alone():
    recorder = Recorder(fail={1: SourceError("too wide")})
    sink, ends = make_sink(recorder)
    with sink:
        for i in range(3):
            sink.write(A, lambda i=i: seen(i))  # type: ignore[misc]
        sink.finish(A, End())
        sink.write(B, lambda: seen(7))
        sink.finish(B, End())
    assert sink.refused == {"a": "too wide"}
    assert ends == [End(1, "too wide"), End(1)]
    assert ("b", 7) in recorder.calls and ("a", 2) not in recorder.calls


def test_an_error_of_the_block_gives_up_what_waits():
    gate = threading.Event()
    recorder = Recorder()
    sink, _ = make_sink(recorder, limit=10)
    with pytest.raises(KeyError), sink:
        sink.write(A, lambda: gate.wait(5) and seen(0))  # type: ignore[arg-type, return-value]
        for i in range(1, 5):
            sink.write(A, lambda i=i: seen(i))  # type: ignore[misc]
        threading.Timer(0.2, gate.set).start()
        raise KeyError
    assert recorder.calls == [("a", 0)]
