from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pedpose.data.balance import COMMON, repeats_for_joints


def test_the_rarest_joint_of_a_person_decides():
    # The first joint is had by all of 90 people, the second by 40, the third by ten: the factors
    # are 1, sqrt(0.9 * 90 / 40) = 1.423 and sqrt(0.9 * 90 / 10) = 2.846.
    labelled = np.zeros((90, 3), np.float32)
    labelled[:, 0] = 1
    labelled[:40, 1] = 0.5
    labelled[:10, 2] = 1
    rounds = np.array([repeats_for_joints(labelled, seed) for seed in range(400)])
    mean = rounds.mean(axis=0)
    assert (rounds[:, 40:] == 1).all()
    assert mean[:10].mean() == pytest.approx(2.846, abs=0.03)
    assert mean[10:40].mean() == pytest.approx(1.423, abs=0.03)
    assert set(np.unique(rounds[:, :10])) == {2, 3}


def test_a_factor_that_is_whole_is_not_rounded_up():
    labelled = np.ones((40, 2), np.float32)
    labelled[9:, 1] = 0  # 9 of 40: sqrt(0.9 / 0.225) = 2
    for seed in range(20):
        assert repeats_for_joints(labelled, seed).tolist() == [2] * 9 + [1] * 31


labels = st.integers(1, 30).flatmap(
    lambda people: arrays(np.float32, (people, 4), elements=st.sampled_from([0.0, 0.0, 0.5, 1.0]))
)


@given(labels, st.integers(0, 2**40))
def test_nobody_is_lost_and_nobody_comes_too_often(labelled: np.ndarray, seed: int):
    repeats = repeats_for_joints(labelled, seed)
    assert repeats.shape == (len(labelled),)
    assert (repeats >= 1).all()
    assert (repeats <= np.ceil(np.sqrt(COMMON * len(labelled)).clip(1) + 1e-9)).all()
    assert (repeats == repeats_for_joints(labelled, seed)).all()
    nothing = ~(labelled > 0).any(axis=1)
    assert (repeats[nothing] == 1).all()
    common = (labelled > 0).mean(axis=0) >= COMMON
    only_common = ~((labelled > 0) & ~common).any(axis=1)
    assert (repeats[only_common] == 1).all()


@given(labels)
def test_who_has_more_joints_comes_as_often_on_average(labelled: np.ndarray):
    first = np.array([repeats_for_joints(labelled, seed) for seed in range(200)]).mean(axis=0)
    for i, j in ((0, -1), (-1, 0)):
        if ((labelled[i] > 0) >= (labelled[j] > 0)).all():
            assert first[i] >= first[j] - 0.2
