"""A network that learns, one batch at a time."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from pedpose.errors import ConfigError
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.runtime.device import autocast_type
from pedpose.training.config import TrainConfig
from pedpose.training.distributed import Processes, sum_over_processes
from pedpose.training.ema import ExponentialAverage
from pedpose.training.sync_norm import synchronise_batch_norms
from pedpose.training.tasks import LearningTask


class Diverged(ArithmeticError):
    """The loss of a step, or what it made of the weights, is not finite.

    The learner is good for nothing until it is restored.
    """


class Learner:
    """Network, optimiser and average of one run, in one of its processes."""

    def __init__(
        self,
        network: HeatmapCNN,
        task: LearningTask,
        config: TrainConfig,
        device: torch.device,
        processes: Processes,
    ) -> None:
        """Take a network with its initial weights; batch norms are exchanged where asked for."""
        self.network = network
        self.task = task
        self.config = config
        self.device = device
        self.processes = processes
        self.parts = 1
        self.average = ExponentialAverage(network, config.ema_decay)
        if config.sync_norm and processes.count > 1:
            synchronise_batch_norms(network)
        self.optimiser = torch.optim.AdamW(parameter_groups(network, config))
        self._autocast = autocast_type(config.precision)
        self._scaler = torch.amp.GradScaler(device.type, enabled=self._autocast == torch.float16)
        self._parallel: torch.nn.Module = network
        if processes.count > 1:
            self._parallel = DistributedDataParallel(
                network, [device] if device.type == "cuda" else None
            )

    def step(self, batch: Any, step: int, rate: float) -> float:
        """Learn from a batch and return its mean loss, that of all processes.

        Args:
            batch: The samples of this process.
            step: From 0.
            rate: Learning rate of the decoder.

        Raises:
            Diverged: If the loss or a weight is not finite.
            ConfigError: If memory does not hold even a single sample.
        """
        # Networks that leave out channels or layers at random do so by step: a resumed run is the
        # same run.
        seed = self.config.seed * 1_000_003 + step * self.processes.count + self.processes.rank
        torch.manual_seed(torch_seed(seed))
        self.network.train()
        sums = self._gradients_in_memory(batch)
        total, count = (float(value) for value in sum_over_processes(sums))
        loss = total / max(count, 1.0)
        if not abs(loss) < float("inf"):
            raise Diverged(f"step {step + 1}: the loss became {loss}")
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["share"]
        self._scaler.unscale_(self.optimiser)
        learned = [p.grad for p in self.network.parameters() if p.grad is not None]
        # From the mean over processes of sums over their samples to the mean over all that counts.
        torch._foreach_mul_(learned, len(batch[0]) * self.processes.count / max(count, 1.0))
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip_norm)
        self._scaler.step(self.optimiser)
        self._scaler.update()
        self.average.update(self.network, step)
        if not self.average.is_finite():
            raise Diverged(f"step {step + 1}: weights became infinite or NaN")
        return loss

    def _gradients_in_memory(self, batch: Any) -> Tensor:
        """Compute gradients in as many parts as memory asks for; return total loss and count."""
        while True:
            try:
                return self._gradients(batch)
            except RuntimeError as error:
                if not _is_lack_of_memory(error):
                    raise
                if self.parts >= len(batch[0]) or self.processes.count > 1:
                    raise ConfigError(
                        f"memory of {self.device}: expected room for {len(batch[0])} samples in "
                        f"{self.parts} parts, found too little; choose a smaller batch, input or "
                        "network, or --precision bf16"
                    ) from error
            self.parts *= 2
            if self.device.type == "cuda":
                torch.cuda.empty_cache()

    def _gradients(self, batch: Any) -> Tensor:
        self.optimiser.zero_grad(set_to_none=True)
        rows = len(batch[0])
        size = -(-rows // self.parts)
        sums = torch.zeros(2, device=self.device)
        for start in range(0, rows, size):
            whole = size >= rows
            part = batch if whole else self.task.part(batch, slice(start, start + size))
            kept: AbstractContextManager[None] = nullcontext()
            if isinstance(self._parallel, DistributedDataParallel) and start + size < rows:
                kept = self._parallel.no_sync()
            with kept:
                with torch.autocast(
                    self.device.type,
                    self._autocast or torch.bfloat16,
                    enabled=self._autocast is not None,
                ):
                    raw = self._parallel(pictures_of(part, self.device))
                loss = self.task.loss(raw, part)
                self._scaler.scale(loss.total / rows).backward()  # type: ignore[no-untyped-call]
            sums += torch.stack([loss.total.detach(), loss.count.detach()])
        return sums

    def state(self) -> dict[str, Any]:
        """Return all that a resumed run needs to go on as if never broken off."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self._scaler.state_dict(),
            "parts": self.parts,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state` gave.

        Raises:
            KeyError: If something is missing, or ValueError, TypeError or RuntimeError if it is
                of another network.
        """
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self._scaler.load_state_dict(state["scaler"])
        self.parts = state["parts"]


def pictures_of(batch: Any, device: torch.device) -> Tensor:
    """Return the pictures (B, 3, h, w) of a batch as the network takes them, on a device."""
    images: Tensor = batch[0].to(device, non_blocking=True)
    return images.contiguous(memory_format=torch.channels_last).float()


def parameter_groups(network: HeatmapCNN, config: TrainConfig) -> list[dict[str, Any]]:
    """Return what AdamW is to learn, in groups with a decay and a share of the learning rate.

    Matrices alone decay: biases and batch norm scales have no reason to be small.
    """
    groups = []
    for in_backbone, share in ((True, config.backbone_rate), (False, 1.0)):
        for is_matrix, decay in ((True, config.weight_decay), (False, 0.0)):
            chosen = [
                parameter
                for name, parameter in network.named_parameters()
                if parameter.requires_grad
                and name.startswith("backbone.") == in_backbone
                and (parameter.ndim > 1) == is_matrix
            ]
            if chosen:
                groups.append({"params": chosen, "weight_decay": decay, "share": share})
    return groups


def torch_seed(number: int) -> int:
    """Return a number as PyTorch takes it: NumPy's seeds may be larger than 64 bits."""
    return number % 2**63


def _is_lack_of_memory(error: RuntimeError) -> bool:
    """Tell whether memory ran out: on a CPU PyTorch has no class of its own for it."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
