"""Find the pictures and videos that files, folders and patterns stand for."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pedpose.errors import SourceError

PICTURE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
VIDEO_SUFFIXES = (
    *(".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts"),
    *(".ts", ".webm", ".wmv"),
)

MOST_PIXELS = 2**27
"""Of one frame of a video, 16,384 x 8,192: a few bytes could ask for all memory else."""


@dataclass(frozen=True, slots=True)
class Match:
    """A file, and the folder it was searched in."""

    path: Path
    root: Path


def check_video_file(path: Path) -> None:
    """Make sure that there is something in a file before a decoder is asked.

    Raises:
        SourceError: If it is missing or empty.
    """
    if not path.is_file():
        raise SourceError(f"{path}: expected a video, found no such file")
    if path.stat().st_size == 0:
        raise SourceError(f"{path}: expected a video, found an empty file")


def too_large(width: int, height: int) -> str:
    """Return why a video is refused whose frames have more than :data:`MOST_PIXELS`."""
    return f"frames of {width} x {height} pixels, more than {MOST_PIXELS}"


def is_picture(path: Path) -> bool:
    """Whether a file has the suffix of a picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def find_files(argument: str, exclude: Path | None) -> list[Match]:
    """Return the pictures and videos that one argument stands for.

    Raises:
        SourceError: If it does not exist, has an unknown suffix, or stands for nothing.
    """
    path = Path(argument)
    if path.is_dir():
        walked = sorted(_walk(path))
        outputs = _excluded_below(path, exclude)
        files = [f for f in walked if _is_known(f) and not _lies_in(f, outputs)]
        if not files:
            raise SourceError(
                f"{argument}: expected a folder with pictures or video, found {len(walked)} files "
                f"and none to read ({_suffixes()})"
            )
        return [Match(file, path) for file in files]
    if path.exists():
        if not _is_known(path):
            raise SourceError(
                f"{argument}: expected a picture or video ({_suffixes()}), "
                f"found the suffix {path.suffix!r}"
            )
        return [Match(path, path.parent)]
    if glob.has_magic(argument):
        root = _glob_root(path)
        matches = [Path(match) for match in sorted(glob.glob(argument, recursive=True))]
        outputs = _excluded_below(root, exclude)
        files = [f for f in matches if f.is_file() and _is_known(f) and not _lies_in(f, outputs)]
        if not files:
            raise SourceError(
                f"{argument}: expected a pattern that matches pictures or video ({_suffixes()}), "
                f"found {len(matches)} matches and none to read"
            )
        return [Match(file, root) for file in files]
    raise SourceError(f"{argument}: expected a file, folder or pattern, found nothing there")


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, none that is hidden or in a hidden folder."""
    for parent, folders, files in os.walk(folder, onerror=_refuse_folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in files if not name.startswith("."))


def _refuse_folder(error: OSError) -> None:
    raise SourceError(f"{error.filename}: expected a folder that can be read, found: {error}")


def _glob_root(pattern: Path) -> Path:
    """Return the part of a pattern before its first component with a wildcard."""
    fixed = next(i for i, part in enumerate(pattern.parts) if glob.has_magic(part))
    return Path(*pattern.parts[:fixed])


def _excluded_below(root: Path, exclude: Path | None) -> Path | None:
    """Return the real path of the excluded folder; None where the search begins inside of it."""
    if exclude is None:
        return None
    exclude = exclude.resolve()
    return None if root.resolve().is_relative_to(exclude) else exclude


def _lies_in(path: Path, folder: Path | None) -> bool:
    """Whether a file, links followed, lies in a folder given by its real path."""
    return folder is not None and path.resolve().is_relative_to(folder)


def _is_known(path: Path) -> bool:
    """Whether a file has the suffix of a picture or video."""
    return path.suffix.lower() in PICTURE_SUFFIXES + VIDEO_SUFFIXES


def _suffixes() -> str:
    """Return the known suffixes, for messages."""
    return " ".join(PICTURE_SUFFIXES + VIDEO_SUFFIXES)
