"""What is exported, and how; checked in one place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pedpose.errors import ConfigError
from pedpose.model.architecture import Architecture
from pedpose.shipped import shipped_weights

SUFFIXES = {"onnx": ".onnx", "openvino": ".xml"}
"""Suffix of the files of each format."""

PRECISIONS = {"onnx": ("fp32", "fp16"), "openvino": ("fp32", "fp16", "int8")}
"""What weights can be stored in."""

ANY_SIZE = "any"


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """What ``pedpose export`` does.

    Attributes:
        weights: A safetensors file, or ``joints`` or ``person`` for those of the package.
        out: The file to make; by default named after the weights, in the current folder.
        form: ``onnx`` or ``openvino``.
        precision: ``fp32``, ``fp16`` or, of OpenVINO, ``int8``.
        size: Height and width of the input as ``HxW``, or ``any``; None for what the network is
            made for: its own size of a joint network, any of a person finder.
        decode: Whether maps are decoded inside the graph.
        data: COCO keypoint file to compare AP on.
        images: Folder of its pictures; that of the file where None.
        calibrate: Pictures, folders of them, or COCO files, to choose the ranges of int8 by.
    """

    weights: Path
    out: Path | None = None
    form: str = "onnx"
    precision: str = "fp32"
    size: str | None = None
    decode: bool = False
    data: Path | None = None
    images: Path | None = None
    calibrate: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.form not in SUFFIXES:
            raise ConfigError(f"--format: expected {' or '.join(SUFFIXES)}, found {self.form!r}")
        if self.precision not in PRECISIONS[self.form]:
            known = ", ".join(PRECISIONS[self.form])
            advice = "; int8 needs --format openvino" if self.precision == "int8" else ""
            raise ConfigError(
                f"--precision: expected one of {known} for {self.form}, found "
                f"{self.precision!r}{advice}"
            )
        if self.precision == "int8" and not self.calibrate:
            raise ConfigError(
                "--precision int8: expected --calibrate with pictures to choose ranges by, found "
                "none"
            )
        if self.calibrate and self.precision != "int8":
            raise ConfigError(f"--calibrate is for --precision int8, found {self.precision}")
        if self.images is not None and self.data is None:
            raise ConfigError("--images: expected --data with the annotations of these pictures")
        suffix = SUFFIXES[self.form]
        if self.out is not None and self.out.suffix.lower() != suffix:
            raise ConfigError(
                f"--out: expected a name that ends with {suffix} for {self.form}, found {self.out}"
            )

    @property
    def source(self) -> Path:
        """The weights file."""
        match str(self.weights):
            case "joints" | "person" as task:
                return shipped_weights(task)
        return self.weights

    @property
    def target(self) -> Path:
        """The file to make."""
        return self.out or Path(self.source.stem + SUFFIXES[self.form])


def input_size(architecture: Architecture, wanted: str | None) -> tuple[int, int] | None:
    """Return height and width of the input of an exported network; None where others will do, too.

    Args:
        architecture: Of the network.
        wanted: ``HxW``, ``any`` or None, as in the settings.

    Raises:
        ConfigError: If the network cannot take pictures of that size.
    """
    own, stride = architecture.input_size, architecture.backbone_stride
    if architecture.task == "joints":
        if wanted is not None and (wanted == ANY_SIZE or _parse(wanted) != own):
            raise ConfigError(
                f"--size: expected {own[0]}x{own[1]}, the crops that this joint network learned "
                f"from, found {wanted}"
            )
        return own
    if wanted is None or wanted == ANY_SIZE:
        return None
    height, width = _parse(wanted)
    if height % stride or width % stride or not 0 < min(height, width) <= max(height, width) < 8192:
        raise ConfigError(
            f"--size: expected height and width in multiples of {stride}, the stride of this "
            f"network, up to 8160, found {wanted}"
        )
    return height, width


def _parse(text: str) -> tuple[int, int]:
    sides = text.lower().split("x")
    if len(sides) != 2 or not all(side.isascii() and side.isdigit() for side in sides):
        raise ConfigError(f"--size: expected HxW, such as 320x416, or {ANY_SIZE}, found {text!r}")
    return int(sides[0]), int(sides[1])
