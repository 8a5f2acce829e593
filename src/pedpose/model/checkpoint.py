"""Weights files: safetensors with JSON metadata.

Format: https://github.com/huggingface/safetensors. The metadata key ``pedpose`` holds one JSON
object, read as plain data; nothing in a file is ever executed or instantiated by name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from pedpose.calibration import Calibration
from pedpose.errors import CheckpointError, ConfigError, DataError
from pedpose.files import write_bytes
from pedpose.model.architecture import STRIDE, Architecture
from pedpose.model.heatmap_cnn import MEAN, STD, HeatmapCNN
from pedpose.skeleton import Skeleton

FORMAT_VERSION = 1

# What reading metadata can raise that somebody else has written.
_DAMAGE = (
    *(ArithmeticError, AttributeError, KeyError, RecursionError, TypeError, ValueError),
    *(ConfigError, DataError),
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A network and what is known about it.

    Attributes:
        network: Ready for use, in fp32, in eval mode.
        skeleton: Joints of a joint network; None for a person finder.
        training: How it was trained: plain data for people to read.
        metrics: What it reached on its validation data.
        calibration: Of a joint network, what its scores mean: ``joints`` of single joints and
            ``people`` of whole people; scores without an entry are taken as they are.
        sha256: Of the file, None for a network that is not in a file.
    """

    network: HeatmapCNN
    skeleton: Skeleton | None
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    sha256: str | None = None
    calibration: Mapping[str, Calibration] = field(default_factory=dict)

    @property
    def joint_skeleton(self) -> Skeleton:
        """The skeleton of a joint network.

        Raises:
            CheckpointError: If it is not one.
        """
        if self.skeleton is None:
            raise CheckpointError("expected a joint network, found one without a skeleton")
        return self.skeleton


def save_checkpoint(path: Path, checkpoint: Checkpoint, half: bool = False) -> None:
    """Write a weights file atomically.

    Args:
        path: Where to; replaced if it exists.
        checkpoint: What to write.
        half: Whether to store the numbers in fp16, at half the size.
    """
    metadata = {
        "format_version": FORMAT_VERSION,
        "architecture": checkpoint.network.architecture.to_dict(),
        "stride": STRIDE,
        "mean": MEAN,
        "std": STD,
        "skeleton": None if checkpoint.skeleton is None else checkpoint.skeleton.to_dict(),
        "training": checkpoint.training,
        "metrics": checkpoint.metrics,
        "calibration": {name: c.to_dict() for name, c in checkpoint.calibration.items()},
    }
    tensors = {}
    for name, value in checkpoint.network.state_dict().items():
        value = value.detach().cpu().contiguous()
        tensors[name] = value.half() if half and value.is_floating_point() else value
    write_bytes(path, save(tensors, {"pedpose": json.dumps(metadata, allow_nan=False)}))


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a weights file.

    Raises:
        CheckpointError: If the file is missing, damaged, of another program or version, or its
            tensors do not fit the network that it describes.
    """
    tensors, text = _read(path)
    if text is None:
        raise CheckpointError(
            f"{path}: expected weights written by pedpose, found a safetensors file of another "
            "program (no 'pedpose' metadata)"
        )
    try:
        metadata = json.loads(text)
        version = metadata["format_version"]
        if version != FORMAT_VERSION:
            raise CheckpointError(
                f"{path}: expected format version {FORMAT_VERSION}, found {version}"
            )
        fixed = {"stride": STRIDE, "mean": list(MEAN), "std": list(STD)}
        if (found := {name: metadata[name] for name in fixed}) != fixed:
            raise CheckpointError(f"{path}: expected {fixed}, found {found}")
        architecture = Architecture.from_dict(metadata["architecture"])
        skeleton = metadata["skeleton"]
        if skeleton is not None:
            skeleton = Skeleton.from_dict(skeleton)
        training, metrics = dict(metadata["training"]), dict(metadata["metrics"])
        calibration = {
            name: Calibration.from_dict(entry)
            for name, entry in metadata.get("calibration", {}).items()
        }
    except _DAMAGE as error:
        raise CheckpointError(f"{path}: damaged metadata: {error!r}") from error
    if architecture.task == "joints" and (
        skeleton is None or len(skeleton) != architecture.outputs
    ):
        joints = "no skeleton" if skeleton is None else f"{len(skeleton)} joints"
        raise CheckpointError(
            f"{path}: expected a skeleton of {architecture.outputs} joints, found {joints}"
        )
    network = HeatmapCNN(architecture)
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found_shapes = {name: tuple(value.shape) for name, value in tensors.items()}
    if expected != found_shapes:
        odd = sorted(
            n for n in expected.keys() | found_shapes if expected.get(n) != found_shapes.get(n)
        )
        raise CheckpointError(
            f"{path}: {len(odd)} tensors do not fit the network, first {odd[0]}: expected "
            f"{expected.get(odd[0])}, found {found_shapes.get(odd[0])}"
        )
    broken = [n for n, v in tensors.items() if v.is_floating_point() and not v.isfinite().all()]
    if broken:
        raise CheckpointError(
            f"{path}: expected finite numbers, found NaN or infinity in {broken[0]}"
        )
    network.load_state_dict(tensors)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Checkpoint(network.eval(), skeleton, training, metrics, digest, calibration)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of any safetensors file, for initial weights.

    Raises:
        CheckpointError: If the file is missing or damaged.
    """
    return _read(path)[0]


def read_metadata(path: Path) -> dict[str, Any]:
    """Return what a weights file says of itself; empty for the file of another program.

    Raises:
        CheckpointError: If the file is missing or damaged.
    """
    with _opened(path) as file:
        text = (file.metadata() or {}).get("pedpose")
    if text is None:
        return {}
    try:
        metadata = json.loads(text)
    except ValueError as error:
        raise CheckpointError(f"{path}: damaged metadata: {error}") from error
    if not isinstance(metadata, dict):
        raise CheckpointError(f"{path}: damaged metadata: found {type(metadata).__name__}")
    return metadata


def _read(path: Path) -> tuple[dict[str, Tensor], str | None]:
    """Return the tensors and the pedpose metadata of a safetensors file."""
    with _opened(path) as file:
        metadata = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    return {
        n: t.float() if t.dtype in (torch.float16, torch.bfloat16) else t
        for n, t in tensors.items()
    }, metadata.get("pedpose")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a safetensors file; nothing of its tensors is read yet."""
    if not path.is_file():
        raise CheckpointError(f"{path}: expected a weights file, found no such file")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError) as error:
        with path.open("rb") as raw:
            start = raw.read(2)
        kind = "a pickle" if start in (b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05") else "no such"
        reason = (
            "a pickle or torch.save file, which could run code when loaded"
            if kind == "a pickle"
            else f"something else ({error})"
        )
        raise CheckpointError(f"{path}: expected a safetensors file, found {reason}") from error
