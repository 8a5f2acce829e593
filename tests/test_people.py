"""People: shapes that belong together, and selection."""

from __future__ import annotations

import numpy as np
import pytest

from pedpose.people import People
from pedpose.skeleton import Skeleton

SKELETON = Skeleton(("head", "left_hand", "right_hand"))


def some_people(count: int, tracked: bool = False) -> People:
    return People(
        skeleton=SKELETON,
        keypoints=np.arange(count * 9, dtype=np.float32).reshape(count, 3, 3),
        boxes=np.arange(count * 4, dtype=np.float32).reshape(count, 4),
        scores=np.linspace(1, 0, count, dtype=np.float32),
        track_ids=np.arange(count, dtype=np.int64) + 7 if tracked else None,
    )


def test_empty_is_nobody() -> None:
    nobody = People.empty(SKELETON)
    assert len(nobody) == 0
    assert nobody.keypoints.shape == (0, 3, 3)
    assert nobody.boxes.shape == (0, 4)
    assert nobody.track_ids is None


@pytest.mark.parametrize(
    "index", [np.array([2, 0]), np.array([True, False, True]), np.zeros(0, np.intp)]
)
@pytest.mark.parametrize("tracked", [False, True])
def test_select_keeps_what_belongs_together(index: np.ndarray, tracked: bool) -> None:
    people = some_people(3, tracked)
    chosen = people.select(index)
    assert chosen.skeleton is SKELETON
    np.testing.assert_array_equal(chosen.scores, people.scores[index])
    np.testing.assert_array_equal(chosen.boxes, people.boxes[index])
    np.testing.assert_array_equal(chosen.keypoints, people.keypoints[index])
    if people.track_ids is None:
        assert chosen.track_ids is None
    else:
        np.testing.assert_array_equal(chosen.track_ids, people.track_ids[index])


def test_empty_selection_equals_nobody_in_shape() -> None:
    chosen = some_people(2).select(np.zeros(2, bool))
    assert chosen.keypoints.shape == People.empty(SKELETON).keypoints.shape


@pytest.mark.parametrize(
    ("field", "shape"),
    [
        ("keypoints", (2, 4, 3)),
        ("keypoints", (2, 3, 2)),
        ("keypoints", (1, 3, 3)),
        ("boxes", (2, 5)),
        ("boxes", (3, 4)),
        ("scores", (2, 1)),
        ("track_ids", (3,)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(field: str, shape: tuple[int, ...]) -> None:
    good = some_people(2, tracked=True)
    arrays = {name: getattr(good, name) for name in ("keypoints", "boxes", "scores", "track_ids")}
    arrays[field] = np.zeros(shape, arrays[field].dtype)
    with pytest.raises(ValueError, match=rf"People\.{field}: expected shape .* found"):
        People(skeleton=SKELETON, **arrays)
