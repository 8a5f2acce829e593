"""What a check found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pedpose.checking.codes import CODES, Severity

Section = Literal["file", "images", "annotations"]

_MOST_ITEMS = 12
_MOST_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something was found.

    Attributes:
        section: The list that holds the entry, or ``file`` for the file as a whole.
        position: Of the entry in its list, from 0.
        image: Id of the image, where it has one.
        annotation: Id of the annotation, where it has one.
        joint: Name of the joint, or several with commas.
    """

    section: Section = "file"
    position: int | None = None
    image: int | None = None
    annotation: int | None = None
    joint: str | None = None

    def __str__(self) -> str:
        """Name the entry for people."""
        parts = []
        if self.image is not None:
            parts.append(f"image {self.image}")
        elif self.section == "images" and self.position is not None:
            parts.append(f"image no. {self.position + 1}")
        if self.annotation is not None:
            parts.append(f"annotation {self.annotation}")
        elif self.section == "annotations" and self.position is not None:
            parts.append(f"annotation no. {self.position + 1}")
        if self.joint is not None:
            parts.append(self.joint)
        return ", ".join(parts) or "file"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault.

    Attributes:
        code: Of the kind of fault, one of :data:`pedpose.checking.codes.CODES`.
        file: The annotation file.
        place: The entry in it.
        found: The value, as plain data of JSON.
        expected: What should be there.
    """

    code: str
    file: Path
    place: Place
    found: Any
    expected: str

    @property
    def severity(self) -> Severity:
        """``error`` or ``warning``."""
        return CODES[self.code][0]

    def __str__(self) -> str:
        """Say it to people."""
        return (
            f"{self.file}: {self.place}: expected {self.expected}, found {_for_people(self.found)}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "severity": self.severity,
            "code": self.code,
            "file": str(self.file),
            "image": self.place.image,
            "annotation": self.place.annotation,
            "joint": self.place.joint,
            "entry": None
            if self.place.position is None
            else f"{self.place.section}[{self.place.position}]",
            "found": self.found,
            "expected": self.expected,
        }


class Notes:
    """Collects the findings of one file."""

    def __init__(self, file: Path) -> None:
        """Start without findings."""
        self.file = file
        self.findings: list[Finding] = []

    def add(self, code: str, place: Place, found: object, expected: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(code, self.file, place, plain(found), expected))


@dataclass(frozen=True, slots=True)
class FileSummary:
    """How much one file holds."""

    path: Path
    images: int
    annotations: int


@dataclass(frozen=True, slots=True)
class Report:
    """All findings in all files.

    Attributes:
        files: What was checked, in the order given.
        findings: Of all files; errors before warnings, by kind, in the order of the files.
        remarks: What could not be checked, and why.
    """

    files: tuple[FileSummary, ...]
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        """Number of errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """Number of warnings."""
        return len(self.findings) - self.errors

    def passed(self, strict: bool = False) -> bool:
        """Tell whether there is no error and, if strict, no warning either."""
        return not self.errors and not (strict and self.findings)

    def counts(self) -> dict[str, int]:
        """Return the number of findings of each code that occurs."""
        return dict(Counter(finding.code for finding in self.findings))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "files": [
                {"path": str(f.path), "images": f.images, "annotations": f.annotations}
                for f in self.files
            ],
            "errors": self.errors,
            "warnings": self.warnings,
            "counts": self.counts(),
            "remarks": list(self.remarks),
            "findings": [finding.to_dict() for finding in self.findings],
        }


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by code as the table has them, errors first; else as they came."""
    rank = {code: (severity != "error", i) for i, (code, (severity, _)) in enumerate(CODES.items())}
    return tuple(sorted(findings, key=lambda finding: rank[finding.code]))


def plain(value: object) -> Any:
    """Return a found value as JSON can hold it, without what would flood a report."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        # Neither NaN nor numbers of thousands of digits go into JSON that others can read.
        return value if abs(value) < 1e300 else _brief(value)
    if isinstance(value, list | tuple) and len(value) <= _MOST_ITEMS:
        return [plain(item) for item in value]
    if isinstance(value, str):
        return value
    return _brief(value)


def _brief(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"{len(value)} values"
    if isinstance(value, int) and abs(value) >= 2**63:
        return "a number of more than 64 bits"
    text = str(value) if isinstance(value, float) else repr(value)
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "..."


def _for_people(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else str(value)
