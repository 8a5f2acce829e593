"""Batch norm over the batches of all processes, on GPUs and on CPUs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from pedpose.training.distributed import own_place, sum_over_processes


class SynchronisedBatchNorm(nn.BatchNorm2d):
    """Batch norm whose statistics are those of the whole batch, as if one process had it.

    Ioffe & Szegedy, "Batch Normalization", ICML 2015. PyTorch's own SyncBatchNorm runs on GPUs
    only, so that what it computes could not be tested without some.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Normalise maps (B, C, H, W), of which each process has its part of B."""
        if not self.training:
            return super().forward(input)
        x = input.float()
        ones = torch.full((1,), x.numel() / x.shape[1], device=x.device)
        variance, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
        rows = _Rows.apply(torch.cat([mean, variance, ones]))
        means, variances = rows[:, :-1].chunk(2, dim=1)
        # The law of total variance: means of squares would lose all digits of small variances.
        count = rows[:, -1].sum()
        shares = rows[:, -1:] / count
        mean = (shares * means).sum(dim=0)
        variance = (shares * (variances + (means - mean).square())).sum(dim=0)
        self._remember(mean.detach(), (variance * count / (count - 1).clamp_min(1)).detach())
        scale = self.weight * (variance + self.eps).rsqrt()
        normal: Tensor = (x - mean[:, None, None]) * scale[:, None, None]
        normal = normal + self.bias[:, None, None]
        return normal.to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics, as batch norm does."""
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum or 0.0)
        self.running_var.lerp_(variance, self.momentum or 0.0)


class _Rows(torch.autograd.Function):
    """From a row (N,) of each of P processes to all of them (P, N), in each."""

    @staticmethod
    def forward(ctx: Any, row: Tensor) -> Tensor:
        rank, count = own_place()
        rows = row.new_zeros(count, len(row))
        rows[rank] = row
        return sum_over_processes(rows)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        # What one process puts in changes the loss of all.
        rows = gradient.clone(memory_format=torch.contiguous_format)
        return sum_over_processes(rows)[own_place()[0]]


def synchronise_batch_norms(module: nn.Module) -> int:
    """Put synchronised batch norms in the place of all that learn; return how many there are.

    Parameters and statistics stay the same tensors under the same names. Frozen ones stay as they
    are: they use no statistics of batches.
    """
    changed = 0
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d) and child.weight.requires_grad:
            new = SynchronisedBatchNorm(child.num_features, child.eps, child.momentum)
            for kept in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
                setattr(new, kept, getattr(child, kept))
            module.add_module(name, new.train(child.training))
            changed += 1
        else:
            changed += synchronise_batch_norms(child)
    return changed
