"""What the user names on the command line."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pedpose.errors import ConfigError, SourceError
from pedpose.reading.addresses import (
    SCHEMES,
    camera_number,
    scheme_of,
    stream_name,
    without_password,
)
from pedpose.reading.files import Match, find_files, is_picture
from pedpose.reading.natural_order import natural_key
from pedpose.reading.source_list import lines_of

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
        fps: Of a sequence its pictures a second.
    """

    path: Path
    kind: Kind
    name: str
    url: str = field(default="", repr=False)
    files: tuple[Path, ...] = field(default=(), repr=False)
    fps: float | None = None

    @property
    def label(self) -> str:
        """What to call it in messages and outputs: path or address, never with a password."""
        if self.kind != "stream":
            return str(self.path)
        return f"camera {self.url}" if self.url.isdigit() else without_password(self.url)

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


@dataclass(frozen=True, slots=True)
class _Found:
    """A source with the name it would like, and the one it takes where that would clash.

    Attributes:
        source: What was found; its name is still empty.
        short: The name without suffix.
        full: The name with suffix.
        alone: Whether it was named itself, not found in a folder or by a pattern.
        group: Name of the sequence that it would be part of.
    """

    source: Source
    short: str
    full: str
    alone: bool = False
    group: str = ""


def expand_sources(
    arguments: Sequence[str], exclude: Path | None = None, sequence_fps: float | None = None
) -> list[Source]:
    """Find what files, folders, patterns, cameras, addresses and lists stand for.

    Folders are searched recursively; hidden files and files of other types in them are skipped.
    The order is that of the arguments, sorted inside each of them; what is found twice counts
    once. ``0`` is a camera and ``@list.txt`` a list of sources (see ``lines_of``) unless there is
    a file of that name. Outputs of what a list names are called by the path from its folder.

    Args:
        arguments: Files, folders, patterns with ``*``, ``?``, ``[`` or ``**``, numbers of cameras
            or ``/dev/videoN``, addresses of streams, and lists of all these.
        exclude: The output folder. It is not searched, unless an argument lies in it.
        sequence_fps: Pictures a second. With it the pictures that lie in one folder are a
            sequence, in natural order, called by the folder; a picture is only a picture where it
            is the one that is named of its folder.

    Raises:
        SourceError: If an argument does not exist, has an unknown suffix, or stands for nothing.
        ConfigError: If the rate is not a number above 0.
    """
    if sequence_fps is not None and not (math.isfinite(sequence_fps) and sequence_fps > 0):
        raise ConfigError(f"sequence-fps: expected a number above 0, found {sequence_fps}")
    found: dict[object, _Found] = {}
    for argument in arguments:
        for one in _expand(argument, exclude):
            found.setdefault(_identity(one.source), one)
    chosen = list(found.values())
    if sequence_fps is not None:
        chosen = _join_pictures(chosen, sequence_fps)
    names = _unique_names([(one.short, one.full) for one in chosen])
    return [replace(one.source, name=name) for one, name in zip(chosen, names, strict=True)]


def _expand(argument: str, exclude: Path | None) -> Iterator[_Found]:
    """Yield what one argument stands for."""
    if not argument.startswith("@") or Path(argument).exists():
        yield from _expand_one(argument, exclude, None)
        return
    path = Path(argument[1:])
    for number, line in lines_of(path):
        try:
            yield from _expand_one(line, exclude, path.parent)
        except SourceError as error:
            raise SourceError(f"{path}:{number}: {error}") from error


def _expand_one(argument: str, exclude: Path | None, base: Path | None) -> Iterator[_Found]:
    """Yield what one argument stands for that is no list; base is the folder names count from."""
    scheme = scheme_of(argument)
    if scheme is not None and scheme not in SCHEMES:
        raise SourceError(
            f"{without_password(argument)}: expected an address that begins with one of "
            f"{' '.join(SCHEMES)}, found {scheme}"
        )
    if scheme is not None or (camera_number(argument) is not None and _is_camera(argument)):
        name = stream_name(argument)
        yield _Found(Source(Path(), "stream", "", url=argument), name, name)
        return
    for match in find_files(argument, exclude):
        root = base if base is not None and match.path.is_relative_to(base) else match.root
        relative = _relative(match.path, root)
        source = Source(match.path, "picture" if is_picture(match.path) else "video", "")
        yield _Found(
            source,
            relative.with_suffix("").as_posix(),
            relative.as_posix(),
            _is_named_itself(match, argument),
            _group_name(relative, match.path),
        )


def _is_camera(argument: str) -> bool:
    """Whether a number or device is meant as a camera: devices are always, numbers if no file."""
    return not argument.isdigit() or not Path(argument).exists()


def _is_named_itself(match: Match, argument: str) -> bool:
    """Whether an argument is the very file."""
    return match.path == Path(argument)


def _group_name(relative: Path, path: Path) -> str:
    """Return the name of the sequence that a picture would be part of: that of its folder."""
    if relative.parent.parts:
        return relative.parent.as_posix()
    return path.parent.resolve().name or "sequence"


def _identity(source: Source) -> object:
    """Return what two arguments for the same source have in common."""
    if source.kind != "stream":
        return source.path.resolve()
    number = camera_number(source.url)
    return source.url if number is None or sys.platform != "linux" else number


def _join_pictures(found: Sequence[_Found], fps: float) -> list[_Found]:
    """Make one sequence of the pictures of each folder, in the place of the first of them."""
    folders: dict[Path, list[_Found]] = {}
    for one in found:
        if one.source.kind == "picture":
            folders.setdefault(one.source.path.parent, []).append(one)
    joined: list[_Found] = []
    for one in found:
        if one.source.kind != "picture":
            joined.append(one)
            continue
        pictures = folders.pop(one.source.path.parent, None)
        if pictures is None:
            continue
        if len(pictures) == 1 and one.alone:
            joined.append(one)
            continue
        files = tuple(sorted((p.source.path for p in pictures), key=natural_key))
        source = Source(one.source.path.parent, "sequence", "", files=files, fps=fps)
        joined.append(_Found(source, one.group, one.group))
    return joined


def _relative(path: Path, root: Path) -> Path:
    """Return a path below the folder it was searched in, one that cannot lead out of it."""
    relative = path.relative_to(root)
    return Path(relative.name) if ".." in relative.parts else relative


def _unique_names(wishes: Sequence[tuple[str, str]]) -> list[str]:
    """Return a name for each pair of names; the longer and numbers only where names would clash."""
    shared = Counter(short.casefold() for short, _ in wishes)
    names: list[str] = []
    taken: set[str] = set()
    for short, full in wishes:
        wanted = short if shared[short.casefold()] == 1 else full
        name, number = wanted, 1
        while name.casefold() in taken:
            number += 1
            name = f"{wanted}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return names
