"""Disks that are full or can be read only, where the machine allows to mount them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted(folder: Path, size: str, read_only: bool = False) -> Iterator[Path]:
    """Mount a disk of a size, as ``64k``, at a new folder."""
    folder.mkdir()
    mount = shutil.which("mount")
    options = f"size={size}" + (",ro" if read_only else "")
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
    if mount is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("needs to be allowed to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def files_in(folder: Path) -> list[str]:
    """Return all files of a folder, hidden ones included."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
