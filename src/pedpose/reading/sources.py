"""What the user names on the command line, and the frames that come out of it."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pedpose.errors import SourceError

PICTURE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
VIDEO_SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv")

Kind = Literal["picture", "video", "sequence", "stream"]


@dataclass(frozen=True, slots=True)
class Source:
    """A picture, a video, a sequence of pictures, or a camera or stream to look at.

    Attributes:
        path: Where it is; of a sequence the folder of its pictures, of a camera or stream empty.
        kind: What it is; a camera is a stream, too.
        name: Name of its outputs: relative, with ``/`` between folders, without output suffix,
            and different for each source of a run even where a file system ignores case.
        url: Of a stream its address, which may hold a password; of a camera its number or device.
        files: The pictures of a sequence, in order.
    """

    path: Path
    kind: Kind
    name: str
    url: str = ""
    files: tuple[Path, ...] = ()

    @property
    def label(self) -> str:
        """What to call it in messages and outputs: path or address, never with a password."""
        return without_password(self.url) if self.kind == "stream" else str(self.path)

    @property
    def moving(self) -> bool:
        """Whether it has many frames, with times."""
        return self.kind != "picture"

    @property
    def file_name(self) -> str:
        """The path below the folder that was searched, with its suffix and ``/`` in it."""
        if self.kind == "stream":
            return self.name
        depth = self.name.count("/") + 1
        return "/".join(self.path.parts[-depth:])


def without_password(url: str) -> str:
    """Return the address of a stream without user and password."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"


def expand_sources(arguments: Sequence[str], exclude: Path | None = None) -> list[Source]:
    """Find the pictures and videos that files, folders and glob patterns stand for.

    Folders are searched recursively; hidden files and files of other types in them are skipped.
    The order is that of the arguments, sorted inside each of them; what is found twice counts
    once.

    Args:
        arguments: Files, folders, and patterns with ``*``, ``?``, ``[`` or ``**``.
        exclude: The output folder. It is not searched, unless an argument lies in it.

    Raises:
        SourceError: If an argument does not exist, has an unknown suffix, or stands for nothing.
    """
    found: dict[Path, tuple[Path, Path]] = {}
    for argument in arguments:
        for path, root in _expand(argument, exclude):
            found.setdefault(path.resolve(), (path, root))
    relative = [_relative(path, root) for path, root in found.values()]
    return [
        Source(path, _kind(path), name)
        for (path, _), name in zip(found.values(), _unique_names(relative), strict=True)
    ]


def _expand(argument: str, exclude: Path | None) -> list[tuple[Path, Path]]:
    """Return the files that one argument stands for, each with the folder it was searched in."""
    path = Path(argument)
    if path.is_dir():
        walked = sorted(_walk(path))
        files = [f for f in walked if _is_known(f) and not _is_excluded(f, path, exclude)]
        if not files:
            raise SourceError(
                f"{argument}: expected a folder with pictures or video, found {len(walked)} files "
                f"and none to read ({_suffixes()})"
            )
        return [(file, path) for file in files]
    if path.exists():
        if not _is_known(path):
            raise SourceError(
                f"{argument}: expected a picture or video ({_suffixes()}), "
                f"found the suffix {path.suffix!r}"
            )
        return [(path, path.parent)]
    if glob.has_magic(argument):
        root = _glob_root(path)
        matches = [Path(match) for match in sorted(glob.glob(argument, recursive=True))]
        files = [
            f
            for f in matches
            if f.is_file() and _is_known(f) and not _is_excluded(f, root, exclude)
        ]
        if not files:
            raise SourceError(
                f"{argument}: expected a pattern that matches pictures or video ({_suffixes()}), "
                f"found {len(matches)} matches and none to read"
            )
        return [(file, root) for file in files]
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


def _is_excluded(path: Path, root: Path, exclude: Path | None) -> bool:
    """Whether a file lies in the excluded folder and the search did not begin there."""
    if exclude is None:
        return False
    exclude = exclude.resolve()
    return path.resolve().is_relative_to(exclude) and not root.resolve().is_relative_to(exclude)


def _relative(path: Path, root: Path) -> Path:
    """Return a path below the folder it was searched in, one that cannot lead out of it."""
    relative = path.relative_to(root)
    return Path(relative.name) if ".." in relative.parts else relative


def _unique_names(paths: Sequence[Path]) -> list[str]:
    """Return a name for each path; suffixes and numbers only where names would clash."""
    short = [path.with_suffix("").as_posix() for path in paths]
    shared = Counter(name.casefold() for name in short)
    names: list[str] = []
    taken: set[str] = set()
    for path, base in zip(paths, short, strict=True):
        wanted = base if shared[base.casefold()] == 1 else path.as_posix()
        name, number = wanted, 1
        while name.casefold() in taken:
            number += 1
            name = f"{wanted}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _kind(path: Path) -> Kind:
    """Return what a file with a known suffix is."""
    return "picture" if path.suffix.lower() in PICTURE_SUFFIXES else "video"


def _is_known(path: Path) -> bool:
    """Whether a file has the suffix of a picture or video."""
    return path.suffix.lower() in PICTURE_SUFFIXES + VIDEO_SUFFIXES


def _suffixes() -> str:
    """Return the known suffixes, for messages."""
    return " ".join(PICTURE_SUFFIXES + VIDEO_SUFFIXES)
