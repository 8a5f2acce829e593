"""Files that are either complete or not there.

Everything is written to a temporary file beside its target, flushed to disk, and renamed at the
end. A run that breaks off therefore never leaves half a file under the name of a whole one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.tmp(\.\w+)?")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path in the folder of ``path`` and rename it to ``path`` at the end.

    The folder is made where it is missing. The temporary path has the suffix of ``path``, since
    some encoders choose the format by it. Where the block raises (an interruption by the user
    included) the temporary file is removed, and what was at ``path`` before stays.

    Raises:
        OSError: If the folder or the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp{path.suffix}")
    try:
        yield temporary
        _flush_to_disk(temporary)
        os.replace(temporary, path)
    except OSError as error:
        if error.errno is not None and error.filename is None:
            # An error of writing, as on a full disk, does not know its file.
            error.filename = str(path)
        name_target(error, temporary, path)
        raise
    finally:
        # A disk that can be read only refuses even to remove what is not there.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def name_target(error: OSError, temporary: Path, path: Path) -> None:
    """Let an error name what was to be written, not the temporary file or folder in its place."""
    for name in (error.filename, error.filename2):
        if str(name).startswith(str(temporary)):
            error.filename = str(path) + str(name).removeprefix(str(temporary))
            if error.filename2 is not None:
                del error.filename2  # where it was copied from


def check_writable(path: Path) -> None:
    """Make sure that a file can be written, before much time is spent on what it is to hold.

    Raises:
        OSError: If its folder cannot be made, or nothing can be written there.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        temporary.touch()
        temporary.unlink()
    except OSError as error:
        error.filename = str(path)
        raise


def is_file(path: Path) -> bool:
    """Tell whether a file is there; there is none of a name that is too long for one.

    Raises:
        OSError: If it cannot be told, as in a folder that must not be entered.
    """
    return _is(path.is_file)


def is_folder(path: Path) -> bool:
    """Tell whether a folder is there; there is none of a name that is too long for one.

    Raises:
        OSError: If it cannot be told, as in a folder that must not be entered.
    """
    return _is(path.is_dir)


def _is(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise


def remove_leftovers(folder: Path, below: bool = False) -> None:
    """Remove the temporary files that killed programs have left in a folder.

    Nobody else may be writing there.

    Args:
        folder: Where to look; it may be missing.
        below: Whether to look in all folders below it, too.
    """
    for path in folder.glob("**/.*.tmp*" if below else ".*.tmp*"):
        if _TEMPORARY.fullmatch(path.name):
            path.unlink(missing_ok=True)


@contextmanager
def atomic_text(path: Path) -> Iterator[TextIO]:
    r"""Open a UTF-8 text file for writing that appears at ``path`` once the block has ended.

    Lines end with ``\n`` on every system. What UTF-8 cannot hold, as the undecodable bytes of a
    file name, is written as an escape that JSON understands.

    Raises:
        OSError: If the folder or the file cannot be written.
    """
    with (
        atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        yield file


@contextmanager
def atomic_json_list(path: Path) -> Iterator[Callable[[Any], None]]:
    """Give a function that appends one item to the JSON list at ``path``, one item a line.

    Raises:
        OSError: If the folder or the file cannot be written.
    """
    with atomic_text(path) as file:
        separator = "[\n"

        def append(item: Any) -> None:
            nonlocal separator
            file.write(separator + to_json(item))
            separator = ",\n"

        yield append
        file.write("[]\n" if separator == "[\n" else "\n]\n")


def to_json(data: Any, indent: int | None = None) -> str:
    """Return data as strict JSON.

    Raises:
        ValueError: If a number is NaN or infinite, which JSON does not have.
    """
    return json.dumps(data, ensure_ascii=False, allow_nan=False, indent=indent)


def write_json(path: Path, data: Any, indent: int | None = 2) -> None:
    """Write data as strict JSON, atomically.

    Raises:
        OSError: If the file cannot be written.
        ValueError: If a number is NaN or infinite.
    """
    write_text(path, to_json(data, indent) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, atomically.

    Raises:
        OSError: If the file cannot be written.
    """
    with atomic_text(path) as file:
        file.write(text)


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes, atomically.

    Raises:
        OSError: If the file cannot be written.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def relative_path(path: Path, folder: Path) -> str:
    """Return the way from a folder to a file, with ``/`` between folders on every system.

    Folders that are links are followed, since ``..`` leads out of what they point to. The file
    keeps its name, be it a link or not.
    """
    real = path.absolute().parent.resolve() / path.name
    try:
        return Path(os.path.relpath(real, folder.resolve())).as_posix()
    except ValueError:  # on another drive of Windows
        return real.as_posix()


def name_within(path: Path, folder: Path) -> str:
    """Return the name of a file relative to a folder where it is inside, else its whole path.

    Folders are separated by ``/`` on every system.
    """
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        OSError: If the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush_to_disk(path: Path) -> None:
    """Wait until the disk has the file: a rename may otherwise reach it before the content."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
