"""Whether there is a GPU, without waiting for PyTorch."""

from __future__ import annotations

import ctypes
import platform
import sys
from pathlib import Path

_AMD = Path("/dev/kfd")


def gpu_at_hand() -> bool:
    """Tell whether PyTorch might find a GPU here: of NVIDIA, of AMD, or of Apple.

    The driver is asked, which takes milliseconds where PyTorch takes seconds. It respects
    ``CUDA_VISIBLE_DEVICES``.
    """
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return _AMD.exists() or _nvidia_gpus() > 0


def _nvidia_gpus() -> int:
    """Return the number of GPUs that the CUDA driver tells of; 0 without a driver.

    https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__DEVICE.html
    """
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value
