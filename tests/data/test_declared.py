from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pedpose.data.coco import CocoData
from pedpose.data.declared import refuse_other_swaps, with_declared
from pedpose.errors import ConfigError, DataError
from pedpose.skeleton import Skeleton


def test_nothing_declared_changes_nothing(data: CocoData):
    assert with_declared(data, None, None) is data


def test_joints_take_the_order_of_the_skeleton(data: CocoData):
    names = ("right_hand", "head", "left_hand")
    sigmas, limbs = (0.01, 0.02, 0.03), ((0, 2),)
    found = with_declared(data, Skeleton(names, limbs, sigmas, ((2, 0),)), None)
    assert found.skeleton == Skeleton(names, limbs, sigmas, ((2, 0),))
    before, after = (d.pictures[0].people[0] for d in (data, found))
    np.testing.assert_array_equal(after.keypoints, before.keypoints[[2, 0, 1]])
    np.testing.assert_array_equal(after.weights, before.weights[[2, 0, 1]])


def test_what_a_skeleton_does_not_say_is_as_in_the_file(data: CocoData):
    own = replace(data.skeleton, sigmas=(0.05, 0.1, 0.2), limbs=((0, 1),), swaps=((1, 2),))
    data = replace(data, skeleton=own)
    found = with_declared(data, Skeleton(("right_hand", "left_hand", "head")), None).skeleton
    assert found.sigmas == (0.2, 0.1, 0.05)
    assert found.limbs == ((2, 1),)
    assert found.swaps == ((1, 0),)
    assert found.swap_pairs == (("right_hand", "left_hand"),)


def test_sigmas_win_over_all_others(data: CocoData):
    skeleton = replace(data.skeleton, sigmas=(0.2, 0.2, 0.2))
    assert with_declared(data, skeleton, (0.3, 0.4, 0.5)).skeleton.sigmas == (0.3, 0.4, 0.5)
    with pytest.raises(ConfigError, match=r"sigmas: .*expected 3 sigmas, found 1"):
        with_declared(data, None, (0.3,))


def test_other_joints_are_refused_by_name(data: CocoData):
    with pytest.raises(DataError) as caught:
        with_declared(data, Skeleton(("head", "tail", "left_hand")), None)
    assert str(caught.value) == (
        f"{data.path}: expected the joints of the skeleton that was given; missing in the file: "
        "tail; missing in the skeleton: right_hand"
    )


@pytest.fixture
def swapped(data: CocoData) -> Callable[..., CocoData]:
    """Return the data with other joint names and swap pairs."""

    def make(name: str, names: str, swaps: tuple[tuple[int, int], ...] | None) -> CocoData:
        return replace(data, path=Path(name), skeleton=Skeleton(tuple(names), swaps=swaps))

    return make


def test_contradictory_swaps_are_refused(swapped: Callable[..., CocoData]):
    first = swapped("a.json", "abcd", ((0, 1),))
    for names, swaps, message in (
        ("abcd", ((0, 2),), "expected a <-> b as in a.json, found a <-> c"),
        ("abcd", (), "expected a <-> b as in a.json, found no partner for a"),
        ("dcba", ((0, 1),), "expected no partner for d as in a.json, found d <-> c"),
        ("abxy", (), "expected a <-> b as in a.json, found no partner for a"),
    ):
        with pytest.raises(DataError) as caught:
            refuse_other_swaps((first, first, swapped("b.json", names, swaps)))
        assert str(caught.value) == (
            f"b.json: 'swaps': {message}; correct one of them, or say which is right by --skeleton"
        )


def test_swaps_that_agree_or_say_nothing_are_taken(swapped: Callable[..., CocoData]):
    first = swapped("a.json", "abcd", ((0, 1),))
    for names, swaps in (
        ("abcd", ((1, 0),)),
        ("dcba", ((2, 3),)),
        ("abcd", None),
        ("acd", ()),  # b is not there to change places with
        ("abxy", ((0, 1), (2, 3))),
        ("axy", ((0, 1),)),
    ):
        refuse_other_swaps((first, swapped("b.json", names, swaps)))


def test_pairs_by_names_count_as_said(data: CocoData):
    # The first file says nothing: left_hand <-> right_hand by their names.
    other = replace(data, skeleton=Skeleton(("head", "neck"), swaps=((0, 1),)))
    refuse_other_swaps((data, other))
    longer = replace(data, skeleton=Skeleton((*data.skeleton.names, "neck")))
    with pytest.raises(DataError, match=r"expected no partner for head as in .*, found head <-> "):
        refuse_other_swaps((longer, other))
