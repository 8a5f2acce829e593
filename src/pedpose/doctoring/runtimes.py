"""Which runtimes find people here, and which one is taken by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pedpose.doctoring.children import Failed
from pedpose.doctoring.findings import Finding
from pedpose.runtime.choice import RUNTIMES

Answer = Mapping[str, Any] | Failed

_AREA = "detection"


def examine_runtimes(default: str | None, answers: Mapping[str, Answer]) -> Iterator[Finding]:
    """Tell how each runtime did on the picture of the package.

    Args:
        default: The runtime that is taken by default; None where that cannot be told.
        answers: Of each that is installed, the answer of its trial.
    """
    for runtime in sorted(RUNTIMES, key=lambda name: name != default):
        name = f"{runtime} (default)" if runtime == default else runtime
        if runtime not in answers:
            yield Finding(_AREA, name, "absent", "not installed")
            continue
        failure = _failure(answers[runtime])
        if failure is None:
            yield Finding(_AREA, name, "ok", _result(answers[runtime]))
        elif runtime == default:
            others = [each for each in answers if _failure(answers[each]) is None]
            advice = f"pedpose detect --runtime {others[0]} works" if others else ""
            yield Finding(_AREA, name, "failed", failure, advice)
        else:
            yield Finding(_AREA, name, "warning", failure)


def detects(answer: Answer | None) -> bool:
    """Tell whether a trial has found people."""
    return answer is not None and _failure(answer) is None


def _failure(answer: Answer) -> str | None:
    """Return why nobody was found; None where somebody was."""
    if isinstance(answer, Failed):
        return answer.reason
    if "refused" in answer:
        return str(answer["refused"])
    if answer["found"] == 0:
        return f"{answer['runtime']} found nobody where {answer['people']} people are"
    return None


def _result(answer: Answer) -> str:
    if isinstance(answer, Failed):
        return answer.reason
    return (
        f"{answer['runtime']} on {answer['device']}: found {answer['found']} of "
        f"{answer['people']} people in {answer['seconds'] * 1000:.0f} ms, the first time"
    )
