"""Run processes of our own, and take what they answer."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pedpose.benching.job import Job, Opening
from pedpose.errors import CheckpointError, ConfigError, DataError, PedposeError, SourceError

_ERRORS: dict[str, type[PedposeError]] = {
    error.__name__: error for error in (CheckpointError, ConfigError, DataError, SourceError)
}
# Without -P a file of the current folder could take the place of a library.
_PYTHON = (sys.executable, "-P", "-m")


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
    done = _run(("pedpose.benching.measure",), job.to_json())
    last = done.stdout.strip().rpartition("\n")[2]
    if done.returncode != 0 or not last.startswith("{"):
        return Failure(_reason(done))
    answer: dict[str, Any] = json.loads(last)
    if "refused" in answer:
        return Failure(answer["message"], _ERRORS[answer["refused"]](answer["message"]))
    return answer


def cold_start(opening: Opening, picture: Path, out: Path) -> float | Failure:
    """Return the seconds from the start of ``pedpose detect`` for a picture to its results."""
    arguments = [
        *("pedpose", "detect", str(picture), "--out", str(out)),
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
    return _seconds(["pedpose", "--version"])


def _seconds(arguments: Sequence[str]) -> float | Failure:
    begin = time.perf_counter()
    done = _run(arguments)
    seconds = time.perf_counter() - begin
    return Failure(_reason(done)) if done.returncode != 0 else seconds


def _run(arguments: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python with arguments and an input; nothing of it goes on where that is interrupted."""
    command = [*_PYTHON, *arguments]
    with subprocess.Popen(  # noqa: S603 -- our own modules, and no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            output, errors = process.communicate(text)
        finally:
            # subprocess.run would not wait for it, and it would write where all is removed.
            process.kill()
            process.wait()
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """Return how a process ended, and the last thing that it said."""
    code = done.returncode
    ended = f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    said = done.stderr.strip().rpartition("\n")[2]
    return f"{ended}: {said}" if said else ended
