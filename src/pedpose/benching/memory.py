"""The most memory that this process has held."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import psutil

_STATUS = Path("/proc/self/status")
_MIB = 2**20


def peak_mib() -> float:
    """Return the peak of the memory in RAM since the process began, in MiB.

    On Linux ``VmHWM`` is read: ``ru_maxrss`` begins with the peak of the process that has started
    this one (https://man7.org/linux/man-pages/man5/proc_pid_status.5.html).
    """
    if sys.platform == "win32":
        return float(psutil.Process().memory_info().peak_wset) / _MIB
    if sys.platform == "linux":
        found = re.search(r"^VmHWM:\s*(\d+) kB$", _STATUS.read_text("ascii", "replace"), re.M)
        if found is not None:
            return int(found[1]) / 1024
    import resource  # exists on Unix only

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (_MIB if sys.platform == "darwin" else 1024)


def gpu_peak_mib(device: str) -> float | None:
    """Return the peak of what PyTorch has reserved on a GPU; None where it runs on none."""
    torch = sys.modules.get("torch")
    if torch is None or not device.startswith("cuda"):
        return None
    return float(torch.cuda.max_memory_reserved()) / _MIB
