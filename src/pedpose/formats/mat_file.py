"""Read Matlab files (up to version 7), by SciPy where it is installed."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from pedpose.errors import ConfigError, DataError

_T = TypeVar("_T")


def read_mat(path: Path) -> dict[str, Any]:
    """Return the variables of a Matlab file; structs have their fields as attributes.

    Raises:
        ConfigError: If SciPy is not installed.
        DataError: If the file cannot be read.
    """
    return _read(path, lambda io: dict(io.loadmat(path, squeeze_me=True, struct_as_record=False)))


def variable_names(path: Path) -> list[str]:
    """Return the names of the variables in a Matlab file without reading them.

    Raises:
        ConfigError: If SciPy is not installed.
        DataError: If the file cannot be read.
    """
    return _read(path, lambda io: [name for name, _, _ in io.whosmat(path)])


def _read(path: Path, read: Callable[[ModuleType], _T]) -> _T:
    try:
        import scipy.io
        from scipy.io.matlab import MatReadError
    except ImportError as error:
        raise ConfigError(f"{path}: Matlab files need SciPy: pip install 'pedpose[mat]'") from error
    try:
        return read(scipy.io)
    except FileNotFoundError as error:
        raise DataError(f"{path}: expected a Matlab file, found no such file") from error
    except (
        *(MatReadError, OSError, ValueError, TypeError, KeyError, IndexError),
        *(NotImplementedError, OverflowError, MemoryError, zlib.error),
    ) as error:
        raise DataError(
            f"{path}: expected a Matlab file of version 7 or below, found: {error}"
        ) from error
