"""The two networks of a detector, each opened by the runtime that was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from pedpose.errors import ConfigError
from pedpose.geometry import Floats, Image
from pedpose.inference.finder import FinderSettings, PersonFinder
from pedpose.inference.heat import PersonHeat
from pedpose.inference.joints import JointEstimator
from pedpose.model.architecture import Task
from pedpose.runtime.choice import Wanted
from pedpose.runtime.runtime import NetworkInfo, OpenNetwork
from pedpose.shipped import shipped_weights

# Crops at once, by which each is quickest: small batches stay in the caches of a CPU.
_CPU_BATCH = {"onnx": 4, "openvino": 8}


class JointStage(Protocol):
    """Finds the joints of people in boxes."""

    def many(
        self,
        pictures: Iterable[tuple[Image, Floats]],
        heat: list[list[PersonHeat]] | None = None,
    ) -> list[Floats]:
        """Return (N, K, 3) joints for each picture and its boxes (N, 4); append their heat."""


class PersonStage(Protocol):
    """Finds people in pictures."""

    def many(self, images: Sequence[Image]) -> list[tuple[Floats, Floats]]:
        """Return boxes (N, 4) and scores (N,) for each picture, best first."""


def open_joints(
    file: Path | None, runtime: str, wanted: Wanted, batch: int | None, heat: bool
) -> tuple[NetworkInfo, JointStage]:
    """Open a joint network.

    Args:
        file: Its weights; those of the package where None.
        runtime: What runs it, of :data:`pedpose.runtime.choice.RUNTIMES`.
        wanted: Device and precision.
        batch: Most crops at once; None for what suits the device.
        heat: Whether heatmaps will be asked for.

    Raises:
        CheckpointError: If the file is not a joint network.
        ConfigError: If device or precision cannot be had, or there will be no heatmaps.
    """
    if runtime == "torch":
        # Imported here: PyTorch takes seconds, which the other runtimes need not wait for.
        from pedpose.inference.torch_stages import open_torch_joints

        return open_torch_joints(_path(file, "joints", runtime), wanted, batch)
    network = _open(file, "joints", runtime, wanted)
    info = network.info
    if heat and info.decoded:
        raise ConfigError(
            f"{info.path}: expected heatmaps to draw, found a network that decodes them"
        )
    return info, JointEstimator(
        network.run, info.metadata.architecture, batch or _CPU_BATCH[runtime], info.decoded
    )


def open_finder(
    file: Path | None, runtime: str, wanted: Wanted, settings: FinderSettings
) -> tuple[NetworkInfo, PersonStage]:
    """Open a person finder.

    Args:
        file: Its weights; those of the package where None.
        runtime: What runs it, of :data:`pedpose.runtime.choice.RUNTIMES`.
        wanted: Device and precision.
        settings: How people are searched for.

    Raises:
        CheckpointError: If the file is not a person finder.
        ConfigError: If device or precision cannot be had.
    """
    if runtime == "torch":
        from pedpose.inference.torch_stages import open_torch_finder

        return open_torch_finder(_path(file, "person", runtime), wanted, settings)
    network = _open(file, "person", runtime, wanted)
    info = network.info
    return info, PersonFinder(
        network.run, info.metadata.architecture, settings, info.fixed_size, info.decoded
    )


def _open(file: Path | None, task: Task, runtime: str, wanted: Wanted) -> OpenNetwork:
    """Open a network without PyTorch."""
    path = _path(file, task, runtime)
    if runtime == "onnx":
        from pedpose.runtime.onnx_runtime import open_onnx as open_network
    else:
        from pedpose.runtime.openvino_runtime import open_openvino as open_network
    network = open_network(path, wanted.device, wanted.precision)
    network.info.metadata.check_task(task, path)
    return network


def _path(file: Path | None, task: Task, runtime: str) -> Path:
    return file or shipped_weights(task, ".safetensors" if runtime == "torch" else ".onnx")
