"""Ask what may end a process in a process of its own.

A library that is broken raises what it likes, or takes the whole process with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_LONGEST_S = 60.0
# Without -P a file of the current folder could take the place of a library.
_PYTHON = (sys.executable, "-P")


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no answer.

    Attributes:
        reason: What to print.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended.

    Attributes:
        output: What it printed.
        reason: Why it failed; None where it did not.
    """

    output: str
    reason: str | None


def ask(trial: str, *words: str) -> dict[str, Any] | Failed:
    """Return the answer of a function of :mod:`pedpose.doctoring.trials`."""
    ended = run(["-m", "pedpose.doctoring.trials", trial, *words])
    if ended.reason is not None:
        return Failed(ended.reason)
    answer: dict[str, Any] = json.loads(ended.output.strip().rpartition("\n")[2])
    return Failed(answer["failed"]) if "failed" in answer else answer


def run(words: Sequence[str], longest_s: float = _LONGEST_S) -> Ended:
    """Run Python; it is ended where it takes longer than so many seconds."""
    with subprocess.Popen(  # noqa: S603 -- our own modules, and no shell
        [*_PYTHON, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            output, errors = process.communicate(timeout=longest_s)
        except subprocess.TimeoutExpired:
            process.kill()
            return Ended(process.communicate()[0], f"no answer within {longest_s:.0f} s")
        finally:
            process.kill()
    return Ended(output, _reason(process.returncode, errors))


def _reason(code: int, errors: str) -> str | None:
    """Return how a process failed: the last thing that it said, or its signal."""
    if code == 0:
        return None
    ended = f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return errors.strip().rpartition("\n")[2] or ended
