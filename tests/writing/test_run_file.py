"""The account of a run, and what is left of runs that end early or fail."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pedpose import COCO_17, People
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.writing import video_file
from pedpose.writing.drawing import Drawing
from pedpose.writing.seen import Seen
from pedpose.writing.themes import THEMES
from pedpose.writing.writers import KINDS, Writers, open_writers

A, B = (Source(Path(f"in/{name}.mp4"), "video", name) for name in "ab")
PICTURE = Source(Path("in/c.jpg"), "picture", "c")
ONE = People(
    COCO_17,
    np.full((1, 17, 3), 20, np.float32),
    np.array([[5, 5, 40, 40]], np.float32),
    np.ones(1, np.float32),
    np.array([1]),
)


def seen(n: int, moving: bool = True) -> Seen:
    image = np.full((48, 64, 3), 9 * n, np.uint8)
    return Seen(Frame(image, n, n / 10 if moving else None), ONE, heat=image[..., 0])


def account(out: Path) -> Any:
    return json.loads((out / "run.json").read_text())


def files(out: Path) -> set[str]:
    return {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}


def two_in_turns(writers: Writers, frames: int = 3) -> None:
    for source in (A, B):
        writers.start(source, 10.0)
    for n in range(frames):
        for source in (A, B):
            writers.write(source, seen(n))


def test_how_each_source_ended(tmp_path: Path):
    header = {"pedpose": "1.0", "shard": "1/2"}
    with open_writers({"csv", "json"}, tmp_path, [A, B, PICTURE], header) as writers:
        two_in_turns(writers)
        writers.finish(B, End(3, None, dropped=7, gaps=2))
        writers.finish(A, End(3, "in/a.mp4: the video breaks off"))
        writers.finish(PICTURE, End(0, "in/c.jpg: no picture"))
    assert account(tmp_path) == {
        "header": header,
        "kinds": ["json", "csv"],
        "sources": [
            {
                **{"source": "in/b.mp4", "name": "b", "frames": 3, "people": 3},
                **{"error": None, "partial": False, "dropped": 7, "gaps": 2},
            },
            {
                **{"source": "in/a.mp4", "name": "a", "frames": 3, "people": 3},
                **{"error": "in/a.mp4: the video breaks off", "partial": True},
                **{"dropped": 0, "gaps": 0},
            },
            {
                **{"source": "in/c.jpg", "name": "c", "frames": 0, "people": 0},
                **{"error": "in/c.jpg: no picture", "partial": False},
                **{"dropped": 0, "gaps": 0},
            },
        ],
        "interrupted": False,
    }
    lines = (tmp_path / "run.json").read_text().splitlines()
    assert sum(line.startswith('{"source"') for line in lines) == 3, "one a line"
    failed = json.loads((tmp_path / "failed.json").read_text())
    assert [sorted(entry) for entry in failed] == [["error", "partial", "source"]] * 2


@pytest.mark.parametrize("last", [True, False])
def test_an_interrupted_run_has_whole_files_and_says_so(tmp_path: Path, last: bool):
    sources = [A] if last else [A, B]
    with open_writers(set(KINDS), tmp_path, sources, {}) as writers:
        writers.start(A, 10.0)
        writers.write(A, seen(0))
        writers.finish(A, End(1, "interrupted by the user"))
        if last:
            writers.interrupt()
    assert account(tmp_path)["interrupted"] is True
    assert files(tmp_path) == {
        *("overlay/a.mp4", "heatmaps/a.mp4", "json/a.jsonl", "mot/a.txt"),
        *("people.csv", "people.parquet", "tracks.csv", "coco_results.json", "images.json"),
        *("run.json", "failed.json"),
    }
    assert len(json.loads((tmp_path / "coco_results.json").read_text())) == 1


def test_no_sources_at_all(tmp_path: Path):
    with open_writers({"csv"}, tmp_path, [], {}):
        pass
    assert account(tmp_path)["sources"] == []
    assert account(tmp_path)["interrupted"] is False


def test_a_run_that_fails_removes_the_account_of_the_run_before(tmp_path: Path):
    with open_writers({"csv"}, tmp_path, [A], {}) as writers:
        writers.finish(A, End(0, "broken"))
    assert files(tmp_path) == {"people.csv", "run.json", "failed.json"}
    with pytest.raises(OSError, match="disk"), open_writers({"csv"}, tmp_path, [A], {}):
        raise OSError("disk")
    assert files(tmp_path) == {"people.csv"}, "what was whole before stays"


class _Breaks:
    """Encodes by OpenCV until a frame that no disk can take."""

    codec = "none"

    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        path.write_bytes(b"half")
        self.frames = 0

    def write(self, image: Any, time_s: float) -> None:
        self.frames += 1
        if self.frames == 3:
            raise OSError(28, "No space left on device", "overlay/b.mp4")

    def close(self) -> None:
        if self.frames < 3:
            raise OSError(28, "No space left on device", "overlay/b.mp4")


@pytest.mark.parametrize("frames", [3, 2], ids=["while writing", "at the end"])
def test_an_error_in_one_writer_leaves_whole_files_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: int
):
    good = video_file._encoder
    monkeypatch.setattr(
        video_file, "_encoder", lambda *all_: _Breaks(*all_) if encoders.pop() else good(*all_)
    )
    # Opened in this order from the end: overlay and heatmaps of a picture's successor A, then B.
    encoders = [False, True, False, False]
    kinds = set(KINDS)
    with pytest.raises(OSError, match="No space left") as raised:
        with open_writers(kinds, tmp_path, [PICTURE, A, B], {}) as writers:
            writers.start(PICTURE, None)
            writers.write(PICTURE, seen(0, moving=False))
            writers.finish(PICTURE, End(1))
            for source in (A, B):
                writers.start(source, 10.0)
                for n in range(frames):
                    writers.write(source, seen(n))
                writers.finish(source, End(frames))
    assert raised.value.filename == "overlay/b.mp4"
    assert files(tmp_path) == {
        *("overlay/c.jpg", "heatmaps/c.jpg", "json/c.json"),
        *("overlay/a.mp4", "heatmaps/a.mp4", "json/a.jsonl", "mot/a.txt"),
    }


@dataclass
class _Recorder:
    """A writer of the caller."""

    drawing: Drawing
    told: list[str] = field(default_factory=list)
    pictures: list[Any] = field(default_factory=list)

    def start(self, source: Source, fps: float | None) -> None:
        self.told.append(f"start {source.name} {fps}")

    def write(self, source: Source, seen: Seen) -> None:
        self.told.append(f"write {source.name}")
        self.pictures.append(self.drawing(source, seen))

    def finish(self, source: Source, end: End) -> None:
        self.told.append(f"finish {source.name} {end.frames}")


def test_writers_of_the_caller_share_the_drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    drawn: list[Any] = []
    draw = Drawing._draw
    monkeypatch.setattr(Drawing, "_draw", lambda *args: drawn.append(1) or draw(*args))
    drawing = Drawing(THEMES["tracks"])
    mine = _Recorder(drawing)
    with open_writers({"overlay"}, tmp_path, [A, B], {}, drawing=drawing, more=[mine]) as writers:
        two_in_turns(writers, 2)
        for source in (A, B):
            writers.finish(source, End(2))
    assert mine.told == [
        *("start a 10.0", "start b 10.0", "write a", "write b", "write a", "write b"),
        *("finish a 2", "finish b 2"),
    ]
    assert len(drawn) == len(mine.pictures) == 4, "each frame once, for file and view"
    assert not drawing._trails, "what is known of sources is forgotten at their end"


def notes(out: Path, kinds: Sequence[str]) -> list[str]:
    with open_writers(kinds, out, [A], {}) as writers:
        writers.start(A, 10.0)
        writers.write(A, seen(0))
        writers.finish(A, End(1))
    return writers.notes()


def test_notes_name_the_codec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert notes(tmp_path, ["csv"]) == []
    assert notes(tmp_path, ["overlay", "heatmaps"]) == ["video: H.264 by PyAV"]
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.delitem(sys.modules, "pedpose.writing.av_encoder", raising=False)
    (note,) = notes(tmp_path, ["overlay"])
    if sys.platform == "linux":
        assert note.startswith("video: MPEG-4 by OpenCV, ")
        assert "pip install 'pedpose[video]'" in note
