"""What a correction changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pedpose.checking.findings import Place, Report, plain


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes:
        file: The annotation file that was read.
        place: The entry in it.
        what: The key that was changed, or ``entry`` for one that was left out.
        old: Its value before, as plain data of JSON.
        new: Its value now; None where it was left out.
        reason: A code of a finding, or a few words.
    """

    file: Path
    place: Place
    what: str
    old: Any
    new: Any
    reason: str

    def __str__(self) -> str:
        """Say it to people."""
        if self.what == "entry":
            return f"{self.file}: {self.place}: left out ({self.reason}), was {self.old}"
        return f"{self.file}: {self.place}: {self.what} {self.old} -> {self.new} ({self.reason})"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "file": str(self.file),
            "image": self.place.image,
            "annotation": self.place.annotation,
            "joint": self.place.joint,
            "what": self.what,
            "old": self.old,
            "new": self.new,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Fixed:
    """The result of a correction.

    Attributes:
        before: What was found in the files given.
        after: What is still found in the files written.
        written: The files, in the order of those given.
        changes: All changes.
    """

    before: Report
    after: Report
    written: tuple[Path, ...]
    changes: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: what was found before, and what was made of it."""
        return {
            **self.before.to_dict(),
            "fixed": {
                "written": [str(path) for path in self.written],
                "changes": [change.to_dict() for change in self.changes],
                "after": self.after.to_dict(),
            },
        }


@dataclass(slots=True)
class ChangeList:
    """Collects the changes of one file."""

    file: Path
    changes: list[Change] = field(default_factory=list)

    def add(self, place: Place, what: str, old: object, new: object, reason: str) -> None:
        """Note a change."""
        self.changes.append(Change(self.file, place, what, plain(old), plain(new), reason))

    def left_out(self, place: Place, entry: object, reason: str) -> None:
        """Note an entry that is not in the copy."""
        name = entry.get("file_name") if isinstance(entry, dict) else entry
        if place.section == "annotations" and isinstance(entry, dict):
            name = f"bbox {plain(entry.get('bbox'))}"
        self.add(place, "entry", name, None, reason)
