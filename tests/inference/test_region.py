"""Regions of the picture: read from text, in shares or pixels."""

from __future__ import annotations

import numpy as np
import pytest

from pedpose.errors import ConfigError
from pedpose.inference.region import parse_region

IMAGE = np.zeros((100, 200, 3), np.uint8)


def test_a_rectangle_in_shares_and_in_pixels():
    shares, pixels = parse_region("0.25,0.5,1,1"), parse_region("50,50,200,100")
    assert shares.bounds(IMAGE) == pixels.bounds(IMAGE) == (50, 50, 200, 100)
    boxes = np.array([[60, 60, 80, 80], [0, 60, 20, 80], [40, 40, 62, 62]], np.float32)
    assert shares.holds(boxes, IMAGE).tolist() == [True, False, True]
    assert pixels.holds(boxes, IMAGE).tolist() == [True, False, True]


def test_a_polygon_holds_less_than_its_bounds():
    triangle = parse_region("0,0,200,0,0,100")
    assert triangle.bounds(IMAGE) == (0, 0, 200, 100)
    boxes = np.array([[10, 10, 30, 30], [170, 70, 190, 90]], np.float32)
    assert triangle.holds(boxes, IMAGE).tolist() == [True, False]


def test_what_lies_beyond_the_picture_is_cut_off_and_beside_it_refused():
    assert parse_region("100,50,900,900").bounds(IMAGE) == (100, 50, 200, 100)
    with pytest.raises(ConfigError, match="expected a part of the picture of 200 x 100"):
        parse_region("300,10,400,20").bounds(IMAGE)


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "a,b,c,d", "0,0,0,0", "1,1,5,1", "-1,0,1,1", "nan,0,1,1", "1,2,3,4,5"]
)
def test_what_is_no_region(text: str):
    with pytest.raises(ConfigError, match="region: expected"):
        parse_region(text)
