import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pedpose.model.joint_codec import decode_keypoints, encode_keypoints, to_heatmaps

SIZE = (48, 36)


@settings(deadline=None)
@given(
    x=st.floats(0, SIZE[1]), y=st.floats(0, SIZE[0]), sigma=st.sampled_from([1.0, 1.5, 2.0, 3.0])
)
def test_decode_of_encode_is_the_point_anywhere_in_the_map(x: float, y: float, sigma: float):
    heatmap = encode_keypoints(torch.tensor([x, y]), SIZE, sigma)
    found = decode_keypoints(heatmap)
    assert abs(float(found[0]) - x) < 0.15
    assert abs(float(found[1]) - y) < 0.15


@settings(deadline=None)
@given(x=st.floats(3, SIZE[1] - 3), y=st.floats(3, SIZE[0] - 3))
def test_mirrored_heatmap_decodes_to_the_mirrored_point(x: float, y: float):
    heatmap = encode_keypoints(torch.tensor([x, y]), SIZE, 1.5)
    found = decode_keypoints(heatmap.flip(-1))
    assert abs(float(found[0]) - (SIZE[1] - x)) < 0.01
    assert abs(float(found[1]) - y) < 0.01


def test_heatmaps_sum_to_one_also_at_the_rim():
    points = torch.tensor([[0.0, 0.0], [18.3, 20.7], [36.0, 48.0]])
    sums = encode_keypoints(points, SIZE, 1.5).sum(dim=(-2, -1))
    assert torch.allclose(sums, torch.ones(3), atol=1e-5)


def test_a_point_far_outside_draws_nothing():
    assert encode_keypoints(torch.tensor([500.0, 500.0]), SIZE, 1.5).sum() == 0


def test_score_is_the_mass_around_the_peak():
    # 70 % of the mass in one cell, the rest in a cell far away.
    heatmap = torch.zeros(1, *SIZE)
    heatmap[0, 10, 10], heatmap[0, 40, 30] = 0.7, 0.3
    x, y, score = decode_keypoints(heatmap)[0].tolist()
    assert (x, y) == (10.5, 10.5)
    assert abs(score - 0.7) < 1e-6


def test_flat_and_constant_maps_decode_to_finite_numbers():
    found = decode_keypoints(to_heatmaps(torch.zeros(2, 3, *SIZE)))
    assert found.shape == (2, 3, 3)
    assert found.isfinite().all()
    assert (found[..., 2] < 0.02).all()


def test_network_maps_become_distributions():
    heatmaps = to_heatmaps(torch.randn(2, 17, *SIZE) * 10)
    assert torch.allclose(heatmaps.sum(dim=(-2, -1)), torch.ones(2, 17), atol=1e-4)
