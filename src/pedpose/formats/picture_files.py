"""Find labelled pictures on disk and read their sizes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pedpose import pictures
from pedpose.data.faults import Faults
from pedpose.files import is_file
from pedpose.reading.files import is_picture


def pictures_below(folder: Path) -> list[Path]:
    """Return the pictures in a folder and its subfolders, sorted."""
    return sorted(path for path in folder.rglob("*") if is_picture(path) and path.is_file())


def find_picture(names: Iterable[str], folders: Iterable[Path]) -> Path | None:
    r"""Return the first of these names that is a file in one of the folders.

    A ``\`` in a name, as Windows writes it, is read as ``/``.
    """
    folders = tuple(folders)
    for name in names:
        for folder in folders:
            path = folder / name.replace("\\", "/")
            if name and is_file(path):
                return path
    return None


def upright_size(path: Path, where: str, faults: Faults) -> tuple[int, int] | None:
    """Return width and height of a picture as it is shown, turned by its EXIF orientation.

    Only the head of the file is read. A file that is no picture is noted as a fault.
    """
    try:
        with pictures.open_picture(path) as picture:
            return pictures.upright_size(picture)
    except (OSError, *pictures.DECODER_ERRORS) as error:
        faults.add(where, f"the readable picture {path}", str(error))
        return None


def checked_size(
    path: Path | None, name: str, stated: object, where: str, faults: Faults
) -> tuple[int, int] | None:
    """Return the size of a picture where it is the one that was labelled.

    Args:
        path: What :func:`find_picture` found.
        name: Of the picture in the label file.
        stated: (width, height) in the label file; None where it states none.
        where: The entry, for messages.
        faults: Takes a missing picture or another size.
    """
    if path is None:
        faults.add(where, f"the picture {name} on disk (give its folder by --images)", "no file")
        return None
    size = upright_size(path, where, faults)
    if size is not None and stated is not None and size != stated:
        faults.add(where, f"a picture of {stated} (width, height) as the labels state", size)
        return None
    return size
