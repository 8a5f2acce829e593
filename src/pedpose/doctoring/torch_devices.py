"""The devices that PyTorch has here; imported where PyTorch may be waited for only."""

from __future__ import annotations

from typing import Any

import torch

from pedpose.runtime.device import bf16_supported
from pedpose.runtime.gpu import gpu_at_hand


def torch_devices() -> dict[str, Any]:
    """Return as plain data which devices there are, and why others are not."""
    built = torch.version.cuda or torch.version.hip
    gpus = []
    reason = ""
    if torch.cuda.is_available():
        gpus = [_gpu(number) for number in range(torch.cuda.device_count())]
    elif built is not None and gpu_at_hand():
        reason = _why_not()
    return {
        "torch": torch.__version__,
        "built_for": built,
        "gpu_at_hand": gpu_at_hand(),
        "gpus": gpus,
        "reason": reason,
        "mps": torch.backends.mps.is_available(),
        "cpu_bf16": bf16_supported(torch.device("cpu")),
    }


def _gpu(number: int) -> dict[str, Any]:
    facts = torch.cuda.get_device_properties(number)
    return {
        "name": facts.name,
        "memory_gib": round(facts.total_memory / 2**30, 1),
        "bf16": bf16_supported(torch.device("cuda", number)),
    }


def _why_not() -> str:
    """Return what PyTorch says when a GPU is asked for that it cannot use."""
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        return next(iter(str(error).splitlines()), "")
    return "it tells of no device"
