"""Intervals by resampling."""

from __future__ import annotations

import numpy as np
import pytest

from pedpose.errors import ConfigError
from pedpose.evaluation.bootstrap import Resampling, interval


def drawn(resampling: Resampling, pictures: int) -> np.ndarray:
    return np.concatenate(list(resampling.weights(pictures)))


def test_each_resample_draws_as_many_pictures_as_there_are() -> None:
    weights = drawn(Resampling(500), 30)
    assert weights.shape == (500, 30)
    assert (weights.sum(axis=1) == 30).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(30), abs=0.25)
    assert (weights == 0).mean() == pytest.approx((29 / 30) ** 30, abs=0.02)


def test_two_pictures_are_enough_to_draw_from() -> None:
    weights = drawn(Resampling(), 2)
    assert weights.shape == (1000, 2)
    assert set(map(tuple, weights.tolist())) == {(0, 2), (1, 1), (2, 0)}
    np.testing.assert_array_equal(weights, drawn(Resampling(1000, 0), 2))


def test_seed_decides_what_is_drawn() -> None:
    once = drawn(Resampling(100, 1), 20)
    np.testing.assert_array_equal(once, drawn(Resampling(100, 1), 20))
    assert (once != drawn(Resampling(100, 2), 20)).any()


def test_many_pictures_come_in_parts() -> None:
    parts = list(Resampling(120).weights(20000))
    assert len(parts) == 3
    assert sum(len(part) for part in parts) == 120
    assert (np.concatenate(parts).sum(axis=1) == 20000).all()


def test_a_resample_of_very_many_pictures_is_a_part_of_its_own() -> None:
    first = next(Resampling(100).weights(2**20 + 1))
    assert first.shape == (1, 2**20 + 1)


def test_interval_of_a_mean_is_that_of_theory() -> None:
    # 400 numbers with standard deviation 1: the mean has 1/20, and 95 % lie within 1.96 of them.
    numbers = np.random.default_rng(0).normal(size=400)
    means = drawn(Resampling(4000), 400) @ numbers / 400
    low, high = interval([means[:2000, None], means[2000:, None]], numbers.mean(keepdims=True))
    assert high[0] - low[0] == pytest.approx(2 * 1.96 * numbers.std() / 20, rel=0.05)


def test_quantiles_by_hand() -> None:
    low, high = interval([np.arange(201.0)[:, None]], np.array([100.0]))
    assert (low[0], high[0]) == (5, 195)


def test_interval_is_widened_to_hold_the_estimate() -> None:
    low, high = interval([np.arange(201.0)[:, None]], np.array([199.0]))
    assert (low[0], high[0]) == (5, 199)


def test_ends_are_rounded_as_sums_differ_from_machine_to_machine() -> None:
    low, high = interval([np.full((201, 2), 1 / 3)], np.array([1.0, 0.0]))
    np.testing.assert_array_equal([low, high], [[0.3333333333, 0], [1, 0.3333333333]])


def test_resamples_and_estimates_without_a_value() -> None:
    samples = np.column_stack([np.arange(201.0), np.full(201, np.nan)])
    samples[::2, 0] = np.nan
    low, high = interval([samples], np.array([100.0, np.nan]))
    # 1, 3, ... 199 are left: 2.5 % of the way through them is 1 + 0.025 * 99 * 2.
    assert (low[0], high[0]) == pytest.approx((5.95, 194.05))
    assert np.isnan([low[1], high[1]]).all()


@pytest.mark.parametrize(("resamples", "seed"), [(99, 0), (0, 0), (1000, -1)])
def test_numbers_that_give_no_interval_are_refused(resamples: int, seed: int) -> None:
    with pytest.raises(ConfigError, match="expected"):
        Resampling(resamples, seed)


def test_a_single_picture_has_no_interval() -> None:
    assert list(Resampling().weights(1)) == []
    low, high = interval([], np.array([0.5]))
    assert np.isnan([low, high]).all()
