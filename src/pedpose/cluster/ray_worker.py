"""What one worker of a cluster does: look at files, one after the other."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2

from pedpose import __version__
from pedpose.cluster.cluster_files import ClusterFile, fetched
from pedpose.cluster.outcome import PARQUET, Outcome
from pedpose.cluster.parts import Part, part_name
from pedpose.cluster.store import Store, scratch
from pedpose.errors import ConfigError, PedposeError
from pedpose.inference.detection import Detection, load_detector, whole_image
from pedpose.inference.settings import DetectSettings
from pedpose.reading.frame import End
from pedpose.reading.sources import Source

_WRITE_TRIES = 3
_WRITE_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """What all workers of a run are told.

    Attributes:
        version: Of pedpose where the run was started.
        out: Folder or address of the results.
        settings: How people are looked for.
        settings_hash: Hash of all that decides what is found.
        tries: How often a file is begun whose worker dies.
    """

    version: str
    out: str
    settings: DetectSettings
    settings_hash: str
    tries: int


class Worker:
    """Holds the networks on a node, and looks at one file after the other."""

    def __init__(self, order: WorkOrder, ledger: Any) -> None:
        """Load the networks.

        Args:
            order: What to do.
            ledger: Handle of the actor that holds a ``Ledger``.

        Raises:
            ConfigError: If another version of pedpose is installed here.
        """
        import ray

        if __version__ != order.version:
            raise ConfigError(f"expected pedpose {order.version}, found {__version__} on this node")
        self._order = order
        self._store = Store(order.out)
        self._answer = ray.get
        self._ledger = ledger
        with scratch() as folder:
            paths: dict[str, Path] = {}
            for name, content in ray.get(ledger.weights.remote()).items():
                (folder / name).write_bytes(content)
                if not name.endswith(".bin"):  # which belongs to the .xml of its name
                    paths[Path(name).stem] = folder / name
            self._detector = load_detector(order.settings, paths.get("joints"), paths.get("person"))

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Look at a file, unless that is done; return its outcome as plain data."""
        file = ClusterFile(**row)
        attempt, known = self._answer(self._ledger.begin.remote(file.source))
        outcome: Outcome = known or self._outcome(file, attempt)
        if known is None:
            outcome = self._answer(self._ledger.end.remote(outcome))
        return asdict(outcome)

    def _outcome(self, file: ClusterFile, attempt: int) -> Outcome:
        if attempt > self._order.tries:
            error = f"{file.source}: given up: {self._order.tries} workers died looking at it"
            return Outcome(file.source, file.name, error=error)
        with scratch() as folder:
            outcome = self._look_at(file, folder)
            # What is worth keeping is kept: also the beginning of a video that breaks off.
            if outcome.error is None or outcome.frames:
                self._put(file, folder / "people.parquet", outcome)
        return outcome

    def _look_at(self, file: ClusterFile, out: Path) -> Outcome:
        settings = replace(self._order.settings, out=out, kinds=PARQUET)
        known = whole_image if settings.known.whole_image else None
        try:
            with fetched(file) as source:
                detection = Detection(settings, [source], self._detector, known)
                done = detection(_Silent())
                # What was fetched lies in a temporary file whose name tells nobody anything.
                errors = [f["error"].replace(str(source.path), file.source) for f in done.failed]
        except (PedposeError, cv2.error, MemoryError, RuntimeError, ValueError) as problem:
            # One strange file must not end the run over all the others.
            told = isinstance(problem, PedposeError)
            error = str(problem) if told else f"{file.source}: {type(problem).__name__}: {problem}"
            return Outcome(file.source, file.name, error=error)
        totals = done.totals
        return Outcome(file.source, file.name, totals.frames, totals.people, *errors[:1])

    def _put(self, file: ClusterFile, written: Path, outcome: Outcome) -> None:
        """Write a part; a shared folder that is away for a moment is waited for.

        Raises:
            OSError: If it stays away.
        """
        part = Part(outcome, file.stamp, self._order.settings_hash)
        for attempt in range(1, _WRITE_TRIES + 1):
            try:
                self._store.put(part_name(file.source), written, part)
                return
            except OSError:
                if attempt == _WRITE_TRIES:
                    raise
                time.sleep(_WRITE_PAUSE_S * attempt)


class _Silent:
    """Tells nobody how it goes: where it was run is told of whole files only."""

    def source(self, source: Source, frames: int | None) -> None:
        """Begin a source."""

    def frame(self, source: Source, people: int) -> None:
        """Take the people of a frame."""

    def finished(self, source: Source, end: End) -> None:
        """End a source."""

    def idle(self) -> bool:
        """Never end a run early."""
        return False
