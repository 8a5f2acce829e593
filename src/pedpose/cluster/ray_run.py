"""Look at files on a Ray cluster: what ``pedpose detect --ray`` does."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pedpose import __version__
from pedpose.cluster.outcome import PARQUET, Outcome
from pedpose.cluster.ray_session import check_nodes, ray_session
from pedpose.errors import ConfigError
from pedpose.inference.settings import DetectSettings

if TYPE_CHECKING:
    from pedpose.cluster.cluster_files import ClusterFile
    from pedpose.cluster.store import Store

_FOOTER_READERS = 16

Report = Callable[[Outcome, int], None]
"""Is told of each file that is done, and how many files there are."""


@dataclass(frozen=True, slots=True)
class RayRun:
    """A run over a cluster.

    Attributes:
        sources: Files, folders, patterns, addresses of object stores, and ``@lists`` of these.
        out: A folder that all nodes see, or an address of an object store.
        settings: How people are looked for; their folder is not used.
        address: ``local``, ``auto``, or ``HOST:PORT`` of a cluster.
        cpus: Processors of a worker, where no graphics card is used.
        tries: How often a file is begun whose worker dies.
    """

    sources: Sequence[str]
    out: str
    settings: DetectSettings
    address: str = "local"
    cpus: int = 1
    tries: int = 3

    def __post_init__(self) -> None:
        """Refuse numbers out of range, and what a cluster does not do."""
        for name in ("cpus", "tries"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name}: expected 1 or more, found {getattr(self, name)}")
        settings = self.settings
        drawn = settings.draws_heat or settings.shapes or settings.blur_faces
        if settings.kinds not in (None, PARQUET) or drawn:
            raise ConfigError(
                "--ray: writes Parquet only; no other --save, --heatmaps, --shape or --blur-faces"
            )
        if settings.known.boxes or settings.sequence_fps or settings.shard:
            raise ConfigError("--ray: does not go with --boxes, --sequence or --shard")


@dataclass(slots=True)
class RayTotals:
    """What a run over a cluster has done.

    Attributes:
        interrupted: Whether the user ended it early.
        sources: Files that are done, those of earlier starts included.
        skipped: Those that an earlier start had done.
        failed: Those that could not be read, or not to their end.
        frames: Pictures, and frames of video.
        people: Whom was found in them.
        failures: The entries of ``failed.json``.
    """

    interrupted: bool = False
    sources: int = 0
    skipped: int = 0
    failed: int = 0
    frames: int = 0
    people: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count a file."""
        self.sources += 1
        self.frames += outcome.frames
        self.people += outcome.people
        if outcome.error is not None:
            self.failed += 1
            failure = {"error": outcome.error, "partial": outcome.partial}
            self.failures.append({"source": outcome.source, **failure})


def detect_on_ray(run: RayRun, report: Report) -> RayTotals:
    """Look at all files on a cluster; those that an earlier start has done are left out.

    Each file becomes one table ``parts/NAME.parquet``, complete or not there, however often
    workers die. Files that cannot be read are listed in ``run.json`` and ``failed.json``, and are
    tried again by the next start. Ctrl-C ends the run; what is done stays. One run at a time may
    write into a folder.

    Raises:
        CheckpointError: If weights are not networks for their tasks.
        ConfigError: If Ray or pyarrow are not installed, the cluster does not fit, or the folder
            holds results of other settings or files.
        DataError: If there is a table in ``parts`` that is no part.
        SourceError: If a source stands for nothing.
        OSError: If results cannot be written.
    """
    try:
        from pedpose.cluster.cluster_files import find_files
        from pedpose.cluster.parts import settings_hash
        from pedpose.cluster.store import Store
    except ImportError as error:
        raise ConfigError(
            "--ray needs pyarrow, which is not installed: pip install 'pedpose[cluster]'"
        ) from error
    files = find_files(run.sources)
    header, weights = _read_weights(run.settings)
    store = Store(run.out)
    store.prepare()
    outcomes = _done(store, files, settings_hash(header))
    totals = RayTotals(skipped=len(outcomes))
    todo = [file for file in files if file.source not in outcomes]
    broken = "was not looked at"
    if todo:
        with ray_session(run.address) as ray, _marker(store) as marker:
            from pedpose.cluster.ray_work import work
            from pedpose.cluster.ray_worker import WorkOrder

            check_nodes(ray, marker)
            order = WorkOrder(
                version=__version__,
                out=run.out if store.folder is None else str(store.folder),
                settings=run.settings,
                settings_hash=settings_hash(header),
                tries=run.tries,
            )
            try:
                for outcome in work(ray, order, todo, weights, run.cpus):
                    outcomes[outcome.source] = outcome
                    report(outcome, len(files))
            except KeyboardInterrupt:
                totals.interrupted = True
            except ray.exceptions.RayError as error:
                broken = f"was not looked at, since the cluster failed: {_cause(error)}"
        store.prepare()
    if not totals.interrupted:
        for file in files:
            lost = Outcome(file.source, file.name, error=f"{file.source}: {broken}")
            outcomes.setdefault(file.source, lost)
    for file in files:
        if file.source in outcomes:
            totals.add(outcomes[file.source])
    _write_account(store, header, files, outcomes, totals)
    return totals


def _read_weights(settings: DetectSettings) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what decides what is found, and the contents of the weights files that were given.

    Those of the package are on each node, in the form for its runtime. The networks are opened
    here, too: what is wrong with them is said before a cluster is asked.
    """
    from pedpose.inference.detection import Detection, load_detector

    here = replace(settings, wanted=replace(settings.wanted, device="cpu"))
    detector = load_detector(here, settings.weights, settings.person_weights)
    weights = {}
    for task, path in (("joints", settings.weights), ("person", settings.person_weights)):
        if path is not None:
            weights[f"{task}{path.suffix}"] = path.read_bytes()
            if path.suffix == ".xml":
                weights[f"{task}.bin"] = path.with_suffix(".bin").read_bytes()
    header = Detection(settings, (), detector, None).header()
    return {**header, "device": None, "runtime": None}, weights


def _done(store: Store, files: Sequence[ClusterFile], settings: str) -> dict[str, Outcome]:
    """Return what earlier starts have done of these files, by source.

    A part is made again where its file has changed since, or could not be read to its end.

    Raises:
        ConfigError: If there are results of other settings, or of files that are not looked at.
    """
    from pedpose.cluster.parts import part_name

    by_name = {part_name(file.source): file for file in files}
    names = sorted(store.names())
    with ThreadPoolExecutor(_FOOTER_READERS) as pool:
        parts = list(pool.map(store.read, names))
    done: dict[str, Outcome] = {}
    for name, part in zip(names, parts, strict=True):
        if part.settings != settings:
            raise ConfigError(
                f"{name}.parquet: expected results of the same pedpose, weights and settings in "
                "the folder, found others; take another folder"
            )
        file = by_name.get(name)
        if file is None:
            raise ConfigError(
                f"{name}.parquet: expected results of the files of this run in the folder, found "
                f"those of {part.outcome.source}; take another folder"
            )
        if part.outcome.error is None and part.stamp == file.stamp:
            done[file.source] = replace(part.outcome, name=file.name)
    return done


@contextmanager
def _marker(store: Store) -> Iterator[Path | None]:
    """Give a file by which nodes can tell that they see the folder; None for an object store."""
    if store.folder is None:
        yield None
        return
    path = store.folder / f".{secrets.token_hex(8)}.tmp"
    path.touch()
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _cause(error: BaseException) -> str:
    """Return the last line of an error of Ray, which holds the trace of the node before it."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__


def _write_account(
    store: Store,
    header: Mapping[str, Any],
    files: Sequence[ClusterFile],
    outcomes: Mapping[str, Outcome],
    totals: RayTotals,
) -> None:
    """Write ``run.json`` and ``failed.json``, as a run on one machine does."""
    from pedpose.cluster.parts import PARTS, part_name

    parts = store.names()
    sources = []
    for file in files:
        outcome = outcomes.get(file.source)
        if outcome is not None:
            part = part_name(file.source)
            sources.append(
                {
                    "source": file.source,
                    "name": file.name,
                    "frames": outcome.frames,
                    "people": outcome.people,
                    "error": outcome.error,
                    "partial": outcome.partial,
                    "part": f"{PARTS}/{part}.parquet" if part in parts else None,
                }
            )
    account = {
        "header": header,
        "sources": sources,
        "kinds": [PARTS],
        "interrupted": totals.interrupted,
    }
    store.remove("failed.json")
    if totals.failures:
        store.write_json("failed.json", totals.failures)
    store.write_json("run.json", account)
