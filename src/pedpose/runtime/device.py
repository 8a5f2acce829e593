"""Which device a network runs on, and in which precision."""

from __future__ import annotations

import torch

from pedpose.errors import ConfigError
from pedpose.runtime.choice import PRECISIONS, check_device


def resolve_device(name: str) -> torch.device:
    """Return the device of a name; ``auto`` is the first of cuda, mps and cpu that is there.

    Raises:
        ConfigError: If it is no name of a device, or the device does not exist on this machine:
            never silently another one.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    check_device(name)
    kind, _, number = name.partition(":")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise ConfigError(f"device {name}: found {torch.cuda.device_count()} CUDA devices")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise ConfigError("device mps: not available on this machine")
    return torch.device(name)


def describe_device(device: torch.device) -> str:
    """Return what to print of a device, such as ``cpu (2 threads)``."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    if device.type == "cpu":
        return f"cpu ({torch.get_num_threads()} threads)"
    return str(device)


def autocast_type(precision: str) -> torch.dtype | None:
    """Return the type that a precision computes in, None for plain fp32.

    Raises:
        ConfigError: If there is no such precision.
    """
    if precision not in PRECISIONS:
        raise ConfigError(
            f"precision: expected one of {', '.join(PRECISIONS)}, found {precision!r}"
        )
    return {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]


def bf16_supported(device: torch.device) -> bool:
    """Tell whether a device computes in bf16 itself; where that is emulated it saves no time."""
    if device.type == "cuda":
        with torch.cuda.device(device):  # what is asked about is the current one
            return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    if hasattr(torch.cpu, "get_capabilities"):
        known = torch.cpu.get_capabilities()
        return bool(known.get("avx512_bf16") or known.get("amx_bf16"))
    # Older versions of PyTorch can only tell whether oneDNN would take it.
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
