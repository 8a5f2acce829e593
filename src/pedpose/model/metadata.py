"""What a weights file says of itself, whatever its format: one JSON object, read as plain data.

In a safetensors file it is the metadata entry ``pedpose``, in an ONNX file the metadata property of
that name, in an OpenVINO IR the runtime information of that name. Nothing here needs PyTorch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from pedpose.calibration import Calibration
from pedpose.errors import CheckpointError, ConfigError, DataError
from pedpose.model.architecture import STRIDE, Architecture, Task
from pedpose.skeleton import Skeleton

KEY = "pedpose"
"""Name of the entry that holds the JSON object."""

FORMAT_VERSION = 1

# RGB statistics of ImageNet in 0..255, what torchvision's weights were trained with.
MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)

# What reading metadata can raise that somebody else has written.
_DAMAGE = (
    *(ArithmeticError, AttributeError, KeyError, RecursionError, TypeError, ValueError),
    *(ConfigError, DataError),
)


@dataclass(frozen=True, slots=True)
class Exported:
    """How the network in a file was exported.

    Attributes:
        source_sha256: SHA-256 of the weights that it was made of.
        precision: ``fp32``, ``fp16`` or ``int8``: how its weights are stored.
        size: Height and width of its input in pixels; None where each multiple of the stride of
            its backbone will do.
        decoded: Whether it returns keypoints or boxes in place of maps.
        check: What comparing it with its source gave: plain data for people to read.
    """

    source_sha256: str
    precision: str
    size: tuple[int, int] | None
    decoded: bool = False
    check: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``dataclasses.asdict`` wrote.

        Raises:
            KeyError, TypeError, ValueError: If it is something else.
        """
        size = data["size"]
        if size is not None:
            height, width = size
            size = (int(height), int(width))
        return cls(
            str(data["source_sha256"]),
            str(data["precision"]),
            size,
            bool(data["decoded"]),
            dict(data["check"]),
        )


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about a network beside its weights.

    Attributes:
        architecture: What it is made of.
        skeleton: Joints of a joint network; None for a person finder.
        training: How it was trained: plain data for people to read.
        metrics: What it reached on its validation data.
        calibration: Of a joint network, what its scores mean: ``joints`` of single joints and
            ``people`` of whole people; scores without an entry are taken as they are.
        exported: How it was exported; None for weights as they were trained.
    """

    architecture: Architecture
    skeleton: Skeleton | None
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Calibration] = field(default_factory=dict)
    exported: Exported | None = None

    @property
    def joint_skeleton(self) -> Skeleton:
        """The skeleton of a joint network.

        Raises:
            CheckpointError: If it is a person finder.
        """
        if self.skeleton is None:
            raise CheckpointError("expected a joint network, found one without a skeleton")
        return self.skeleton

    def check_task(self, task: Task, path: Path) -> None:
        """Make sure that the network is for a task.

        Raises:
            CheckpointError: If it is for the other one.
        """
        if self.architecture.task != task:
            raise CheckpointError(
                f"{path}: expected a network for {task}, found one for {self.architecture.task}"
            )

    def to_json(self) -> str:
        """Return what is written into a file."""
        content = {
            "format_version": FORMAT_VERSION,
            "architecture": self.architecture.to_dict(),
            "stride": STRIDE,
            "mean": MEAN,
            "std": STD,
            "skeleton": None if self.skeleton is None else self.skeleton.to_dict(),
            "training": self.training,
            "metrics": self.metrics,
            "calibration": {name: c.to_dict() for name, c in self.calibration.items()},
        }
        if self.exported is not None:
            content["exported"] = asdict(self.exported)
        return json.dumps(content, allow_nan=False)


def read_metadata_text(text: str | None, path: Path) -> Metadata:
    """Read the metadata of a file.

    Args:
        text: What the file holds under the name ``pedpose``; None where it has no such entry.
        path: The file, for messages.

    Raises:
        CheckpointError: If the file is of another program or version, or contradicts itself.
    """
    if text is None:
        raise CheckpointError(
            f"{path}: expected weights written by pedpose, found those of another program (no "
            "'pedpose' metadata)"
        )
    try:
        content = json.loads(text)
        version = content["format_version"]
        if version != FORMAT_VERSION:
            raise CheckpointError(
                f"{path}: expected format version {FORMAT_VERSION}, found {version}"
            )
        fixed = {"stride": STRIDE, "mean": list(MEAN), "std": list(STD)}
        if (found := {name: content[name] for name in fixed}) != fixed:
            raise CheckpointError(f"{path}: expected {fixed}, found {found}")
        skeleton, exported = content["skeleton"], content.get("exported")
        metadata = Metadata(
            Architecture.from_dict(content["architecture"]),
            None if skeleton is None else Skeleton.from_dict(skeleton),
            dict(content["training"]),
            dict(content["metrics"]),
            {
                name: Calibration.from_dict(entry)
                for name, entry in content.get("calibration", {}).items()
            },
            None if exported is None else Exported.from_dict(exported),
        )
    except _DAMAGE as error:
        raise CheckpointError(f"{path}: damaged metadata: {error!r}") from error
    architecture, joints = metadata.architecture, metadata.skeleton
    if architecture.task == "joints" and (joints is None or len(joints) != architecture.outputs):
        described = "no skeleton" if joints is None else f"{len(joints)} joints"
        raise CheckpointError(
            f"{path}: expected a skeleton of {architecture.outputs} joints, found {described}"
        )
    return metadata
