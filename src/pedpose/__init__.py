"""Find pedestrians and their body joints in pictures and video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pedpose.errors import PedposeError
from pedpose.people import People
from pedpose.skeleton import COCO_17, Skeleton

if TYPE_CHECKING:
    from pathlib import Path

    from pedpose.inference.detector import PoseDetector

__version__ = "0.1.0"

__all__ = ["COCO_17", "PedposeError", "People", "PoseDetector", "Skeleton", "__version__", "load"]


def load(
    joints: Path | str | None = None,
    person: Path | str | None = None,
    device: str = "auto",
    runtime: str = "auto",
    precision: str = "auto",
) -> PoseDetector:
    """Return a detector: ``pedpose.load()(image) -> People``.

    Args:
        joints: Weights of the joint network; those of the package where None.
        person: Weights of the person finder; those of the package where None.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        runtime: ``auto`` (the fastest that is installed), ``torch``, ``onnx`` or ``openvino``.
        precision: ``auto`` (bf16 where device and runtime have it, else fp32), ``fp32``, ``bf16``
            or ``fp16``.

    Raises:
        CheckpointError: If a weights file cannot be used.
        ConfigError: If device, runtime or precision cannot be had.
    """
    from pathlib import Path

    from pedpose.inference.detector import DetectorSettings, PoseDetector
    from pedpose.runtime.choice import Wanted

    return PoseDetector(
        None if joints is None else Path(joints),
        None if person is None else Path(person),
        DetectorSettings(wanted=Wanted(runtime, device, precision)),
    )


def __getattr__(name: str) -> Any:
    # What a detector needs is imported when one is first asked for.
    if name == "PoseDetector":
        from pedpose.inference.detector import PoseDetector

        return PoseDetector
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
