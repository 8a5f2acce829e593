"""Where OKS sigmas come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pedpose.data.coco import CocoData, read_coco
from pedpose.errors import ConfigError, DataError
from pedpose.evaluation.sigmas import choose_sigmas
from pedpose.skeleton import COCO_17

Content = dict[str, Any]


@pytest.fixture
def without(coco_content: Content, write_coco: Callable[..., Path]) -> CocoData:
    """Annotations of three joints without sigmas."""
    del coco_content["categories"][0]["sigmas"]
    return read_coco(write_coco(coco_content, "without.json"))


def test_sources(data: CocoData, without: CocoData) -> None:
    assert choose_sigmas(data) == ((0.05, 0.1, 0.1), "annotation file")
    assert choose_sigmas(data, "0.1, .2,0.3") == ((0.1, 0.2, 0.3), "given by --sigmas")
    assert choose_sigmas(without, "0.1,0.2,0.3")[0] == (0.1, 0.2, 0.3)
    sigmas, source = choose_sigmas(without, default=0.05)
    assert sigmas == (0.05,) * 3
    assert source == "one default for all joints, given by --default-sigma 0.05"


def test_sigmas_by_name_come_in_any_order(data: CocoData) -> None:
    given = "right_hand=0.3, head = 0.1,left_hand=.2"
    assert choose_sigmas(data, given) == ((0.1, 0.2, 0.3), "given by --sigmas")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("head=0.1,left_hand=0.2", "none for right_hand"),
        ("head=0.1,left_hand=0.2,right_hand=0.3,tail=0.4", "one for tail"),
        ("head=0.1,left_hand=0.2,right_hand=0.3,head=0.4", "a joint twice"),
        ("head=0.1,left_hand=0.2,0.3", "none for right_hand, one for no joint"),
        ("head=0.1,paw=1,paw=2", "none for left_hand, none for right_hand, one for paw, a joint t"),
    ],
)
def test_names_that_do_not_fit_are_refused(data: CocoData, given: str, found: str) -> None:
    with pytest.raises(ConfigError, match=f"one number for each joint of .*, found {found}"):
        choose_sigmas(data, given)


def test_coco_joints_have_published_sigmas(
    coco_content: Content, write_coco: Callable[..., Path]
) -> None:
    coco_content["categories"] = [COCO_17.to_coco_category()]
    coco_content["annotations"] = []
    sigmas, source = choose_sigmas(read_coco(write_coco(coco_content)))
    assert sigmas == COCO_17.sigmas
    assert source == "published for the 17 joints of COCO"


def test_none_are_refused(without: CocoData) -> None:
    with pytest.raises(DataError, match=r"expected 'sigmas' for 3 joints, .* --default-sigma"):
        choose_sigmas(without)


@pytest.mark.parametrize(
    ("given", "default", "message"),
    [
        ("0.1,0.2", None, "expected 3 numbers, .*, found 2"),
        ("0.1,0.2,x", None, "expected numbers above 0, found 'x'"),
        ("0.1,0.2,0", None, "expected numbers above 0, found '0'"),
        ("0.1,0.2,inf", None, "expected numbers above 0, found 'inf'"),
        ("", None, "expected numbers above 0"),
        (None, -0.1, "--default-sigma: expected numbers above 0"),
        ("0.1,0.2,0.3", 0.1, "exclude each other"),
    ],
)
def test_unusable_options_are_refused(
    without: CocoData, given: str | None, default: float | None, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        choose_sigmas(without, given, default)


def test_a_default_does_not_replace_what_the_data_has(data: CocoData) -> None:
    with pytest.raises(ConfigError, match="is for data without sigmas"):
        choose_sigmas(data, default=0.05)
