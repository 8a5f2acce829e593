"""Choose what a user has left open: batch size and number of loader processes."""

from __future__ import annotations

import os
from dataclasses import replace

import psutil
import torch

from pedpose.errors import ConfigError
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.summary import training_bytes_per_sample
from pedpose.training.config import TrainConfig
from pedpose.training.distributed import Processes, least_over_processes

LARGEST_BATCH = 32
"""What the default learning rate is for; larger ones would need another."""

MEMORY_SHARE = 0.5
"""Part of the free memory that the samples of a step may take: the estimate is a rough one, and
others use the machine as well."""

MOST_WORKERS = 8


def with_choices(
    config: TrainConfig,
    network: HeatmapCNN,
    samples: int,
    device: torch.device,
    processes: Processes,
) -> tuple[TrainConfig, list[str]]:
    """Return a configuration in which batch size and workers are numbers, and what was chosen.

    Args:
        config: As the user gave it.
        network: To be trained.
        samples: That an epoch draws.
        device: To train on.
        processes: That share a batch.

    Raises:
        ConfigError: If the batch cannot be shared by the processes.
    """
    notes = []
    if config.batch_size == 0:
        size, why = _batch_size(network, samples, device, processes.count)
        # Each process has measured its own free memory; all must take the same.
        size = least_over_processes(size, device)
        config = replace(config, batch_size=size)
        notes.append(f"batch size: {size} ({why})")
    if config.batch_size % processes.count:
        raise ConfigError(
            f"batch_size: expected a multiple of the {processes.count} processes, found "
            f"{config.batch_size}"
        )
    if config.workers == -1:
        count = _processors() // processes.count
        # On a CPU the network itself needs the processors.
        workers = max(min(count if device.type != "cpu" else count // 2, MOST_WORKERS), 0)
        config = replace(config, workers=workers)
        notes.append(f"loader processes: {workers} ({_processors()} processors)")
    return config, notes


def _batch_size(
    network: HeatmapCNN, samples: int, device: torch.device, processes: int
) -> tuple[int, str]:
    """Return a power of two per process, and why it is that one."""
    if device.type == "cuda":
        free = torch.cuda.mem_get_info(device)[0]
    else:
        # Processes of one machine share its memory.
        free = psutil.virtual_memory().available // processes
    needed = training_bytes_per_sample(network)
    limits = {
        f"{free / 2**30:.1f} GiB free, about {needed / 2**20:.0f} MiB a sample": (
            int(free * MEMORY_SHARE / needed)
        ),
        f"{samples} samples an epoch": samples // processes,
        "the most that is chosen by itself": LARGEST_BATCH // processes,
    }
    why, limit = min(limits.items(), key=lambda item: item[1])
    return processes * 2 ** (max(limit, 1).bit_length() - 1), why


def _processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
