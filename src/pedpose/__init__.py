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
    joints: Path | str | None = None, person: Path | str | None = None, device: str = "auto"
) -> PoseDetector:
    """Return a detector: ``pedpose.load()(image) -> People``.

    Args:
        joints: Weights of the joint network; those of the package where None.
        person: Weights of the person finder; those of the package where None.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Raises:
        CheckpointError: If a weights file cannot be used.
        ConfigError: If the device does not exist.
    """
    from pathlib import Path

    from pedpose.inference.detector import DetectorSettings, PoseDetector

    return PoseDetector(
        None if joints is None else Path(joints),
        None if person is None else Path(person),
        DetectorSettings(device=device),
    )


def __getattr__(name: str) -> Any:
    # PyTorch takes seconds to import: it is loaded when a detector is first asked for.
    if name == "PoseDetector":
        from pedpose.inference.detector import PoseDetector

        return PoseDetector
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
