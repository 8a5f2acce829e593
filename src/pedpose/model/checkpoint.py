"""Weights files: safetensors with JSON metadata.

Format: https://github.com/huggingface/safetensors. The metadata key ``pedpose`` holds one JSON
object, read as plain data; nothing in a file is ever executed or instantiated by name.
"""

from __future__ import annotations

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
from pedpose.errors import CheckpointError
from pedpose.files import sha256_of, write_bytes
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.metadata import KEY, Metadata, read_metadata_text
from pedpose.skeleton import Skeleton

# A zip archive, in which torch.save writes, and the protocols of bare pickles.
_PICKLE_STARTS = (b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A network and what is known about it.

    Attributes:
        network: Ready for use, in fp32, in eval mode.
        skeleton: Joints of a joint network; None for a person finder.
        training: How it was trained: plain data for people to read.
        metrics: What it reached on its validation data.
        sha256: Of the file, None for a network that is not in a file.
        calibration: Of a joint network, what its scores mean: ``joints`` of single joints and
            ``people`` of whole people; scores without an entry are taken as they are.
    """

    network: HeatmapCNN
    skeleton: Skeleton | None
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    sha256: str | None = None
    calibration: Mapping[str, Calibration] = field(default_factory=dict)

    @property
    def metadata(self) -> Metadata:
        """All but the network itself."""
        return Metadata(
            self.network.architecture,
            self.skeleton,
            self.training,
            self.metrics,
            self.calibration,
        )

    @property
    def joint_skeleton(self) -> Skeleton:
        """The skeleton of a joint network.

        Raises:
            CheckpointError: If it is a person finder.
        """
        return self.metadata.joint_skeleton


def save_checkpoint(path: Path, checkpoint: Checkpoint, half: bool = False) -> None:
    """Write a weights file atomically.

    Args:
        path: Where to; replaced if it exists.
        checkpoint: What to write.
        half: Whether to store the numbers in fp16, at half the size.
    """
    tensors = {}
    for name, value in checkpoint.network.state_dict().items():
        value = value.detach().cpu().contiguous()
        tensors[name] = value.half() if half and value.is_floating_point() else value
    write_bytes(path, save(tensors, {KEY: checkpoint.metadata.to_json()}))


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a weights file.

    Raises:
        CheckpointError: If the file is missing, damaged, of another program or version, or its
            tensors do not fit the network that it describes.
    """
    tensors, text = _read(path)
    metadata = read_metadata_text(text, path)
    network = HeatmapCNN(metadata.architecture)
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
    return Checkpoint(
        network.eval(),
        metadata.skeleton,
        metadata.training,
        metadata.metrics,
        sha256_of(path),
        metadata.calibration,
    )


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
        text = (file.metadata() or {}).get(KEY)
    if text is None:
        return {}
    try:
        metadata = json.loads(text)
    except (RecursionError, ValueError) as error:
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
    }, metadata.get(KEY)


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
        reason = f"something else ({error})"
        if start in _PICKLE_STARTS:
            reason = "a pickle or torch.save file, which could run code when loaded"
        raise CheckpointError(f"{path}: expected a safetensors file, found {reason}") from error
