"""Open weights with PyTorch, for a processor."""

from __future__ import annotations

from pathlib import Path

import torch

from pedpose.errors import ConfigError
from pedpose.model.checkpoint import Checkpoint, load_checkpoint
from pedpose.runtime.device import bf16_supported, describe_device
from pedpose.runtime.runtime import NetworkInfo


def load_for(path: Path, device: torch.device, precision: str) -> tuple[Checkpoint, NetworkInfo]:
    """Read a weights file, and describe how it is going to be run.

    Args:
        path: A safetensors file.
        device: Where it is run.
        precision: What it is computed in, as :func:`torch_precision` gives it.

    Raises:
        CheckpointError: If it is missing, damaged or of another program.
    """
    checkpoint = load_checkpoint(path)
    runtime = f"torch {torch.__version__.partition('+')[0]} ({precision})"
    info = NetworkInfo(
        checkpoint.metadata, path, checkpoint.sha256 or "", describe_device(device), runtime
    )
    return checkpoint, info


def torch_precision(wanted: str, device: torch.device) -> str:
    """Return the precision to compute in: ``auto`` is bf16 where the hardware has it.

    Raises:
        ConfigError: If the device does not have the one that was asked for.
    """
    has_bf16 = bf16_supported(device)
    if wanted == "auto":
        return "bf16" if has_bf16 else "fp32"
    if wanted == "bf16" and not has_bf16:
        raise ConfigError(f"precision bf16: {describe_device(device)} does not have it")
    if wanted == "fp16" and device.type == "cpu":
        raise ConfigError("precision fp16: expected a GPU for it, found the runtime torch on a CPU")
    return wanted
