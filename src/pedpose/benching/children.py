"""Have processes of their own measure, and take what they answer."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pedpose.benching.job import Job, Opening
from pedpose.errors import CheckpointError, ConfigError, DataError, PedposeError, SourceError
from pedpose.own_process import Ended, run_python

_ERRORS: dict[str, type[PedposeError]] = {
    error.__name__: error for error in (CheckpointError, ConfigError, DataError, SourceError)
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a process has no answer.

    Attributes:
        reason: What to print.
        error: The error that it refused its job with; None where it broke off.
    """

    reason: str
    error: PedposeError | None = None


def run_job(job: Job) -> dict[str, Any] | Failure:
    """Have a job done in a process of its own; see :func:`pedpose.benching.measure.work`.

    An interruption ends the process.
    """
    ended = run_python(("-m", "pedpose.benching.measure"), job.to_json())
    last = ended.output.strip().rpartition("\n")[2]
    if ended.failed or not last.startswith("{"):
        return Failure(_reason(ended))
    answer: dict[str, Any] = json.loads(last)
    if "refused" in answer:
        return Failure(answer["message"], _ERRORS[answer["refused"]](answer["message"]))
    return answer


def cold_start(opening: Opening, picture: Path, out: Path) -> float | Failure:
    """Return the seconds from the start of ``pedpose detect`` for a picture to its results."""
    arguments = [
        *("detect", str(picture), "--out", str(out)),
        *("--runtime", opening.runtime, "--precision", opening.precision),
        *("--device", opening.device),
    ]
    if opening.weights is not None:
        arguments += ["--weights", opening.weights]
    if opening.person_weights is not None:
        arguments += ["--person-weights", opening.person_weights]
    if opening.batch is not None:
        arguments += ["--batch", str(opening.batch)]
    return _seconds(arguments)


def version_start() -> float | Failure:
    """Return the seconds that ``pedpose --version`` takes."""
    return _seconds(["--version"])


def _seconds(arguments: Sequence[str]) -> float | Failure:
    """Return how long ``pedpose`` takes with these arguments."""
    begin = time.perf_counter()
    ended = run_python(("-m", "pedpose", *arguments))
    seconds = time.perf_counter() - begin
    return Failure(_reason(ended)) if ended.failed else seconds


def _reason(ended: Ended) -> str:
    """Return how a process ended, and the last thing that it said."""
    return f"{ended.how}: {ended.said}" if ended.said else ended.how
