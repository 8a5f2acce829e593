import math

import pytest
import torch

from pedpose.model.joint_codec import PEAK_LOGIT, encode_keypoints
from pedpose.model.person_codec import PersonTarget, encode_boxes
from pedpose.training.losses import BOX_WEIGHT, joint_loss, joint_squares, person_loss
from perfect_maps import target_to_maps

SIZE = (16, 12)


def test_joint_loss_of_a_flat_map_is_the_missing_certainty():
    target = encode_keypoints(torch.tensor([[[6.5, 8.5]]]), SIZE, 1.5)
    entropy = float(-torch.special.xlogy(target, target).sum())
    loss = joint_loss(torch.zeros(1, 1, *SIZE), target)
    assert float(loss.mean) == pytest.approx(math.log(16 * 12) - entropy, rel=1e-5)


def test_joint_loss_of_the_target_itself_is_zero():
    target = encode_keypoints(torch.tensor([[[3.2, 4.7], [9.9, 14.1]]]), SIZE, 1.5)
    weights = torch.tensor([1.0, 0.3])[:, None, None]
    raw = target.clamp_min(1e-20).log()
    assert float(joint_loss(raw, weights * target).mean) == pytest.approx(0, abs=1e-5)


def test_joint_loss_is_the_mean_by_weight():
    target = encode_keypoints(torch.tensor([[[3.2, 4.7], [9.9, 14.1]]]), SIZE, 1.5)
    raw = torch.randn(1, 2, *SIZE, generator=torch.Generator().manual_seed(0))
    first, second = (float(joint_loss(raw[:, [k]], target[:, [k]]).mean) for k in (0, 1))
    both = joint_loss(raw, torch.tensor([1.0, 0.25])[:, None, None] * target)
    assert float(both.mean) == pytest.approx((first + 0.25 * second) / 1.25, rel=1e-4)


def test_joints_without_label_give_no_gradient():
    torch.manual_seed(0)
    raw = torch.randn(2, 3, *SIZE, requires_grad=True)
    weights = torch.tensor([[1.0, 0.0, 0.5], [0.0, 0.0, 0.0]])[..., None, None]
    joint_loss(
        raw, weights * encode_keypoints(torch.full((2, 3, 2), 5.0), SIZE, 1.5)
    ).total.backward()
    assert raw.grad is not None
    moved = raw.grad.abs().sum(dim=(2, 3)) > 0
    assert moved.tolist() == [[True, False, True], [False, False, False]]


def test_a_batch_without_any_label_costs_nothing():
    assert float(joint_loss(torch.randn(1, 2, *SIZE), torch.zeros(1, 2, *SIZE)).mean) == 0


def person_target(unknown: list[list[float]] | None = None) -> PersonTarget:
    boxes = torch.tensor([[2.0, 2.0, 8.0, 14.0]])
    return encode_boxes([boxes], [torch.tensor(unknown or []).reshape(-1, 4)], SIZE)


def test_person_loss_of_the_perfect_maps_is_nearly_zero():
    target = person_target()
    assert float(person_loss(target_to_maps(target), target).mean) < 0.05


def test_person_loss_weighs_the_box_error():
    target = person_target()
    maps = target_to_maps(target)
    right = float(person_loss(maps, target).mean)
    maps[:, 3] += math.log(2)
    # Twice as wide: intersection over union is one half, and the hull adds nothing.
    assert float(person_loss(maps, target).mean) - right == pytest.approx(BOX_WEIGHT / 2, rel=1e-3)


def test_false_people_cost_only_where_people_are_labelled():
    target = person_target(unknown=[[9, 0, 12, 16]])
    maps = target_to_maps(target)
    right = float(person_loss(maps, target).mean)
    maps[0, 0, 8, 10] = 5.0
    assert float(person_loss(maps, target).mean) == pytest.approx(right)
    maps[0, 0, 0, 0] = 5.0
    assert float(person_loss(maps, target).mean) > right + 1


def test_pictures_without_people_still_teach():
    target = encode_boxes([torch.zeros(0, 4)], [torch.zeros(0, 4)], SIZE)
    maps = torch.zeros(1, 5, *SIZE, requires_grad=True)
    loss = person_loss(maps, target).mean
    loss.backward()
    assert float(loss.detach()) > 1
    assert maps.grad is not None
    assert (maps.grad[:, 0] > 0).all()


def test_squares_of_a_perfect_map_are_zero_and_of_an_empty_one_its_volume():
    sigma = 2.0
    target = encode_keypoints(torch.tensor([[[20.0, 20.5], [17.2, 22.9]]]), (40, 40), sigma)
    perfect = PEAK_LOGIT * 2 * torch.pi * sigma**2 * target
    assert float(joint_squares(perfect, target, sigma).mean) == pytest.approx(0, abs=1e-9)
    # The integral of the square of a Gaussian of height one is pi sigma^2.
    empty = joint_squares(torch.zeros_like(target), target, sigma)
    assert float(empty.mean) == pytest.approx(torch.pi * sigma**2, rel=1e-3)


def test_squares_of_joints_that_are_not_labelled_do_not_count():
    target = encode_keypoints(torch.tensor([[[6.0, 8.0], [9.0, 9.0]]]), SIZE, 2.0)
    weights = torch.tensor([[1.0, 0.0]])[..., None, None]
    raw = torch.zeros_like(target).requires_grad_()
    joint_squares(raw, weights * target, 2.0).total.backward()
    assert raw.grad is not None
    assert raw.grad[:, 0].abs().sum() > 0
    assert raw.grad[:, 1].abs().sum() == 0


def test_sums_of_parts_add_up_to_the_sum_of_the_whole():
    raw = torch.randn(4, 2, *SIZE, generator=torch.Generator().manual_seed(0))
    target = encode_keypoints(torch.rand(4, 2, 2) * 10 + 1, SIZE, 1.5)
    target = torch.tensor([1.0, 0.3])[:, None, None] * target
    for loss in (joint_loss, lambda raw, target: joint_squares(raw, target, 1.5)):
        whole = loss(raw, target)
        parts = [loss(raw[part], target[part]) for part in (slice(0, 1), slice(1, 4))]
        assert float(sum(p.total for p in parts)) == pytest.approx(float(whole.total), rel=1e-5)
        assert float(sum(p.count for p in parts)) == pytest.approx(float(whole.count), rel=1e-5)
