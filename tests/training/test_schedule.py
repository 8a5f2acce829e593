import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedpose.training.schedule import learning_rate


def test_it_rises_and_falls():
    rates = [learning_rate(step, 100, 10, 1.0) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * (i + 1) for i in range(10)])
    assert rates[10] == 1.0
    assert rates[55] == pytest.approx(0.505, abs=0.001)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.01, abs=0.001)


@given(st.integers(1, 50), st.integers(0, 300), st.floats(1e-5, 1))
def test_it_never_leaves_its_range(total: int, warmup: int, peak: float):
    rates = [learning_rate(step, total, warmup, peak) for step in range(total)]
    assert all(0 < rate <= peak * (1 + 1e-12) for rate in rates)
    assert max(rates) == pytest.approx(peak)
