"""Batch norm of several processes against that of one: output, gradients, statistics."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from ranks import in_processes
from torch import Tensor, nn

from pedpose.training.distributed import process_group, processes_of_environment
from pedpose.training.sync_norm import SynchronisedBatchNorm, synchronise_batch_norms

CHANNELS = 5
SHARES = ((slice(0, 3), slice(3, 8)), (slice(0, 8),))
"""Of two processes, which have unequal parts of the batch, and of one that has all."""


def case(kind: str) -> tuple[Tensor, Tensor, nn.BatchNorm2d]:
    """Return maps, what the loss weights the output by, and a batch norm that has learned."""
    torch.manual_seed(0)
    x = torch.randn(8, CHANNELS, 6, 4) * (torch.rand(CHANNELS, 1, 1) + 0.2)
    norm = nn.BatchNorm2d(CHANNELS, momentum=0.3)
    nn.init.uniform_(norm.weight, 0.5, 2)
    nn.init.uniform_(norm.bias, -1, 1)
    if kind == "far from 0":
        x = x + 30
    if kind == "channels last":
        x = x.contiguous(memory_format=torch.channels_last)
    return x, torch.randn(8, CHANNELS, 6, 4), norm


def run(norm: nn.BatchNorm2d, x: Tensor, weights: Tensor) -> dict[str, Tensor]:
    x = x.clone().requires_grad_()
    for _ in range(2):
        norm.zero_grad()
        output = norm(x)
        x.grad = None
        # Not linear: a sum of the output alone would have no gradient.
        ((output * weights).sum() + output.square().mul(weights).sum()).backward()
    assert x.grad is not None and norm.weight.grad is not None and norm.bias.grad is not None
    assert norm.running_mean is not None and norm.running_var is not None
    return {
        "output": output.detach(),
        "x.grad": x.grad,
        "weight.grad": norm.weight.grad,
        "bias.grad": norm.bias.grad,
        "mean": norm.running_mean,
        "variance": norm.running_var,
    }


def of_this_process(kind: str, shares: tuple[slice, ...]) -> dict[str, Any]:
    processes = processes_of_environment()
    # With one process there is no group but the one made here.
    own_group = processes.count == 1
    if own_group:
        torch.distributed.init_process_group("gloo")
    with process_group(processes, torch.device("cpu")):
        x, weights, norm = case(kind)
        module = nn.Sequential(norm)
        assert synchronise_batch_norms(module) == 1
        assert isinstance(module[0], SynchronisedBatchNorm)
        found = run(module[0], x[shares[processes.rank]], weights[shares[processes.rank]])
    if own_group:
        torch.distributed.destroy_process_group()
    return {name: value.numpy() for name, value in found.items()}


@pytest.mark.parametrize(
    ("kind", "tolerance"), [("plain", 1e-4), ("far from 0", 1e-3), ("channels last", 1e-4)]
)
@pytest.mark.parametrize("shares", SHARES, ids=["two processes", "one process"])
def test_it_is_the_batch_norm_of_the_whole_batch(
    kind: str, tolerance: float, shares: tuple[slice, ...]
):
    x, weights, norm = case(kind)
    whole = run(norm.double(), x.double(), weights.double())
    parts = in_processes(len(shares), of_this_process, kind, shares)
    for name, value in whole.items():
        found = [torch.from_numpy(part[name]).double() for part in parts]
        if name in ("output", "x.grad"):
            joined = torch.cat(found)
        elif name in ("weight.grad", "bias.grad"):
            joined = torch.stack(found).sum(dim=0)
        else:
            assert all(part.equal(found[0]) for part in found)
            joined = found[0]
        torch.testing.assert_close(joined, value, rtol=tolerance, atol=tolerance)


def test_half_precision_stays_half_and_is_summed_in_full():
    x, _, norm = case("plain")
    module = nn.Sequential(norm)
    synchronise_batch_norms(module)
    output = module(x.bfloat16())
    assert output.dtype == torch.bfloat16
    expected = norm(x.bfloat16().float())
    torch.testing.assert_close(output.float(), expected, rtol=1e-2, atol=1e-2)


def test_validation_uses_the_running_statistics():
    x, _, norm = case("plain")
    module = nn.Sequential(norm).eval()
    before = module(x)
    synchronise_batch_norms(module)
    assert module(x).equal(before)


def test_frozen_ones_stay_and_names_and_tensors_are_the_same():
    learns, frozen = nn.BatchNorm2d(3), nn.BatchNorm2d(3).requires_grad_(False).eval()
    module = nn.Sequential(nn.Sequential(learns), nn.ReLU(), frozen)
    before = module.state_dict(keep_vars=True)
    assert synchronise_batch_norms(module) == 1
    assert module[2] is frozen
    after = module.state_dict(keep_vars=True)
    assert list(after) == list(before)
    assert all(after[name] is value for name, value in before.items())
