import threading

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedpose.geometry import Image
from pedpose.live import feed as feed_module
from pedpose.live.board import KEPT, Board
from pedpose.live.feed import LARGEST, Feed
from pedpose.live.paths import picture_path, pictured, stream_path, streamed


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def picture(width: int = 32, height: int = 24, value: int = 0) -> Image:
    return np.full((height, width, 3), value, np.uint8)


def decoded(jpeg: bytes) -> Image:
    found = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return np.asarray(found[:, :, ::-1], np.uint8)


def test_figures_are_of_the_newest_picture_and_the_rate_of_the_last_seconds(clock: Clock):
    feed = Feed("walk", clock)
    for n in range(31):
        clock.now = n / 10
        feed.push(picture(), n, n / 25)
    status = feed.status()
    assert (status.people, status.frames, status.time_s) == (30, 31, 30 / 25)
    assert (status.size, status.ended) == ((32, 24), False)
    assert status.rate == pytest.approx(10)
    clock.now = 4.0
    assert feed.status().rate == pytest.approx(7.5), "30 steps in 4 seconds"
    clock.now = 60.0
    assert feed.status().rate == 0, "nothing came for long"


def test_one_picture_has_no_rate(clock: Clock):
    feed = Feed("walk", clock)
    feed.push(picture(), 1, None)
    assert feed.status().rate == 0
    assert feed.status().time_s is None


def test_colours_survive(clock: Clock):
    feed = Feed("walk", clock)
    red = picture()
    red[:] = 220, 30, 10
    feed.push(red, 0, None)
    mean = decoded(feed.newest().jpeg).mean(axis=(0, 1))
    assert mean == pytest.approx([220, 30, 10], abs=4)


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (2560, 1440, (1280, 720)),
        (1280, 1280, (1280, 1280)),
        (100, 12800, (10, 1280)),
        (1, 1, (1, 1)),
    ],
)
def test_large_pictures_are_sent_smaller(
    clock: Clock, width: int, height: int, size: tuple[int, int]
):
    feed = Feed("walk", clock)
    feed.push(picture(width, height), 0, None)
    assert decoded(feed.newest().jpeg).shape[1::-1] == size
    assert max(size) <= LARGEST
    assert feed.status().size == (width, height)


def test_pictures_are_encoded_when_asked_for_and_once(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    values: list[int] = []

    def encode(image: Image) -> bytes:
        values.append(int(image[0, 0, 0]))
        return b"jpeg"

    monkeypatch.setattr(feed_module, "_encode", encode)
    feed = Feed("walk", clock)
    for value in range(10):
        feed.push(picture(value=value), 0, None)
    assert values == []
    assert {feed.newest().number for _ in range(5)} == {10}
    assert values == [9]
    feed.push(picture(value=10), 0, None)
    clock.now = 0.039
    assert feed.newest().number == 10, "not more than 25 a second"
    clock.now = 0.041
    assert feed.newest().number == 11
    assert values == [9, 10]
    feed.push(picture(value=11), 0, None)
    feed.finish()
    assert feed.newest().number == 12, "the last one is sent in any case"


def test_waiting_ends_by_a_picture_and_by_the_end():
    feed = Feed("walk")
    feed.push(picture(), 0, None)
    assert feed.wait(0, 0)
    assert not feed.wait(1, 0.01)
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(feed.wait(1, 60)))
    thread.start()
    feed.push(picture(), 0, None)
    thread.join(30)
    assert found == [True]
    thread = threading.Thread(target=lambda: found.append(feed.wait(2, 60)))
    thread.start()
    feed.finish()
    thread.join(30)
    assert found == [True, False]


def test_a_board_lists_running_sources_first_and_keeps_few_of_the_ended():
    board = Board()
    board.show("camera", picture(), 2, 1.25)
    for n in range(40):
        board.show(f"{n}", picture(), n, None)
        board.finish(f"{n}")
    board.finish("never shown")
    status = board.status()
    assert (status["running"], status["ended"], status["over"]) == (1, 40, False)
    names = [source["name"] for source in status["sources"]]
    assert names == ["camera", *(str(n) for n in range(39, 39 - KEPT, -1))]
    assert status["sources"][0]["time_s"] == 1.25
    assert board.feed("0") is None
    board.close()
    board.show("late", picture(), 0, None)
    assert board.status()["over"]
    assert board.feed("late") is None
    assert all(source["ended"] for source in board.status()["sources"])


@given(st.text(st.characters(exclude_categories=())))
def test_names_survive_in_paths_and_lead_nowhere(name: str):
    for path, read in ((picture_path(name), pictured), (stream_path(name), streamed)):
        assert path.isascii()
        assert read(path) == name
        assert path.count("/") == 2
        assert not set(path) & set(' ?#"<>&\\')
    assert streamed(picture_path(name)) is None


@pytest.mark.parametrize(
    "path", ["/", "/picture/", "/picture/a", "/picture/%ff.jpg", "/picture.jpg"]
)
def test_other_paths_name_no_source(path: str):
    assert pictured(path) is None
