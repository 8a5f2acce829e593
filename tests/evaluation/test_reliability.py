"""Bins of scores, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pedpose.evaluation.reliability import Reliability, reliability


def test_bins_by_hand() -> None:
    scores = np.array([0.0, 0.05, 0.1, 0.85, 1.0])
    found = reliability(scores, np.array([False, True, False, True, True]))
    assert found is not None
    assert found.count.tolist() == [2, 1, 0, 0, 0, 0, 0, 0, 1, 1]
    assert found.right.tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    np.testing.assert_allclose(found.score[[0, 1, 8, 9]], [0.025, 0.1, 0.85, 1])
    with np.errstate(all="raise"):
        assert np.isnan(found.share[2:8]).all(), "an empty bin has no share"
    # (2 * |0.5 - 0.025| + |0 - 0.1| + |1 - 0.85| + 0) / 5
    assert found.error == pytest.approx((0.95 + 0.1 + 0.15) / 5)
    assert Reliability.from_dict(found.to_dict()).to_dict() == found.to_dict()


def test_files_hold_six_digits() -> None:
    found = reliability(np.array([1 / 3, 1 / 3]), np.array([True, False]))
    assert found is not None
    none = [None] * 3
    assert found.to_dict() == {
        "count": [0, 0, 0, 2, 0, 0, 0, 0, 0, 0],
        "right": [0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
        "mean_score": [*none, 0.333333, *none, *none],
        "expected_calibration_error": 0.166667,
    }


@pytest.mark.parametrize("count", [[0] * 10, [1] * 9, [[1] * 10]])
def test_other_bins_are_refused(count: list[object]) -> None:
    with pytest.raises(ValueError, match="expected 10 bins of scores, not all of them empty"):
        Reliability.from_dict({"count": count, "right": count, "mean_score": count})


@pytest.mark.parametrize("scores", [[], [0.5, 1.2], [-0.1, 0.5]])
def test_scores_that_are_no_probabilities_have_none(scores: list[float]) -> None:
    assert reliability(np.array(scores), np.ones(len(scores), bool)) is None
