"""Run a file that was made by what is going to run it, and compare it with its source."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pedpose.data.coco import CocoData
from pedpose.errors import ExportError
from pedpose.exporting.accuracy import FINDER_SETTINGS, box_ap, joint_ap
from pedpose.exporting.compare import Differences, compare
from pedpose.exporting.crops import Pictures, batches, finder_pictures, joint_pictures
from pedpose.exporting.decoding import MOST_PEOPLE, PictureNetwork
from pedpose.exporting.opening import open_exported
from pedpose.exporting.tolerance import (
    NATIVE,
    TOLERANCES,
    Tolerance,
    check_accuracy,
    check_differences,
)
from pedpose.inference.finder import PersonFinder
from pedpose.inference.joints import JointEstimator
from pedpose.inference.stages import open_finder, open_joints
from pedpose.model.architecture import Architecture, Task
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.metadata import Exported, Metadata
from pedpose.runtime.choice import Wanted, installed
from pedpose.runtime.runtime import Floats

_BATCH = 4  # of a CPU

Say = Callable[[str, int, int], None]
"""Is told what is being measured, how many pictures of it are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Check:
    """What one runtime makes of a file, compared with its source.

    Attributes:
        device: It was run on.
        runtime: That ran it, with its version and precision.
        differences: On the crops of the package.
        ap: On annotated pictures; None where none were given.
    """

    device: str
    runtime: str
    differences: Differences
    ap: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "device": self.device,
            "runtime": self.runtime,
            **asdict(self.differences),
            "ap": self.ap,
        }


class Source:
    """The weights that a file was made of, run by PyTorch in fp32, as they were trained.

    That is without what makes a network quicker to run, of which a file is made.
    """

    def __init__(self, network: HeatmapCNN, exported: Exported) -> None:
        """Run the crops, which all files are compared on."""
        self._network = PictureNetwork(network).eval()
        self._architecture = network.architecture
        self._exported = exported
        self.pictures = [
            batch
            for size in _sizes(network.architecture, exported)
            for batch in batches(_pictures(network.architecture, size))
        ]
        self.maps = [self._run(batch) for batch in self.pictures]

    def _run(self, pictures: Pictures) -> Floats:
        with torch.inference_mode():
            maps: Floats = self._network(torch.from_numpy(pictures)).numpy()
        return maps

    def ap(self, data: CocoData, say: Say) -> float:
        """Return AP on annotated pictures."""
        progress = partial(say, "AP of the source")
        if self._architecture.task == "joints":
            return joint_ap(JointEstimator(self._run, self._architecture, _BATCH), data, progress)
        finder = PersonFinder(self._run, self._architecture, FINDER_SETTINGS, self._exported.size)
        return box_ap(finder, data, progress)


def verify(
    path: Path, name: Path, source: Source, metadata: Metadata, data: CocoData | None, say: Say
) -> tuple[list[Check], float | None]:
    """Compare a file with its source, in each way in which detect may run it.

    Args:
        path: The file.
        name: What it is going to be called, for messages.
        source: What it was made of.
        metadata: What it says of itself.
        data: Annotated pictures to compare AP on.
        say: Is told of progress.

    Returns:
        One check for each way, and the AP of the source.

    Raises:
        CheckpointError: If the file cannot be opened.
        ExportError: If it differs by more than the tolerance of its precision.
    """
    exported, task = metadata.exported, metadata.architecture.task
    assert exported is not None
    checks = []
    before = None if data is None else source.ap(data, say)
    for wanted, allowed in ways(path, exported.precision):
        network = open_exported(path, wanted)
        device, runtime = network.info.device, network.info.runtime
        outputs = [network.run(batch) for batch in source.pictures]
        _check_outputs(name, runtime, metadata, source.maps, outputs)
        differences = compare(task, source.maps, outputs, exported.decoded)
        check_differences(name, runtime, differences, allowed)
        ap = None
        if data is not None and before is not None:
            ap = _ap(path, wanted, task, data, partial(say, f"AP by {runtime}"))
            check_accuracy(name, runtime, before - ap, allowed)
        checks.append(Check(device, runtime, differences, ap))
    return checks, before


def ways(path: Path, precision: str) -> list[tuple[Wanted, Tolerance]]:
    """Return how detect may run a file, and what differences are accepted of each."""
    allowed = TOLERANCES[precision]
    exact = (Wanted("openvino", "cpu", "fp32"), allowed)
    if path.suffix == ".onnx":
        return [(Wanted("onnx", "cpu"), allowed), *([exact] if installed("openvino") else [])]
    if precision == "fp32":
        return [exact]
    native = allowed if precision == "int8" else TOLERANCES[NATIVE]
    return [exact, (Wanted("openvino", "cpu"), native)]


def _ap(
    path: Path, wanted: Wanted, task: Task, data: CocoData, progress: Callable[[int, int], None]
) -> float:
    if task == "joints":
        joints = open_joints(path, wanted.runtime, wanted, _BATCH, heat=False)[1]
        return joint_ap(joints, data, progress)
    people = open_finder(path, wanted.runtime, wanted, FINDER_SETTINGS)[1]
    return box_ap(people, data, progress)


def _check_outputs(
    name: Path,
    runtime: str,
    metadata: Metadata,
    sources: Sequence[Floats],
    outputs: Sequence[Floats],
) -> None:
    """Refuse outputs of another shape, or that are no numbers.

    Raises:
        ExportError: With what was expected and found.
    """
    exported, architecture = metadata.exported, metadata.architecture
    assert exported is not None
    for source, output in zip(sources, outputs, strict=True):
        expected: tuple[int, ...] = source.shape
        if exported.decoded and architecture.task == "joints":
            expected = (len(source), architecture.outputs, 3)
        elif exported.decoded:
            expected = (len(source), min(MOST_PEOPLE, math.prod(source.shape[2:])), 5)
        if output.shape != expected:
            raise ExportError(
                f"{name}: refused: output by {runtime}: expected the shape {expected}, found "
                f"{output.shape}"
            )
        if not np.isfinite(output).all():
            raise ExportError(
                f"{name}: refused: output by {runtime}: expected finite numbers, found NaN or "
                "infinity"
            )


def _sizes(architecture: Architecture, exported: Exported) -> list[tuple[int, int]]:
    """Return the sizes to compare at: where any will do, upright and wide ones."""
    if exported.size is not None:
        return [exported.size]
    height, width = architecture.input_size
    stride = architecture.backbone_stride
    narrow = -(-width * 3 // 4 // stride) * stride
    flat = -(-height // 2 // stride) * stride
    return [(height, narrow), (flat, width)]


def _pictures(architecture: Architecture, size: tuple[int, int]) -> Pictures:
    return joint_pictures(size) if architecture.task == "joints" else finder_pictures(size)
