from __future__ import annotations

import re

import numpy as np
import pytest

from pedpose.describing.characters import Paper, draw_in_characters, shows_dots
from pedpose.describing.layout import Layout, lay_out
from pedpose.skeleton import COCO_17, Skeleton

NO_DOTS = re.compile(r"[ -~]*")


def test_lines_by_hand():
    # Three columns and two rows of characters: dots 0 to 5 across and 0 to 7 down.
    skeleton = Skeleton(("a", "b"), ((0, 1),))
    level = Layout(np.array([[0.0, 0.0], [1.0, 0.0]]), False)
    # The top left dot of a pattern is 1, the top right one 8: together U+2809.
    assert draw_in_characters(skeleton, level, Paper(6, 3)) == [" 0⠉⠉⠉1"]
    assert draw_in_characters(skeleton, level, Paper(6, 3, ascii=True)) == [" 0---1"]
    upright = Layout(np.array([[0.0, 0.0], [0.0, 1.0]]), False)
    # The left dots are 1, 2, 4 and 64: U+2847.
    assert draw_in_characters(skeleton, upright, Paper(6, 3)) == [" 0", " ⡇", " 1"]
    assert draw_in_characters(skeleton, upright, Paper(6, 3, ascii=True)) == [" 0", " |", " 1"]


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("paper", [(72, 34), (40, 20)])
def test_all_joints_are_there_on_the_paper(paper: tuple[int, int], ascii: bool):
    lines = draw_in_characters(COCO_17, lay_out(COCO_17), Paper(*paper, ascii=ascii))
    assert len(lines) <= paper[1] and max(map(len, lines)) <= paper[0]
    text = "\n".join(lines)
    assert sorted(map(int, re.findall(r"\d+", text))) == list(range(17))
    assert all(line == line.rstrip() for line in lines)
    assert bool(re.search("[\u2801-\u28ff]", text)) is not ascii
    assert all(NO_DOTS.fullmatch(line) for line in lines) is ascii


def test_slopes():
    skeleton = Skeleton(tuple("abc"), ((0, 1), (1, 2)))
    layout = Layout(np.array([[0.0, 0.5], [0.5, 0.0], [1.0, 0.5]]), False)
    text = "".join(draw_in_characters(skeleton, layout, Paper(20, 20, ascii=True)))
    assert set(text) == set(" /\\012")


def test_joints_in_one_place_do_not_hide_each_other():
    skeleton = Skeleton(tuple("abcd"))
    layout = Layout(np.array([[0.0, 0.0], [0.5, 0.5], [0.5, 0.5], [1.0, 1.0]]), False)
    text = " ".join(draw_in_characters(skeleton, layout, Paper()))
    assert sorted(text.split()) == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("encoding", "can"),
    [("utf-8", True), ("UTF-16", True), ("ascii", False), ("cp1252", False), (None, False)],
)
def test_what_a_terminal_can_show(encoding: str | None, can: bool):
    assert shows_dots(encoding) is can
    assert not shows_dots("no such encoding")
