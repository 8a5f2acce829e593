import numpy as np
import pytest

from pedpose.calibration import Calibration
from pedpose.errors import DataError
from pedpose.evaluation.calibrate import fit_calibration
from pedpose.evaluation.reliability import reliability


def drawn(true: Calibration, number: int = 40_000):
    random = np.random.default_rng(0)
    scores = random.uniform(0.02, 0.98, number)
    return reliability(scores, random.random(number) < true(scores))


@pytest.mark.parametrize("true", [Calibration(), Calibration(0.6, 1.0), Calibration(1.8, -1.5)])
def test_the_calibration_behind_scores_is_found(true: Calibration):
    measured = drawn(true)
    assert measured is not None
    found = fit_calibration(measured)
    # Bins blur what happens within them.
    assert found.slope == pytest.approx(true.slope, rel=0.08)
    assert found.offset == pytest.approx(true.offset, abs=0.08)


def test_calibrated_scores_have_a_smaller_error():
    true = Calibration(0.5, 1.5)
    random = np.random.default_rng(1)
    scores = random.uniform(0, 1, 20_000)
    right = random.random(20_000) < true(scores)
    before = reliability(scores, right)
    assert before is not None
    after = reliability(fit_calibration(before)(scores), right)
    assert after is not None
    assert before.error > 0.2
    assert after.error < 0.02


def test_scores_that_were_always_right_do_not_become_certainty():
    measured = reliability(np.linspace(0.3, 0.9, 20), np.ones(20, bool))
    assert measured is not None
    chances = fit_calibration(measured)(np.array([0.3, 0.9]))
    assert (chances > [0.3, 0.9]).all() and (chances < 0.99).all()


def test_bins_of_one_prediction_count():
    measured = reliability(np.array([0.35, 0.55, 0.75]), np.ones(3, bool))
    assert measured is not None
    assert (fit_calibration(measured)(np.array([0.35, 0.75])) > [0.4, 0.78]).all()


def test_scores_that_mean_the_opposite_are_refused():
    scores = np.linspace(0.05, 0.95, 200)
    measured = reliability(scores, scores < 0.5)
    assert measured is not None
    with pytest.raises(DataError, match="higher scores to be right more often"):
        fit_calibration(measured)


def test_scores_that_are_all_equal_come_near_to_how_often_they_are_right():
    measured = reliability(np.full(1000, 0.55), np.arange(1000) < 800)
    assert measured is not None
    assert fit_calibration(measured)(np.array([0.55])) == pytest.approx([0.8], abs=0.01)
