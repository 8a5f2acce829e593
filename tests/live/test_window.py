"""The window, with OpenCV's functions replaced: tests have no screen."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pedpose.errors import ConfigError
from pedpose.geometry import Image
from pedpose.live import display
from pedpose.live import window as window_module
from pedpose.live.display import check_display
from pedpose.live.window import SCREEN, Window, arrange
from pedpose.reading.sources import Source

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays of Linux")


def source(name: str) -> Source:
    return Source(Path(name), "video", name)


def picture(value: int, width: int = 64, height: int = 48) -> Image:
    return np.full((height, width, 3), (value, 0, 0), np.uint8)


class Screen:
    """Takes the place of OpenCV's windows."""

    def __init__(self) -> None:
        self.opened = 0
        self.shown: list[Image] = []
        self.key = -1
        self.visible = 1.0
        self.destroyed = 0

    def open(self, title: str, flags: int) -> None:
        self.opened += 1

    def show(self, title: str, image: Image) -> None:
        self.shown.append(image)

    def wait(self, milliseconds: int) -> int:
        return self.key

    def property(self, title: str, which: int) -> float:
        if self.visible < 0:
            raise cv2.error("NULL guiReceiver")
        return self.visible

    def destroy(self, title: str) -> None:
        self.destroyed += 1


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    screen = Screen()
    monkeypatch.setattr(window_module, "check_display", lambda: None)
    monkeypatch.setenv("QT_LOGGING_RULES", "")
    monkeypatch.setattr(cv2, "namedWindow", screen.open)
    monkeypatch.setattr(cv2, "imshow", screen.show)
    monkeypatch.setattr(cv2, "waitKey", screen.wait)
    monkeypatch.setattr(cv2, "getWindowProperty", screen.property)
    monkeypatch.setattr(cv2, "destroyWindow", screen.destroy)
    return screen


def test_only_the_newest_picture_is_drawn_and_only_once(screen: Screen):
    with Window("pedpose") as window:
        window.pump()
        assert screen.shown == []
        for value in range(5):
            window.show(source("walk"), picture(value), 0, 0.0)
        assert screen.shown == [], "nothing is drawn by the thread that shows"
        window.pump()
        window.pump()
        assert len(screen.shown) == 1
        assert screen.shown[0][0, 0].tolist() == [0, 0, 4], "BGR"
        assert not window.closed
    assert (screen.opened, screen.destroyed) == (1, 1)


@pytest.mark.parametrize("key", [ord("q"), ord("Q"), 27])
def test_keys_close_it(screen: Screen, key: int):
    with Window("pedpose") as window:
        window.show(source("walk"), picture(1), 0, 0.0)
        screen.key = ord("x")
        window.pump()
        assert not window.closed
        screen.key = key
        window.pump()
        assert window.closed
        window.show(source("walk"), picture(2), 0, 0.0)
        window.pump()
    assert (len(screen.shown), screen.destroyed) == (1, 1)


@pytest.mark.parametrize("visible", [0.0, -1.0])
def test_the_user_closes_it(screen: Screen, visible: float):
    with Window("pedpose") as window:
        window.show(source("walk"), picture(1), 0, 0.0)
        window.pump()
        screen.visible = visible
        window.pump()
        assert window.closed
    assert screen.destroyed == 0


def test_what_has_ended_makes_room_for_what_begins(screen: Screen):
    with Window("pedpose") as window:
        window.finish(source("unreadable"))
        window.show(source("a"), picture(50), 0, 0.0)
        window.finish(source("a"))
        window.pump()
        assert screen.shown[-1].shape == (48, 64, 3), "the last picture stays"
        window.show(source("b"), picture(99), 0, 0.0)
        window.pump()
        assert screen.shown[-1].shape == (48, 64, 3)
        assert screen.shown[-1].max() == 99
        window.show(source("c"), picture(77), 0, 0.0)
        window.pump()
        assert set(np.unique(screen.shown[-1])) == {0, 77, 99}


def test_large_pictures_are_scaled_down_and_small_ones_are_not():
    assert arrange([picture(1, 3840, 2160)]).shape == (720, 1280, 3)
    assert arrange([picture(1, 720, 2160)]).shape == (720, 240, 3)
    assert arrange([picture(1, 64, 48)]).shape == (48, 64, 3)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 16, 50])
def test_a_grid_has_room_for_all(count: int):
    grid = arrange([picture(n + 1, 640, 360) for n in range(count)])
    assert grid.shape[1] <= SCREEN[0]
    assert grid.shape[0] <= SCREEN[1]
    assert set(np.unique(grid)) == set(range(count + 1))


@linux
def test_without_a_display_it_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(cv2, "getBuildInformation", lambda: "  GUI:     QT5\n")
    with pytest.raises(ConfigError, match=r"neither DISPLAY nor WAYLAND_DISPLAY.*--serve PORT"):
        Window("pedpose")


@linux
def test_a_display_that_cannot_be_reached_is_refused_and_does_not_abort(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    if "GUI:                           NONE" in cv2.getBuildInformation():
        pytest.skip("this OpenCV opens no windows")
    with pytest.raises(ConfigError, match=r"expected a display, found: .*:99.*--serve PORT"):
        check_display()


@linux
def test_a_display_that_never_answers_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setattr(cv2, "getBuildInformation", lambda: "  GUI:     QT5\n")
    monkeypatch.setattr(display, "_TRIAL", "import time; time.sleep(60)")
    monkeypatch.setattr(display, "_TRIAL_S", 0.5)
    with pytest.raises(ConfigError, match="expected a display that answers"):
        check_display()


def test_an_opencv_without_windows_is_refused(monkeypatch: pytest.MonkeyPatch):
    text = "\n  GUI:                           NONE\n    VTK support:    NO\n"
    monkeypatch.setattr(cv2, "getBuildInformation", lambda: text)
    with pytest.raises(ConfigError, match="install opencv-python in the place"):
        check_display()
