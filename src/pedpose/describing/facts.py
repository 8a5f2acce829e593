"""What a weights file or an export says of itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pedpose.errors import ConfigError, DataError
from pedpose.model.metadata import Metadata
from pedpose.runtime.choice import Wanted, choose_runtime, readers_of
from pedpose.skeleton import Skeleton

if TYPE_CHECKING:
    from pedpose.model.heatmap_cnn import HeatmapCNN


@dataclass(frozen=True, slots=True)
class Facts:
    """A file and what is in it.

    Attributes:
        path: The file.
        format: Its format, in words.
        sha256: Of the file.
        size: Bytes on disk, with all that belongs to it.
        metadata: What it says of itself.
        network: The network, where its layers are known; exports are not looked into.
    """

    path: Path
    format: str
    sha256: str
    size: int
    metadata: Metadata
    network: HeatmapCNN | None

    def known_network(self, option: str) -> HeatmapCNN:
        """Return the network for an option that needs its layers.

        Raises:
            ConfigError: If it is an export.
        """
        if self.network is None:
            raise ConfigError(
                f"{self.path}: {option}: expected a .safetensors file, whose layers are those of "
                "the network, found an export"
            )
        return self.network

    def known_skeleton(self, option: str) -> Skeleton:
        """Return the skeleton for an option that needs it.

        Raises:
            ConfigError: If it is a person finder.
        """
        if self.metadata.skeleton is None:
            raise ConfigError(
                f"{self.path}: {option}: expected a joint network, found a person finder, which "
                "has no skeleton"
            )
        return self.metadata.skeleton

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for programs."""
        if self.network is None:
            exported = self.metadata.exported
            own: dict[str, Any] = {"exported": None if exported is None else asdict(exported)}
        else:
            from pedpose.model.summary import summarise

            summary = summarise(self.network)
            own = {"parameters": summary.parameters, "gflops": round(summary.gflops, 3)}
        metadata = self.metadata
        skeleton = metadata.skeleton
        return {
            "file": str(self.path),
            "sha256": self.sha256,
            **own,
            "architecture": metadata.architecture.to_dict(),
            "skeleton": None if skeleton is None else _with_pairs(skeleton),
            "calibration": {name: c.to_dict() for name, c in metadata.calibration.items()},
            "metrics": metadata.metrics,
            "training": metadata.training,
        }


def read_facts(path: Path) -> Facts:
    """Read a weights file or an export; PyTorch is not needed for an export.

    Raises:
        CheckpointError: If the file is missing, damaged or of another program.
        ConfigError: If the runtime that reads it is not installed.
    """
    runtime = readers_of(path)[0]
    if runtime == "torch":
        from pedpose.model.checkpoint import load_checkpoint

        checkpoint = load_checkpoint(path)
        assert checkpoint.sha256 is not None
        size = path.stat().st_size
        network = checkpoint.network
        return Facts(
            path, "safetensors weights", checkpoint.sha256, size, checkpoint.metadata, network
        )
    from pedpose.exporting.opening import open_exported

    wanted = Wanted(runtime, "cpu")
    choose_runtime(wanted, [path])
    found = open_exported(path, wanted).info
    files, kind = [path], "ONNX export"
    if runtime == "openvino":
        files, kind = [path, path.with_suffix(".bin")], "OpenVINO export"
    size = sum(file.stat().st_size for file in files)
    return Facts(path, kind, found.sha256, size, found.metadata, None)


def why_no_pairs(skeleton: Skeleton) -> str | None:
    """Return why it is not known which joints change places in mirrored pictures, if so."""
    try:
        skeleton.flip_indices  # noqa: B018 - it is what raises
    except DataError as error:
        return str(error)
    return None


def _with_pairs(skeleton: Skeleton) -> dict[str, Any]:
    """Return the skeleton, and which joints change places in mirrored pictures."""
    why = why_no_pairs(skeleton)
    if why is None:
        return {**skeleton.to_dict(), "swap_pairs": skeleton.swap_pairs}
    return {**skeleton.to_dict(), "swap_pairs": None, "why_no_swap_pairs": why}
