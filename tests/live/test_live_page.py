"""The page in a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import PATIENCE_S, TOKEN, picture, source

from pedpose.live.address import Address
from pedpose.live.server import Server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


@pytest.fixture
def server(hurried: None) -> Iterator[Server]:
    with Server(Address(), TOKEN) as server:
        yield server


def browse(url: str, folder: Path) -> str:
    """Return the page as it is some seconds after it was loaded."""
    assert CHROMIUM is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000"]
    command = [CHROMIUM, *options, f"--user-data-dir={folder}", "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE_S)
    assert done.returncode == 0, done.stderr
    return done.stdout


def texts(page: str, name: str) -> list[str]:
    """Return the texts of the elements with a class or id, without the template of a card."""
    shown = re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)
    return re.findall(rf'(?:class|id)="{name}"[^>]*>([^<]*)<', shown)


def test_figures_names_and_pictures_are_shown(server: Server, tmp_path: Path):
    evil = "<img src=x onerror=alert(1)>"
    server.show(source(evil), picture(64, 48), 1, None)
    server.finish(source(evil))
    stop = threading.Event()

    def run() -> None:
        time_s = 3700.0
        while not stop.wait(0.02):
            time_s += 0.02
            server.show(source("yard/gate 1"), picture(90, 50), 7, time_s)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        page = browse(server.url, tmp_path)
    finally:
        stop.set()
        thread.join(PATIENCE_S)
    assert texts(page, "name") == ["yard/gate 1", "&lt;img src=x onerror=alert(1)&gt;"]
    assert texts(page, "people") == ["7", "7", "1"], "of all that run, and of each"
    assert texts(page, "badge running") == ["running"]
    assert texts(page, "badge ended") == ["ended"]
    assert texts(page, "state running") == ["Running"]
    assert texts(page, "spoken") == ["yard/gate 1: 7 people"]
    assert re.fullmatch(r"1:01:\d\d", texts(page, "time")[0])
    assert float(texts(page, "rate")[0]) > 0
    assert re.findall(r'<canvas[^>]*width="(\d+)" height="(\d+)"', page)[:2] == [
        ("90", "50"),
        ("64", "48"),
    ], "they have the size of the pictures that were drawn into them"
    assert TOKEN not in page


def test_a_page_without_token_shows_nothing(server: Server, tmp_path: Path):
    server.show(source("walk"), picture(), 7, 0.0)
    page = browse(server.url.split("?")[0], tmp_path)
    assert "403 Forbidden" in page
    assert "walk" not in page
