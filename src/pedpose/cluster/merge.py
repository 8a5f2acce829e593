"""Join the results of several runs: what ``pedpose merge`` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pedpose.cluster.compatible import check_together
from pedpose.cluster.merge_coco import IMAGES, RESULTS, join_coco
from pedpose.cluster.merge_files import PER_SOURCE, copy_files, join_tables
from pedpose.cluster.run_account import RUN_FILE, RunAccount, read_account
from pedpose.cluster.whole_folder import refuse_used, whole_folder
from pedpose.errors import ConfigError, DataError
from pedpose.files import write_json

_TABLES = {"csv": "people.csv", "tracks": "tracks.csv"}

Join = Callable[[Sequence[RunAccount], Path], None]


@dataclass(frozen=True, slots=True)
class MergeTotals:
    """What has been joined.

    Attributes:
        runs: How many folders.
        sources: How many sources they are of.
        frames: Pictures, and frames of video.
        people: Whom was found in them.
        failed: The entries of ``failed.json``.
        interrupted: Whether one of the runs was ended by the user.
    """

    runs: int
    sources: int
    frames: int
    people: int
    failed: list[dict[str, Any]]
    interrupted: bool


def merge(folders: Sequence[Path], out: Path, partial: bool = False) -> MergeTotals:
    """Join folders of results into a new one, which appears whole or not at all.

    Args:
        folders: As runs with the same settings have written them; they are not changed.
        out: A new or empty folder.
        partial: Whether shards may be missing, or interrupted.

    Raises:
        ConfigError: If a folder is not of results, settings differ, parts are missing, or the
            folder for the results is not empty.
        DataError: If a source is in two folders, or a file is broken.
        OSError: If something cannot be read or written.
    """
    _check_folders(folders, out)
    runs = [read_account(folder) for folder in folders]
    check_together(runs, partial)
    runs.sort(key=_order)
    joins = {kind: _join(kind, runs) for kind in runs[0].kinds}
    with whole_folder(out) as folder:
        for join in joins.values():
            join(runs, folder)
        failed = [_failure(s) for run in runs for s in run.sources if s.get("error") is not None]
        if failed:
            write_json(folder / "failed.json", failed)
        write_json(folder / RUN_FILE, _joined_account(runs))
    return MergeTotals(
        runs=len(runs),
        sources=sum(len(run.sources) for run in runs),
        frames=_total(runs, "frames"),
        people=_total(runs, "people"),
        failed=failed,
        interrupted=any(run.interrupted for run in runs),
    )


def _check_folders(folders: Sequence[Path], out: Path) -> None:
    if len(folders) < 2:
        raise ConfigError(f"expected two folders of results or more, found {len(folders)}")
    taken: set[Path] = set()
    for folder in folders:
        real = folder.resolve()
        if real in taken:
            raise ConfigError(f"{folder}: expected each folder once, found it twice")
        if out.resolve() == real or out.resolve().is_relative_to(real):
            raise ConfigError(f"--out {out}: expected a folder of its own, found one of the inputs")
        taken.add(real)
    refuse_used(out)


def _order(run: RunAccount) -> tuple[int, str]:
    """Sort runs by shard, so that the order of the arguments decides nothing."""
    first = min((source["name"] for source in run.sources), default="")
    return (run.shard.number if run.shard else 0, first)


def _join(kind: str, runs: Sequence[RunAccount]) -> Join:
    """Return what joins the outputs of a kind, having made sure that they are there."""
    if kind in PER_SOURCE:
        return lambda runs, out: copy_files(kind, runs, out)
    if kind in _TABLES:
        _expect_files(runs, _TABLES[kind])
        return lambda runs, out: join_tables(_TABLES[kind], runs, out)
    if kind == "coco":
        _expect_files(runs, IMAGES, RESULTS)
        return join_coco
    if kind == "parquet":
        return _parquet(runs)
    raise ConfigError(f"{runs[0].folder / RUN_FILE}: kinds: no way is known to join {kind!r}")


def _parquet(runs: Sequence[RunAccount]) -> Join:
    try:
        from pedpose.cluster.merge_parquet import PEOPLE, join_parquet
    except ModuleNotFoundError as error:
        raise ConfigError(
            "Parquet needs pyarrow, which is not installed: pip install 'pedpose[parquet]'"
        ) from error
    _expect_files(runs, PEOPLE)
    return join_parquet


def _expect_files(runs: Sequence[RunAccount], *names: str) -> None:
    for run in runs:
        for name in names:
            if not (run.folder / name).is_file():
                raise DataError(
                    f"{run.folder}: expected {name}, as {RUN_FILE} says, found no such file"
                )


def _failure(source: Mapping[str, Any]) -> dict[str, Any]:
    return {name: source.get(name) for name in ("source", "error", "partial")}


def _joined_account(runs: Sequence[RunAccount]) -> dict[str, Any]:
    sources = [source for run in runs for source in run.sources]
    sources.sort(key=lambda source: PurePosixPath(source["name"]).parts)
    return {
        "header": {**runs[0].header, "shard": None},
        "sources": sources,
        "kinds": list(runs[0].kinds),
        "interrupted": any(run.interrupted for run in runs),
        "merged_from": [
            {
                "folder": str(run.folder),
                "shard": None if run.shard is None else str(run.shard),
                "device": run.header.get("device"),
                "sources": len(run.sources),
                "frames": _total([run], "frames"),
                "people": _total([run], "people"),
                "failed": sum(source.get("error") is not None for source in run.sources),
                "interrupted": run.interrupted,
            }
            for run in runs
        ],
    }


def _total(runs: Sequence[RunAccount], name: str) -> int:
    return sum(source[name] for run in runs for source in run.sources)
