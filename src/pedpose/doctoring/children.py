"""Ask what may end a process in a process of its own.

A library that is broken raises what it likes, or takes the whole process with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pedpose.own_process import Ended, run_python

LONGEST_S = 60.0
"""Seconds after which a process is given up."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no answer.

    Attributes:
        reason: What to print.
    """

    reason: str


def ask(trial: str) -> dict[str, Any] | Failed:
    """Return the answer of a function of :mod:`pedpose.doctoring.trials`."""
    ended = run_python(["-m", "pedpose.doctoring.trials", trial], longest_s=LONGEST_S)
    if ended.failed:
        return Failed(reason_of(ended))
    answer: dict[str, Any] = json.loads(ended.output.strip().rpartition("\n")[2])
    return Failed(answer["failed"]) if "failed" in answer else answer


def reason_of(ended: Ended) -> str:
    """Return why a process failed: the last thing that it said, or how it ended."""
    return ended.said or ended.how
