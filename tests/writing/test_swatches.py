"""Colours of clothes in overlays and tables, read back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pedpose import COCO_17, People, Skeleton
from pedpose.clothing import ClothColour, Clothes
from pedpose.geometry import Image
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.writing.drawing import Drawing
from pedpose.writing.overlay import DARK
from pedpose.writing.seen import Seen
from pedpose.writing.themes import THEMES, Style
from pedpose.writing.tracks_writer import TracksWriter
from pedpose.writing.writers import open_writers

CLIP = Source(Path("in/clip.mp4"), "video", "clip")
BARE = Style(boxes=False, ids=False, scores=False)
RED = ClothColour("#c81e1e", "red", 0.75)
WHITE = ClothColour("#fafafa", "white", 0.25)
BLUE = ClothColour("#1f3a5b", "dark blue", 1.0)
BOTH = Clothes((RED, WHITE), (BLUE,))


def seen(x: float = 40, clothes: tuple[Clothes, ...] | None = (BOTH,)) -> Seen:
    people = People(
        Skeleton(("a", "b")),
        np.array([[[x, 50, 0], [x, 60, 0]]], np.float32),
        np.array([[x, 30, x + 30, 100]], np.float32),
        np.array([0.8], np.float32),
        np.array([3]),
    )
    return Seen(Frame(np.full((120, 200, 3), 90, np.uint8), 0, 0.0), people, clothes=clothes)


def drawn(what: Seen, style: Style = BARE) -> Image:
    return Drawing(style)(CLIP, what)


def places(image: Image, colour: tuple[int, ...]) -> tuple[int, int, int, int, int]:
    """Return where pixels of a colour are (x1, y1, x2, y2), and how many there are."""
    rows, columns = np.nonzero((image == colour).all(axis=2))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1, len(rows)


def test_two_bars_right_of_the_box_share_their_colours():
    image = drawn(seen())
    # Bars of 20 x 10 pixels with a frame of one, 2.5 pixels right of x2 = 70, from y1 = 30 down.
    assert places(image, (200, 30, 30)) == (73, 31, 73 + 14, 39, 14 * 8)
    assert places(image, (250, 250, 250)) == (87, 31, 91, 39, 4 * 8)
    assert places(image, (31, 58, 91)) == (73, 41, 91, 49, 18 * 8)
    assert places(image, DARK) == (72, 30, 92, 50, 2 * (200 - 18 * 8))
    assert (image != 90).any(axis=2).sum() == 20 * 20, "and nothing else is drawn"


@pytest.mark.parametrize(("x", "left"), [(165, 175), (140, 172), (-300, 0), (1000, 180)])
def test_bars_stay_in_the_picture(x: float, left: int):
    assert places(drawn(seen(x)), DARK)[:4] == (left, 30, left + 20, 50)


def test_what_is_not_seen_has_no_bar():
    assert places(drawn(seen(clothes=(Clothes((), (BLUE,)),))), DARK)[:4] == (72, 40, 92, 50)
    assert (drawn(seen(clothes=(Clothes(),))) == 90).all()
    assert (drawn(seen(clothes=None)) == 90).all()


def test_themes_have_bars_except_the_plain_one():
    for name, style in THEMES.items():
        shown = (drawn(seen(), style)[31:39, 73:87] == (200, 30, 30)).all()
        assert shown == (name != "plain"), name


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (400, 3)])
def test_any_size_of_picture(size: tuple[int, int]):
    what = seen()
    frame = replace(what.frame, image=np.zeros((*size, 3), np.uint8))
    assert drawn(replace(what, frame=frame)).shape == (*size, 3)


def test_tables_have_the_largest_colours_and_json_all(tmp_path: Path):
    what = seen(clothes=(BOTH,))
    unseen = seen(clothes=(Clothes((), (RED,)),))
    nobody = replace(what, people=People.empty(what.people.skeleton), clothes=())
    kinds = ["json", "csv", "coco", "parquet"]
    with open_writers(kinds, tmp_path, [CLIP], {}, colours=True) as writers:
        writers.start(CLIP, 25)
        for one in (what, nobody, unseen):
            writers.write(CLIP, one)
        writers.finish(CLIP, End(3))
    rows = list(csv.DictReader((tmp_path / "people.csv").open()))
    assert [(r["upper_colour"], r["lower_colour"]) for r in rows] == [
        *[("red", "dark blue")] * 2,
        *[("", "red")] * 2,
    ]
    table = pq.read_table(tmp_path / "people.parquet")
    assert table.column_names == list(rows[0])
    assert table["upper_colour"].to_pylist() == ["red", "red", None, None]
    assert table["lower_colour"].to_pylist() == ["dark blue", "dark blue", "red", "red"]
    assert table["x"].to_pylist() == [40.0] * 4
    lines = [json.loads(x) for x in (tmp_path / "json/clip.jsonl").read_text().splitlines()[1:]]
    colours = lines[0]["people"][0]["colours"]
    assert colours == {
        "upper": [
            {"rgb": "#c81e1e", "name": "red", "share": 0.75},
            {"rgb": "#fafafa", "name": "white", "share": 0.25},
        ],
        "lower": [{"rgb": "#1f3a5b", "name": "dark blue", "share": 1.0}],
    }
    assert lines[2]["people"][0]["colours"]["upper"] == []
    results = json.loads((tmp_path / "coco_results.json").read_text())
    assert results[0]["colours"] == colours


def row_of(write: Callable[[TracksWriter], None], colours: bool = True) -> dict[str, str]:
    file = io.StringIO()
    writer = TracksWriter(file, colours=colours)
    write(writer)
    writer.finish(CLIP, End(1))
    (row,) = csv.DictReader(io.StringIO(file.getvalue()))
    return row


def test_a_track_has_the_colours_that_were_there_most_often():
    people = People(
        *(COCO_17, np.zeros((1, 17, 3), np.float32), np.ones((1, 4), np.float32)),
        *(np.ones(1, np.float32), np.array([3])),
    )
    worn = [Clothes((WHITE,)), Clothes((RED,), ()), Clothes(), Clothes((RED, WHITE)), Clothes()]

    def write(writer: TracksWriter) -> None:
        for n, clothes in enumerate(worn):
            what = replace(seen(clothes=(clothes,)), people=people)
            writer.write(CLIP, replace(what, frame=replace(what.frame, time_s=n / 25)))

    row = row_of(write)
    assert (row["upper_colour"], row["lower_colour"]) == ("red", "")
    assert list(row)[:-2] == list(row_of(write, colours=False)) == list(TracksWriter.COLUMNS)
