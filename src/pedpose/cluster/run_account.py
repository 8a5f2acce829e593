"""What a run has written of itself: ``run.json`` in its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pedpose.cluster.shard import Shard, parse_shard
from pedpose.errors import ConfigError, DataError

RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True)
class RunAccount:
    """The account of a run.

    Attributes:
        folder: Its results.
        header: Versions, weights and settings.
        sources: An entry a source, as the run has written it.
        kinds: What was written.
        interrupted: Whether sources may be missing because the user ended the run.
        shard: Which part of the sources it was, None for all.
    """

    folder: Path
    header: Mapping[str, Any]
    sources: tuple[Mapping[str, Any], ...]
    kinds: tuple[str, ...]
    interrupted: bool
    shard: Shard | None


def read_account(folder: Path) -> RunAccount:
    """Read what a run has written of itself.

    Raises:
        ConfigError: If the folder is not one, or is not a folder of results.
        DataError: If the file is broken.
    """
    path = folder / RUN_FILE
    if not folder.is_dir():
        raise ConfigError(f"{folder}: expected a folder of results, found no folder")
    if not path.is_file():
        raise ConfigError(
            f"{folder}: expected a folder of results with {RUN_FILE}, found none: the run has not "
            "come to its end, or the folder is of something else"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path}: expected JSON, found: {error}") from error
    header = _entry(path, content, "header", Mapping)
    sources = tuple(_entry(path, content, "sources", list))
    kinds = tuple(_entry(path, content, "kinds", list))
    for number, source in enumerate(sources, start=1):
        _check_source(path, f"sources, no. {number}", source)
    if not all(isinstance(kind, str) for kind in kinds):
        raise DataError(f"{path}: kinds: expected names, found {list(kinds)}")
    interrupted = _entry(path, content, "interrupted", bool)
    return RunAccount(folder, header, sources, kinds, interrupted, _shard(path, header))


def _entry(path: Path, content: Any, name: str, kind: type) -> Any:
    if not isinstance(content, Mapping) or not isinstance(content.get(name), kind):
        found = content.get(name) if isinstance(content, Mapping) else content
        raise DataError(f"{path}: {name}: expected {kind.__name__}, found {found!r:.80}")
    return content[name]


def _check_source(path: Path, where: str, source: Any) -> None:
    if not isinstance(source, Mapping):
        raise DataError(f"{path}: {where}: expected an object, found {source!r:.80}")
    for name in ("source", "name"):
        if not isinstance(source.get(name), str):
            raise DataError(f"{path}: {where}: {name}: expected text, found {source.get(name)!r}")
    for name in ("frames", "people"):
        count = source.get(name)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise DataError(f"{path}: {where}: {name}: expected a count, found {count!r}")
    # Names become paths: none may lead out of the folder.
    parts = PurePosixPath(source["name"]).parts
    if not parts or ".." in parts or source["name"].startswith("/") or "\\" in source["name"]:
        raise DataError(
            f"{path}: {where}: name: expected a relative path, found {source['name']!r}"
        )
    error = source.get("error")
    if error is not None and not isinstance(error, str):
        raise DataError(f"{path}: {where}: error: expected text or null, found {error!r}")


def _shard(path: Path, header: Mapping[str, Any]) -> Shard | None:
    text = header.get("shard")
    if text is None:
        return None
    try:
        return parse_shard(str(text))
    except ConfigError as error:
        raise DataError(f"{path}: header: {error}") from error
