"""How many threads a network may use on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

_CGROUP = Path("/sys/fs/cgroup/cpu.max")


def cpu_threads() -> int:
    """Return the number of threads for work on the CPU.

    ``OMP_NUM_THREADS`` where it is set, as PyTorch has it; else one a physical core, but not more
    than this process may use: a container may be given a part of a machine only.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isascii() and asked.isdigit() and int(asked) > 0:
        return int(asked)
    limits = [psutil.cpu_count(logical=False) or 1, os.cpu_count() or 1]
    if hasattr(os, "sched_getaffinity"):
        limits.append(len(os.sched_getaffinity(0)))
    if (share := _cgroup_share(_CGROUP)) is not None:
        limits.append(share)
    return min(limits)


def _cgroup_share(file: Path) -> int | None:
    """Return the processors that a container's limit comes to; None where there is none.

    Format: ``QUOTA PERIOD`` in microseconds, or ``max PERIOD``
    (https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files).
    """
    try:
        quota, period = file.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else max(1, round(int(quota) / int(period)))
