"""NumPy and PyTorch must read the same boxes from the same maps."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pedpose.model.person_codec import best_boxes, encode_boxes
from pedpose.model.person_maps import decode_person_maps
from perfect_maps import target_to_maps


@settings(deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([(1, 1), (3, 5), (16, 24)]),
    st.sampled_from([0.0, 0.05, 0.5, 0.9]),
    st.sampled_from([1, 4, 400]),
)
def test_they_agree_on_any_maps(seed: int, size: tuple[int, int], least: float, limit: int):
    random = np.random.default_rng(seed)
    maps = random.normal(size=(5, *size)).astype(np.float32) * 3
    # Logits that are nearly alike have the same score, and would both be peaks to PyTorch.
    maps[0] = random.permutation(np.linspace(-5, 5, maps[0].size)).reshape(size)
    boxes, scores = decode_person_maps(maps, least, limit)
    all_boxes, all_scores = best_boxes(torch.from_numpy(maps)[None], least, limit)
    expected_boxes, expected_scores = all_boxes[all_scores > 0], all_scores[all_scores > 0]
    assert boxes.dtype == scores.dtype == np.float32
    assert scores == pytest.approx(expected_scores.numpy(), abs=1e-6)
    assert boxes == pytest.approx(expected_boxes.numpy(), rel=1e-4, abs=1e-3)


def test_people_come_back_best_first():
    people = torch.tensor([[2.0, 2, 6, 12], [10, 3, 15, 14]])
    maps = target_to_maps(encode_boxes([people], [torch.zeros(0, 4)], (16, 24)))[0].numpy()
    maps[0, 8, 12] -= 5
    boxes, scores = decode_person_maps(maps, 0.3, 10)
    assert boxes == pytest.approx(people.numpy(), abs=0.01)
    assert scores[0] > scores[1] > 0.9


def test_nobody_is_sure_enough_for_a_score_of_one():
    maps = np.full((5, 4, 4), 10, np.float32)
    boxes, scores = decode_person_maps(maps, 1.0, 10)
    assert boxes.shape == (0, 4) and scores.shape == (0,)
