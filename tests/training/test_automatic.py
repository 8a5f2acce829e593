"""Batch size and loader processes that nobody has given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from tiny_runs import tiny

from pedpose.errors import ConfigError
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.summary import training_bytes_per_sample
from pedpose.training import automatic
from pedpose.training.automatic import with_choices
from pedpose.training.config import TrainConfig
from pedpose.training.distributed import Processes

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
ALL = 10**9
"""More of anything than is asked for."""


@pytest.fixture
def config() -> TrainConfig:
    return tiny(Path("data.json"), Path("run"), batch_size=0, workers=-1)


@pytest.fixture
def network(config: TrainConfig) -> HeatmapCNN:
    return HeatmapCNN(config.architecture(2))


def machine(
    monkeypatch: pytest.MonkeyPatch, memory: float = 1e15, processors: int = 4, gpu: float = 1e15
) -> None:
    found = SimpleNamespace(available=int(memory))
    monkeypatch.setattr(automatic.psutil, "virtual_memory", lambda: found)
    monkeypatch.setattr(automatic, "_processors", lambda: processors)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (int(gpu), int(gpu)))


@pytest.mark.parametrize(
    ("samples_in_memory", "samples", "processes", "expected", "why"),
    [
        (ALL, ALL, 1, 32, "the most that is chosen by itself"),
        (20.5, ALL, 1, 16, "MiB a sample"),
        (16.01, ALL, 1, 16, "MiB a sample"),
        (15.9, ALL, 1, 8, "MiB a sample"),
        (0.1, ALL, 1, 1, "MiB a sample"),
        (ALL, 13, 1, 8, "13 samples an epoch"),
        (ALL, 1, 1, 1, "1 samples an epoch"),
        (ALL, ALL, 2, 32, "the most that is chosen by itself"),
        (ALL, ALL, 3, 24, "the most that is chosen by itself"),
        (ALL, ALL, 64, 64, "the most that is chosen by itself"),
        (ALL, 13, 2, 8, "13 samples an epoch"),
        # Two processes share the memory of a machine: 10 samples for each.
        (20.5, ALL, 2, 16, "MiB a sample"),
    ],
)
def test_a_batch_is_as_large_as_memory_and_data_allow(
    config: TrainConfig,
    network: HeatmapCNN,
    monkeypatch: pytest.MonkeyPatch,
    samples_in_memory: float,
    samples: int,
    processes: int,
    expected: int,
    why: str,
):
    free = 2 * samples_in_memory * training_bytes_per_sample(network)  # half of it may be taken
    machine(monkeypatch, memory=free)
    found, notes = with_choices(config, network, samples, CPU, Processes(count=processes))
    assert found.batch_size == expected
    assert notes[0].startswith(f"batch size: {expected} (") and why in notes[0]


def test_on_a_gpu_its_own_memory_counts(
    config: TrainConfig, network: HeatmapCNN, monkeypatch: pytest.MonkeyPatch
):
    needed = training_bytes_per_sample(network)
    machine(monkeypatch, memory=0, gpu=2 * 9 * needed)
    for count, expected in ((1, 8), (4, 32)):
        found, _ = with_choices(config, network, ALL, CUDA, Processes(count=count))
        assert found.batch_size == expected


@pytest.mark.parametrize(
    ("device", "processors", "processes", "expected"),
    [
        *((CPU, 1, 1, 0), (CPU, 2, 1, 1), (CPU, 8, 1, 4), (CPU, 64, 1, 8), (CPU, 8, 4, 1)),
        *((CUDA, 1, 1, 1), (CUDA, 6, 1, 6), (CUDA, 64, 1, 8), (CUDA, 8, 2, 4), (CUDA, 2, 4, 0)),
    ],
)
def test_loader_processes_leave_a_cpu_room_to_compute(
    config: TrainConfig,
    network: HeatmapCNN,
    monkeypatch: pytest.MonkeyPatch,
    device: torch.device,
    processors: int,
    processes: int,
    expected: int,
):
    machine(monkeypatch, processors=processors)
    found, notes = with_choices(config, network, ALL, device, Processes(count=processes))
    assert found.workers == expected
    assert notes[1] == f"loader processes: {expected} ({processors} processors)"


def test_what_is_given_stays(config: TrainConfig, network: HeatmapCNN):
    config = replace(config, batch_size=6, workers=3)
    assert with_choices(config, network, 1, CPU, Processes(count=2)) == (config, [])
    with pytest.raises(ConfigError, match="expected a multiple of the 4 processes, found 6"):
        with_choices(config, network, 1, CPU, Processes(count=4))


def test_processors_that_may_not_be_used_do_not_count(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(automatic.os, "sched_getaffinity", lambda _: {3, 5}, raising=False)
    assert automatic._processors() == 2
    monkeypatch.delattr(automatic.os, "sched_getaffinity")
    monkeypatch.setattr(automatic.os, "cpu_count", lambda: None)
    assert automatic._processors() == 1
