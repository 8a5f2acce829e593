"""Several processes that train one network, started by ``torchrun``.

Each process takes its share of every batch; gradients are those of the whole batch, so that N
processes learn what one process learns from the same batches, if batch norm takes its statistics
from all of them as well (``sync_norm``). In fp32 two processes on a CPU then have the loss of one
to 1e-6 in the first step, relative, and to 1e-5 in the first twelve of a small network; later the
rounding errors grow, as they do between any two machines.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.rendezvous import rendezvous

from pedpose.errors import ConfigError

# The first process validates alone while the others wait for it.
_PATIENCE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Processes:
    """Where this process stands among all of a training.

    Attributes:
        rank: Of this process, from 0; only the first writes and reports.
        count: Of all processes.
        local_rank: Of this process among those of its machine; its GPU, where there are some.
        restarts: How often ``torchrun`` on this machine has started all of them anew after a
            failure.
        machines: That the processes are on.
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    restarts: int = 0
    machines: int = 1

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes and reports."""
        return self.rank == 0


def processes_of_environment() -> Processes:
    """Read what ``torchrun`` says in environment variables; one process without it.

    Format: https://pytorch.org/docs/stable/elastic/run.html#environment-variables.

    Raises:
        ConfigError: If a variable is not a number.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return Processes()
    names = (
        *("RANK", "WORLD_SIZE", "LOCAL_RANK"),
        *("TORCHELASTIC_RESTART_COUNT", "GROUP_WORLD_SIZE"),
    )
    try:
        return Processes(*(int(os.environ[name]) for name in names))
    except (KeyError, ValueError) as error:
        raise ConfigError(
            f"torchrun: expected whole numbers in {', '.join(names)}, found {error}"
        ) from error


@contextmanager
def process_group(processes: Processes, device: torch.device) -> Iterator[None]:
    """Join the processes for the block: by NCCL on CUDA, by Gloo elsewhere.

    On several machines, restarts need ``TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1`` in the environment
    of ``torchrun``: each machine counts its own, so that what is done here for one does not help.
    """
    if processes.count == 1:
        yield
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    store, rank, count = next(rendezvous("env://", timeout=_PATIENCE))
    if processes.machines == 1:
        # torchrun has one store for all its restarts (pytorch/pytorch issue 135712): addresses of
        # processes that are dead would be taken for those of the new ones.
        store = dist.PrefixStore(  # type: ignore[attr-defined]
            f"restart {processes.restarts}", store
        )
    dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=_PATIENCE)
    try:
        yield
    finally:
        dist.destroy_process_group()


def own_place() -> tuple[int, int]:
    """Return the rank of this process among those that have joined, and their number."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def sum_over_processes(values: Tensor) -> Tensor:
    """Add up a tensor over all processes, in place."""
    if dist.is_initialized():
        dist.all_reduce(values)
    return values


def least_over_processes(value: int, device: torch.device) -> int:
    """Return the smallest of the numbers that the processes have."""
    if not dist.is_initialized():
        return value
    least = torch.tensor([value], device=device)
    dist.all_reduce(least, dist.ReduceOp.MIN)
    return int(least.item())


def own_device(device: torch.device, processes: Processes) -> torch.device:
    """Return the device of this process: each has a GPU of its own.

    Raises:
        ConfigError: If a machine has fewer GPUs than processes, or all were sent to one.
    """
    if processes.count == 1 or device.type != "cuda":
        return device
    if device.index is not None:
        raise ConfigError(
            f"device: expected cuda or auto with {processes.count} processes, each of which takes "
            f"a GPU of its own, found {device}"
        )
    if processes.local_rank >= torch.cuda.device_count():
        raise ConfigError(
            f"device: expected a GPU for each process of this machine, found "
            f"{torch.cuda.device_count()} for process {processes.local_rank + 1}"
        )
    return torch.device("cuda", processes.local_rank)
