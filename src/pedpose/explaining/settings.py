"""What is asked of ``pedpose explain``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pedpose.errors import ConfigError

_EXPORTS = (".onnx", ".xml")


@dataclass(frozen=True, slots=True)
class ExplainSettings:
    """Which network is explained by which person.

    Attributes:
        picture: A picture file.
        weights: Of the joint network; those of the package where None and no run is given.
        person_weights: Of the person finder; those of the package where None.
        person: Which of the people that are found, from 1 on, best first.
        whole_image: Whether one person fills the picture, so that nobody is searched for.
        run: Folder of a training run: its best weights are explained, or its last where there are
            no best, and compared with those it began with.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
    """

    picture: Path
    weights: Path | None = None
    person_weights: Path | None = None
    person: int = 1
    whole_image: bool = False
    run: Path | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.run is not None and self.weights is not None:
            raise ConfigError(
                f"expected --run or --weights, found both: {self.run} brings its own weights"
            )
        if self.person < 1:
            raise ConfigError(f"person: expected 1 or more, found {self.person}")
        if self.whole_image and self.person > 1:
            raise ConfigError(
                f"person: expected 1 with --whole-image, which knows one person, found "
                f"{self.person}"
            )
        if self.weights is not None and self.weights.suffix.lower() in _EXPORTS:
            raise ConfigError(
                f"{self.weights}: expected a .safetensors file, found an export, which can be run "
                "but not looked into: it has no gradients; give the weights that it was made of"
            )
