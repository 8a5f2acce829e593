"""Names of metrics."""

from __future__ import annotations

import pytest

from pedpose.errors import ConfigError
from pedpose.evaluation.metrics import DEFAULT_METRICS, parse_metric, parse_metrics


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ap", "ap"),
        (" AP50 ", "ap50"),
        ("ap-medium", "ap-medium"),
        ("pck@0.20", "pck@0.2"),
        ("pck-torso@.2", "pck-torso@0.2"),
        ("PCKh@0.5", "pckh@0.5"),
        ("auc", "auc"),
    ],
)
def test_names_have_one_form(text: str, name: str) -> None:
    assert parse_metric(text).name == name
    assert parse_metric(name) == parse_metric(text)


def test_definition_names_the_normaliser_and_the_threshold() -> None:
    assert "0.2 times the larger side" in parse_metric("pck@0.2").definition
    assert "left shoulder to right hip" in parse_metric("pck-torso@0.2").definition
    assert "head size" in parse_metric("pckh@0.5").definition


@pytest.mark.parametrize("text", ["map", "", "pckx@0.2", "ap@0.5", "ap-small"])
def test_unknown_metric_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(ConfigError, match=r"unknown metric .* known are ap, .*pckh@THRESHOLD"):
        parse_metric(text)


@pytest.mark.parametrize("text", ["pck", "pck@", "pck@0", "pck@-1", "pck@nan", "pckh@x", "pck@inf"])
def test_pck_needs_a_threshold(text: str) -> None:
    with pytest.raises(ConfigError, match="a number above 0"):
        parse_metric(text)


def test_distances_come_with_the_share_of_joints_they_are_of() -> None:
    assert [m.name for m in parse_metrics(["epe"])] == ["epe", "found"]
    assert [m.name for m in parse_metrics(["found", "nme", "epe"])] == ["found", "nme", "epe"]
    assert [m.name for m in parse_metrics(["ap", "nme"])] == ["ap", "nme", "found"]
    assert [m.name for m in parse_metrics(["ap"])] == ["ap"]


@pytest.mark.parametrize("name", ["ap", "ap-large", "ar", "pck@0.2", "auc", "found", "nme", "epe"])
def test_what_ranks_whole_people_and_what_measures_distances(name: str) -> None:
    metric = parse_metric(name)
    assert metric.of_oks == (name in ("ap", "ap-large", "ar"))
    assert metric.lower_is_better == (name in ("nme", "epe"))


def test_the_area_is_taken_up_to_one_half() -> None:
    assert "over thresholds 0 to 0.5," in parse_metric("auc").definition


def test_each_metric_once() -> None:
    assert [m.name for m in parse_metrics(["pck@0.2", "ap", "pck@0.20"])] == ["pck@0.2", "ap"]
    assert [m.name for m in parse_metrics(DEFAULT_METRICS)] == list(DEFAULT_METRICS)
