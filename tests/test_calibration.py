import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedpose.calibration import Calibration

calibrations = st.builds(Calibration, st.floats(0.2, 5), st.floats(-3, 3))


def test_golden_values():
    # log odds of 0.8 are log 4; half of it is log 2, plus log 2 is log 4 again.
    same = Calibration(slope=0.5, offset=float(np.log(2)))
    assert same(np.array([0.8, 0.5])) == pytest.approx([0.8, 2 / 3])
    assert Calibration()(np.array([0.0, 0.25, 1.0])) == pytest.approx([0.0, 0.25, 1.0], abs=1e-5)


@given(calibrations, st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_the_order_of_scores_stays(calibration: Calibration, scores: list[float]):
    chances = calibration(np.sort(np.array(scores)))
    assert (np.diff(chances) >= 0).all()
    assert ((chances >= 0) & (chances <= 1)).all()


@given(calibrations, st.floats(0.01, 0.99))
def test_inverse(calibration: Calibration, chance: float):
    score = calibration.inverse(chance)
    if 1e-5 < score < 1 - 1e-5:
        assert calibration(np.array(score)) == pytest.approx(chance, abs=1e-6)


def test_inverse_of_the_ends_lets_everything_and_nothing_pass():
    assert Calibration(2.0, 1.0).inverse(0) == 0
    assert Calibration(2.0, 1.0).inverse(1) == 1


@given(calibrations)
def test_plain_data_and_back(calibration: Calibration):
    assert Calibration.from_dict(calibration.to_dict()) == calibration


@pytest.mark.parametrize("slope", [0.0, -1.0, float("nan"), float("inf")])
def test_calibrations_that_turn_the_order_around_are_refused(slope: float):
    with pytest.raises(ValueError, match="slope above 0"):
        Calibration(slope)
