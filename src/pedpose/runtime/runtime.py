"""What every runtime is: pictures in, the network's output out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pedpose.model.metadata import Metadata

Floats = NDArray[np.float32]


class Runtime(Protocol):
    """A network that is ready to run."""

    def __call__(self, pictures: NDArray[np.uint8]) -> Floats:
        """Run the network.

        Args:
            pictures: (N, H, W, 3) RGB uint8.

        Returns:
            (N, C, H / 4, W / 4) raw maps. Of a network that was exported with its decoding: joints
            (N, K, 3) x, y in pixels of the input and scores, or people (N, M, 5) x1, y1, x2, y2
            in pixels of the input and scores, best first.
        """


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """What is known about a network that was opened.

    Attributes:
        metadata: What its file says of itself.
        path: The file.
        sha256: Of the file.
        device: Where it is run, such as ``cpu (2 threads)``.
        runtime: By what and how it is run, such as ``onnx 1.31.1 (fp32)``.
    """

    metadata: Metadata
    path: Path
    sha256: str
    device: str
    runtime: str

    @property
    def identity(self) -> str:
        """The SHA-256 of the weights: of an export in fp32, which finds the same, of its source."""
        exported = self.metadata.exported
        if exported is not None and exported.precision == "fp32":
            return exported.source_sha256
        return self.sha256

    @property
    def decoded(self) -> bool:
        """Whether the network returns joints or people in place of maps."""
        return self.metadata.exported is not None and self.metadata.exported.decoded

    @property
    def fixed_size(self) -> tuple[int, int] | None:
        """Height and width that its input must have; None where others will do."""
        exported = self.metadata.exported
        return None if exported is None else exported.size


@dataclass(frozen=True, slots=True)
class OpenNetwork:
    """A network of a file, ready to run.

    Attributes:
        run: Runs it.
        info: What is known about it.
    """

    run: Runtime
    info: NetworkInfo
