from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedpose.data.mixing import MixedBatches, WeightedFile
from pedpose.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "path", "weight"),
    [
        ("a.json", "a.json", 1.0),
        ("a.json:0.5", "a.json", 0.5),
        ("C:/data/a.json", "C:/data/a.json", 1.0),
        ("C:/data/a.json:2", "C:/data/a.json", 2.0),
    ],
)
def test_weights_after_the_colon(text: str, path: str, weight: float):
    assert WeightedFile.parse(text) == WeightedFile(Path(path), weight)


@pytest.mark.parametrize("text", ["a.json:0", "a.json:-1", "a.json:nan", "a.json:inf"])
def test_impossible_weights_are_refused(text: str):
    with pytest.raises(ConfigError, match="expected a weight above 0"):
        WeightedFile.parse(text)


sets = st.lists(st.tuples(st.integers(1, 30), st.floats(0.1, 3)), min_size=1, max_size=4)


@given(sets, st.integers(1, 8), st.integers(0, 99), st.integers(1, 20), st.integers(0, 20))
def test_a_resumed_run_draws_what_the_unbroken_one_draws(
    mix: list[tuple[int, float]], batch: int, seed: int, total: int, start: int
):
    sizes, weights = zip(*mix, strict=True)
    start = min(start, total)
    whole = list(MixedBatches(sizes, weights, batch, seed, 0, total))
    rest = MixedBatches(sizes, weights, batch, seed, start, total)
    assert len(whole) == total
    assert len(rest) == total - start
    assert list(rest) == whole[start:]
    draws = [draw for step in whole for draw in step]
    assert all(0 <= draw.sample < sum(sizes) for draw in draws)
    assert len({draw.seed for draw in draws}) == len(draws)


@given(st.integers(2, 40), st.floats(0.1, 2.5), st.integers(1, 9), st.integers(0, 99))
def test_no_sample_is_an_epoch_ahead_of_another(size: int, weight: float, epochs: int, seed: int):
    steps = epochs * MixedBatches([size], [weight], 1, seed, 0, 0).steps_per_epoch
    drawn = Counter(step[0].sample for step in MixedBatches([size], [weight], 1, seed, 0, steps))
    counts = [drawn[sample] for sample in range(size)]
    assert sum(counts) == steps
    assert max(counts) - min(counts) <= 1


def test_weights_are_parts_of_an_epoch():
    batches = MixedBatches([100, 1000], [1.0, 0.1], 10, 0, 0, 20)
    assert batches.steps_per_epoch == 20
    drawn = Counter(draw.sample < 100 for step in batches for draw in step)
    assert drawn == {True: 100, False: 100}


def test_order_and_seeds_differ_between_runs():
    first, other = (
        [draw for batch in MixedBatches([50], [1.0], 5, seed, 0, 10) for draw in batch]
        for seed in (1, 2)
    )
    assert [draw.sample for draw in first] != [draw.sample for draw in other]
    assert {draw.seed for draw in first}.isdisjoint(draw.seed for draw in other)
