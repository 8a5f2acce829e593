"""What a measurement was made on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from pedpose.runtime.threads import cpu_threads

_PACKAGES = (
    *("pedpose", "torch", "onnxruntime", "onnxruntime-gpu", "openvino"),
    *("numpy", "opencv-python", "pillow"),
)
_CPU_FILE = Path("/proc/cpuinfo")


def machine_facts() -> dict[str, Any]:
    """Return processor, memory, system and versions, without importing what is measured."""
    return {
        "processor": _processor(),
        "cores": psutil.cpu_count(logical=False),
        "logical_cores": psutil.cpu_count(),
        "threads": cpu_threads(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load": round(psutil.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": installed_versions(),
    }


def installed_versions() -> dict[str, str]:
    """Return the versions of the packages that matter, as far as they are installed."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _processor() -> str:
    """Return the name of the processor as its maker gives it."""
    if sys.platform == "linux":
        text = _CPU_FILE.read_text("utf-8", "replace") if _CPU_FILE.is_file() else ""
        found = re.search(r"^model name\s*:\s*(.+)$", text, re.M)
        if found is not None:
            return found[1].strip()
    if sys.platform == "darwin":
        asked = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"],
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.stdout.strip():
            return asked.stdout.strip()
    named = platform.processor() or os.environ.get("PROCESSOR_IDENTIFIER", "")
    return named or platform.machine()
