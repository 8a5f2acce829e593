"""The files that a cluster looks at, in folders that all nodes see and in object stores."""

from __future__ import annotations

import fnmatch
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pyarrow import fs

from pedpose.cluster.object_store import open_store
from pedpose.errors import ConfigError, SourceError
from pedpose.reading.addresses import SCHEMES, scheme_of, without_password
from pedpose.reading.files import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from pedpose.reading.source_list import lines_of
from pedpose.reading.sources import Source, expand_sources

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class ClusterFile:
    """A picture or video that any node can fetch.

    Attributes:
        source: What it is called: its absolute path, or its address without password.
        name: Its name, different for each file of a run.
        kind: What it is.
        stamp: Its size and time of change: another one means another content.
        address: Of a file in an object store where it is fetched from; else empty.
    """

    source: str
    name: str
    kind: Literal["picture", "video"]
    stamp: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class FetchedSource(Source):
    """A source that is called by its address while it lies in a temporary file.

    Attributes:
        origin: What it is called where it came from.
    """

    origin: str = ""

    @property
    def label(self) -> str:
        """What to call it in messages and outputs."""
        return self.origin


def find_files(arguments: Sequence[str]) -> list[ClusterFile]:
    """Find the files that paths, addresses, folders, patterns and ``@lists`` stand for.

    Args:
        arguments: As for :func:`expand_sources`; also addresses of object stores, as
            ``s3://bucket/folder`` or ``gs://bucket/*.mp4``, which lists may hold, too.

    Raises:
        ConfigError: If a source is a stream, a camera or a sequence.
        SourceError: If an argument stands for nothing.
    """
    plain: list[str] = []
    found: dict[str, ClusterFile] = {}
    for argument in _without_lists(arguments):
        if _is_remote(argument):
            found.update((file.source, file) for file in _find_remote(argument))
        else:
            plain.append(argument)
    local = [_local(source) for source in expand_sources(plain)] if plain else []
    taken = {file.name.casefold() for file in local}
    return local + [_renamed(file, taken) for file in found.values()]


@contextmanager
def fetched(file: ClusterFile) -> Iterator[Source]:
    """Give a file as a source on this machine; what comes from a store is removed at the end.

    Raises:
        SourceError: If it cannot be fetched.
    """
    if not file.address:
        yield Source(Path(file.source), file.kind, file.name)
        return
    with tempfile.TemporaryDirectory(prefix="pedpose-") as folder:
        path = Path(folder, PurePosixPath(file.source).name)
        store, key = open_store(file.address)
        try:
            with store.open_input_stream(key) as remote, path.open("wb") as local:
                shutil.copyfileobj(remote, local, 2**20)
        except OSError as error:
            raise SourceError(f"{file.source}: cannot be fetched: {error}") from error
        yield FetchedSource(path, file.kind, file.name, origin=file.source)


def _without_lists(arguments: Sequence[str]) -> Iterator[str]:
    """Yield arguments, and the lines of lists that hold addresses of object stores."""
    for argument in arguments:
        if argument.startswith("@") and not Path(argument).exists():
            lines = [line for _, line in lines_of(Path(argument[1:]))]
            if any(map(_is_remote, lines)):
                yield from lines
                continue
        yield argument


def _is_remote(argument: str) -> bool:
    return scheme_of(argument) not in (None, *SCHEMES)


def _local(source: Source) -> ClusterFile:
    if source.kind not in ("picture", "video"):
        raise ConfigError(
            f"{source.label}: a cluster looks at pictures and videos, found a {source.kind}"
        )
    kind: Literal["picture", "video"] = "picture" if source.kind == "picture" else "video"
    path = source.path.absolute()
    stat = path.stat()
    return ClusterFile(str(path), source.name, kind, f"{stat.st_size} {stat.st_mtime_ns}")


def _renamed(file: ClusterFile, taken: set[str]) -> ClusterFile:
    """Give a file of a store a name that is free."""
    name, number = file.name, 1
    while name.casefold() in taken:
        number += 1
        name = f"{file.name}_{number}"
    taken.add(name.casefold())
    return replace(file, name=name)


def _find_remote(address: str) -> list[ClusterFile]:
    """Return the files of an object store that an address, folder or pattern stands for."""
    label = without_password(address)
    scheme, _, rest = address.partition("://")
    parts = rest.rstrip("/").split("/")
    wild = next((i for i, part in enumerate(parts) if _WILD & set(part)), len(parts))
    root = f"{scheme}://{'/'.join(parts[:wild])}"
    store, base = open_store(root)
    try:
        info = store.get_file_info(base)
        if info.type == fs.FileType.File:
            infos = [info]
        else:
            infos = store.get_file_info(fs.FileSelector(base, recursive=True))
    except OSError as error:
        raise SourceError(f"{label}: cannot be listed: {error}") from error
    alone = info.type == fs.FileType.File
    files = []
    for info in sorted(infos, key=lambda info: info.path.split("/")):
        below = PurePosixPath(info.path).name if alone else info.path[len(base) :].lstrip("/")
        if not _is_wanted(info, below) or not _matches(below.split("/"), parts[wild:]):
            continue
        place = root if alone else f"{root}/{below}"
        kind: Literal["picture", "video"] = (
            "picture" if _suffix(below) in PICTURE_SUFFIXES else "video"
        )
        name = str(PurePosixPath(below).with_suffix(""))
        stamp = f"{info.size} {info.mtime_ns}"
        files.append(ClusterFile(without_password(place), name, kind, stamp, place))
    if not files:
        raise SourceError(
            f"{label}: expected pictures or video, found {len(infos)} entries and none to read"
        )
    return files


def _is_wanted(info: Any, below: str) -> bool:
    hidden = any(part.startswith(".") for part in below.split("/"))
    known = _suffix(below) in PICTURE_SUFFIXES + VIDEO_SUFFIXES
    return info.type == fs.FileType.File and known and not hidden


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the parts of a path fit those of a pattern; ``**`` is any number of folders."""
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(_matches(parts[i:], pattern[1:]) for i in range(len(parts) + 1))
    first = bool(parts) and fnmatch.fnmatchcase(parts[0], pattern[0])
    return first and (_matches(parts[1:], pattern[1:]) if len(pattern) > 1 else len(parts) == 1)


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower()
