"""Where converted files go: nothing is overwritten, nothing is left half done."""

from __future__ import annotations

import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pedpose.errors import ConfigError, DataError
from pedpose.files import name_target
from pedpose.formats.labelled import LabelledPicture


def refuse_existing(paths: Sequence[Path]) -> None:
    """Refuse to write over something.

    Raises:
        ConfigError: If one of the paths is there, except as an empty folder.
    """
    for path in paths:
        if path.is_dir() and not any(path.iterdir()):
            continue
        if path.exists():
            raise ConfigError(f"--out: {path} is there already: remove it or choose another place")


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path`` that takes its place at the end.

    Where the block raises, the temporary folder is removed. ``path`` may be there as an empty
    folder.

    Raises:
        OSError: If the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        temporary.mkdir()
        yield temporary
        if path.is_dir():
            path.rmdir()
        temporary.rename(path)
    except OSError as error:
        name_target(error, temporary, path)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def picture_names(pictures: Sequence[LabelledPicture]) -> tuple[list[str], int]:
    """Return a file name for the copy of each picture, and how many had to be changed.

    Names differ without their suffix and without regard to capitals, since label files have the
    same name with another suffix and some disks know no capitals. A name that is taken gets a
    number: ``a.jpg``, ``a_2.jpg``.
    """
    taken = Counter(picture.path.stem.casefold() for picture in pictures)
    used: set[str] = set()
    names = []
    for picture in pictures:
        stem, number = picture.path.stem, 1
        while stem.casefold() in used or (number > 1 and stem.casefold() in taken):
            number += 1
            stem = f"{picture.path.stem}_{number}"
        used.add(stem.casefold())
        names.append(stem + picture.path.suffix)
    changed = sum(name != picture.path.name for name, picture in zip(names, pictures, strict=True))
    return names, changed


def copy_pictures(pictures: Sequence[LabelledPicture], names: Sequence[str], folder: Path) -> None:
    """Copy pictures into a folder.

    Raises:
        DataError: If a picture cannot be read.
        OSError: If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for picture, name in zip(pictures, names, strict=True):
        if not picture.path.exists():
            raise DataError(f"{picture.path}: expected a readable picture, found no such file")
        if not os.access(picture.path, os.R_OK):
            raise DataError(f"{picture.path}: expected a readable picture, found no permission")
        shutil.copyfile(picture.path, folder / name)
