"""What to check."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pedpose.errors import ConfigError

OUTLIERS = 20


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """How files are checked.

    Attributes:
        images: Folder that file names are relative to; None for that of each annotation file.
        pictures: Whether pictures are opened; without, missing ones are not noticed either.
        outliers: Most outliers that are listed, over all files.
        weights: Of a joint network that gives its opinion on left and right, None for none.
        device: For the network: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
    """

    images: Path | None = None
    pictures: bool = True
    outliers: int = OUTLIERS
    weights: Path | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.outliers < 0:
            raise ConfigError(f"--outliers: expected 0 or more, found {self.outliers}")
        if self.weights is not None and not self.pictures:
            raise ConfigError("--weights needs the pictures: leave out --no-pictures")
        if self.images is not None and self.pictures and not self.images.is_dir():
            raise ConfigError(f"--images: expected a folder, found {self.images}")
