"""What a look at an installation found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "absent", "warning", "failed"]
"""``absent`` is what can be done without; a ``warning`` takes away something that is there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        area: The part of the report it belongs to, such as ``video``.
        name: What was looked at, such as ``PyAV``.
        state: How it is.
        text: What was found.
        advice: What to type or do about it; empty where nothing is to be done.
    """

    area: str
    name: str
    state: State
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that was found.

    Attributes:
        findings: In the order of the report.
        detects: Whether the runtime that is taken by default has found people.
        weights_whole: Whether the weights of the package are those that were shipped.
    """

    findings: Sequence[Finding]
    detects: bool
    weights_whole: bool

    @property
    def works(self) -> bool:
        """Whether people can be found, with the weights that were shipped."""
        return self.detects and self.weights_whole

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "works": self.works,
            "detects": self.detects,
            "weights_whole": self.weights_whole,
            "findings": [asdict(finding) for finding in self.findings],
        }
