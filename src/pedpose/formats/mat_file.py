"""Read Matlab files (up to version 7), by SciPy where it is installed.

SciPy's reader is native code, which some damaged files crash. So it runs in a process of its own,
whose end is told as any other fault of the file.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pedpose.errors import ConfigError, DataError

# Without -P a file of the current folder could take the place of a library.
_CHILD = (sys.executable, "-P", "-m", "pedpose.formats.mat_child")
_LONGEST_REASON = 200


def read_mat(path: Path) -> dict[str, Any]:
    """Return the variables of a Matlab file; structs have their fields as attributes.

    Raises:
        ConfigError: If SciPy is not installed.
        DataError: If the file cannot be read.
    """
    content: dict[str, Any] = _read(path)
    return content


def variable_names(path: Path) -> list[str]:
    """Return the names of the variables in a Matlab file without reading them.

    Raises:
        ConfigError: If SciPy is not installed.
        DataError: If the file cannot be read.
    """
    names: list[str] = _read(path, "names")
    return names


def _read(path: Path, *options: str) -> Any:
    if find_spec("scipy") is None:
        raise ConfigError(f"{path}: Matlab files need SciPy: pip install 'pedpose[mat]'")
    if not path.is_file():
        raise DataError(f"{path}: expected a Matlab file, found no such file")
    command = [*_CHILD, str(path.absolute()), *options]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  (our own)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1] if said and done.returncode > 0 else f"it stops SciPy ({done.returncode})"
        raise DataError(
            f"{path}: expected a Matlab file of version 7 or below, found: "
            f"{reason[:_LONGEST_REASON]}"
        )
    return pickle.loads(done.stdout)  # noqa: S301  (written by our own process)
