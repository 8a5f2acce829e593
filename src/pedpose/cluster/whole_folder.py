"""Folders that are either complete or not there."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pedpose.errors import ConfigError
from pedpose.files import name_target


def refuse_used(out: Path) -> None:
    """Make sure that a folder for results is new, or empty.

    Raises:
        ConfigError: If there is something in it, or it is a file.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        found = "files in it" if out.is_dir() else "a file"
        raise ConfigError(f"{out}: expected a new or empty folder for the results, found {found}")


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path`` that is renamed to ``path`` at the end.

    Where the block raises (an interruption by the user included) it is removed.

    Raises:
        OSError: If it cannot be made or renamed, as where ``path`` is not empty by then.
    """
    path.absolute().parent.mkdir(parents=True, exist_ok=True)
    temporary = path.absolute().with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        temporary.mkdir()
        yield temporary
        if path.is_dir():
            path.rmdir()  # Windows renames to no name that is taken; only an empty folder goes.
        os.rename(temporary, path)
    except OSError as error:
        name_target(error, temporary, path)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
