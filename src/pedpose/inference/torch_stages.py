"""The two networks of a detector, run by PyTorch."""

from __future__ import annotations

from pathlib import Path

from pedpose.inference.finder import FinderSettings, PersonFinder
from pedpose.inference.joints import JointEstimator
from pedpose.inference.stages import JointStage, PersonStage
from pedpose.model.architecture import Task
from pedpose.runtime.choice import Wanted
from pedpose.runtime.device import resolve_device
from pedpose.runtime.runtime import NetworkInfo
from pedpose.runtime.torch_network import TorchNetwork
from pedpose.runtime.torch_open import load_for, torch_precision
from pedpose.runtime.torch_runtime import TorchRuntime

_CPU_BATCH = 16
_GPU_BATCH = 64


def open_torch_joints(
    path: Path, wanted: Wanted, batch: int | None
) -> tuple[NetworkInfo, JointStage]:
    """Open a joint network: on a GPU crops are cut and maps are decoded there, too.

    Raises:
        CheckpointError: If the file is not a joint network.
        ConfigError: If device or precision cannot be had.
    """
    network, info = _open(path, "joints", wanted)
    architecture = info.metadata.architecture
    if isinstance(network, TorchRuntime):
        return info, JointEstimator(network, architecture, batch or _CPU_BATCH)
    from pedpose.inference.device_joints import DeviceJoints

    return info, DeviceJoints(network, architecture, batch or _GPU_BATCH)


def open_torch_finder(
    path: Path, wanted: Wanted, settings: FinderSettings
) -> tuple[NetworkInfo, PersonStage]:
    """Open a person finder: on a GPU pictures are resized and maps are decoded there, too.

    Raises:
        CheckpointError: If the file is not a person finder.
        ConfigError: If device or precision cannot be had.
    """
    network, info = _open(path, "person", wanted)
    architecture = info.metadata.architecture
    if isinstance(network, TorchRuntime):
        return info, PersonFinder(network, architecture, settings)
    from pedpose.inference.device_finder import DeviceFinder

    return info, DeviceFinder(network, architecture, settings)


def _open(
    path: Path, task: Task, wanted: Wanted
) -> tuple[TorchRuntime | TorchNetwork, NetworkInfo]:
    """Open a network: on a CPU one from memory to memory, elsewhere one of what is there."""
    device = resolve_device(wanted.device)
    precision = torch_precision(wanted.precision, device)
    checkpoint, info = load_for(path, device, precision)
    info.metadata.check_task(task, path)
    kind = TorchRuntime if device.type == "cpu" else TorchNetwork
    return kind(checkpoint.network, device, precision, in_place=True), info
