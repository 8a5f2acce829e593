"""A folder that one process writes into, and no second one at the same time."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pedpose.errors import ConfigError

LOCK_FILE = ".lock"

# What locking says where somebody else has the lock, and where a file system has no locks.
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder for the block, those on other machines included.

    The folder is made where it is missing. The system lets go of the lock however this process
    ends: what a killed one leaves, a hidden file, keeps nobody out. On a network share that has no
    locks nobody is kept out either.

    Raises:
        ConfigError: If another process is inside such a block.
        OSError: If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK_FILE
    descriptor = _take(path, folder)
    try:
        yield
    finally:
        # First the file, while no other process can have taken it; Windows removes no open file.
        if sys.platform != "win32":
            path.unlink(missing_ok=True)
        os.close(descriptor)


def _take(path: Path, folder: Path) -> int:
    """Return an open file that is locked, and still is the one at its path."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor)
            if os.fstat(descriptor).st_nlink:
                return descriptor
        except OSError as error:
            os.close(descriptor)
            if error.errno not in _TAKEN:
                raise
            raise ConfigError(
                f"{folder}: expected a folder that nobody else writes into, found another process "
                "that does; wait for its end, or choose another folder"
            ) from error
        os.close(descriptor)  # whoever had it has removed it just now


def _lock(descriptor: int) -> None:
    """Lock an open file, or do nothing where the file system has no locks.

    Raises:
        OSError: If another process has done so.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            # Not flock: loader processes would inherit that and keep it when this one is killed.
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
