"""Whether the results of several runs may be joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pedpose.cluster.run_account import RUN_FILE, RunAccount
from pedpose.errors import ConfigError, DataError

_MAY_DIFFER = ("device", "runtime", "shard", "weights")
"""Entries of the header that do not decide what is found; weights are compared by content."""


def check_together(runs: Sequence[RunAccount], partial: bool) -> None:
    """Make sure that runs are parts of one: the same settings, nothing twice, nothing missing.

    Args:
        runs: In any order.
        partial: Whether parts may be missing, or were interrupted.

    Raises:
        ConfigError: If settings differ, or parts are missing.
        DataError: If a source is in two runs.
    """
    for other in runs[1:]:
        _check_same_settings(runs[0], other)
    _check_sources(runs)
    _check_shards(runs, partial)
    for run in runs:
        if run.interrupted and not partial:
            raise ConfigError(
                f"{run.folder / RUN_FILE}: expected a run that came to its end, found one that the "
                "user has interrupted; --partial joins what there is"
            )


def _check_same_settings(first: RunAccount, other: RunAccount) -> None:
    where = other.folder / RUN_FILE
    _check_equal(where, "kinds", first, sorted(first.kinds), sorted(other.kinds))
    expected, found = _hashes(first), _hashes(other)
    _check_equal(where, "header: weights (SHA-256)", first, expected, found)
    names = dict.fromkeys([*first.header, *other.header])
    for name in names:
        if name not in _MAY_DIFFER:
            a, b = first.header.get(name), other.header.get(name)
            _check_equal(where, f"header: {name}", first, a, b)


def _check_equal(where: object, entry: str, first: RunAccount, expected: Any, found: Any) -> None:
    if expected != found:
        raise ConfigError(
            f"{where}: {entry}: expected {expected!r:.200} as in {first.folder}, "
            f"found {found!r:.200}"
        )


def _hashes(run: RunAccount) -> list[str]:
    """Return the hashes of the weights: the same files may have other paths elsewhere."""
    weights = run.header.get("weights")
    if not isinstance(weights, Mapping) or not all(isinstance(h, str) for h in weights.values()):
        raise DataError(
            f"{run.folder / RUN_FILE}: header: weights: expected files and their SHA-256, "
            f"found {weights!r:.80}"
        )
    return sorted(weights.values())


def _check_sources(runs: Sequence[RunAccount]) -> None:
    """Names are compared as a file system does that ignores case: outputs are called by them."""
    taken: dict[str, RunAccount] = {}
    for run in runs:
        for source in run.sources:
            name = source["name"]
            before = taken.setdefault(name.casefold(), run)
            if before is not run:
                raise DataError(
                    f"{run.folder / RUN_FILE}: source {name}: expected each source in one folder, "
                    f"found it in {before.folder}, too"
                )
        names = {source["name"].casefold() for source in run.sources}
        if len(names) != len(run.sources):
            raise DataError(
                f"{run.folder / RUN_FILE}: expected each source once, found {len(run.sources)} "
                f"sources with {len(names)} names"
            )


def _check_shards(runs: Sequence[RunAccount], partial: bool) -> None:
    first = runs[0]
    taken: dict[int, RunAccount] = {}
    for run in runs:
        if (run.shard and run.shard.count) != (first.shard and first.shard.count):
            raise ConfigError(
                f"{run.folder / RUN_FILE}: header: shard: expected one of as many as in "
                f"{first.folder} ({first.shard}), found {run.shard}"
            )
        if run.shard is None:
            continue
        before = taken.setdefault(run.shard.number, run)
        if before is not run:
            raise ConfigError(
                f"{run.folder / RUN_FILE}: header: shard: expected each shard once, found "
                f"{run.shard} in {before.folder}, too"
            )
    count = first.shard.count if first.shard else 0
    missing = [number for number in range(1, count + 1) if number not in taken]
    if missing and not partial:
        raise ConfigError(
            f"expected the shards 1 to {count} of {count}, found {_list(sorted(taken))}; "
            f"missing: {_list(missing)}; --partial joins what there is"
        )


def _list(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:20]))
    return shown if len(numbers) <= 20 else f"{shown} and {len(numbers) - 20} more"
