"""What a network is made of, as plain data; building it is another module's work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import accumulate
from operator import mul
from typing import Any, Literal, Self

from pedpose.errors import ConfigError

Task = Literal["joints", "person"]

TORCHVISION_BACKBONES = (
    "resnet18",
    "resnet34",
    "resnet50",
    "efficientnet_b0",
    "mobilenet_v3_small",
    "mobilenet_v3_large",
)
"""Backbones that torchvision builds, to a stride of 16 or 32."""

BACKBONES = (*TORCHVISION_BACKBONES, "lite_hrnet", "lcnet_pan", "plain")
"""Names of the backbones."""

ACTIVATIONS = ("relu", "leaky_relu", "silu", "gelu", "hardswish")
"""Names of the activations."""

STRIDE = 4
"""Pixels of the network's input per cell of its output maps, in x and y."""

PERSON_CHANNELS = 5
"""Maps of the person finder: centre logit, offset x, y and log width, height (see codec)."""

# The limits of all numbers keep a file of a few bytes from asking for all memory.
MAX_STAGES = 16
MAX_WEIGHTS = 200_000_000
"""Most weights of the convolutions that stages and decoder describe: 800 MB."""
MAX_MAP = 2**28
"""Most numbers of one map of one picture inside the backbone: 1 GiB."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Residual blocks of one width, of which the first strides.

    Attributes:
        width: Channels.
        depth: Number of blocks; each is two convolutions.
        kernel: Side of the convolutions, odd; at least 3 with stride 2.
        stride: 2 to halve the maps in the first block, 1 to keep their size.
        padding: Cells added at each border; None for ``kernel // 2``. Any other number makes maps
            that no longer fit the stride and is refused.
    """

    width: int
    depth: int
    kernel: int = 3
    stride: int = 2
    padding: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be built or would shift the maps."""
        _check("stage width", self.width, 1, 2048)
        _check("stage depth", self.depth, 1, 16)
        _check_kernel("stage kernel", self.kernel)
        _check("stage stride", self.stride, 1, 2)
        if self.stride > self.kernel:
            raise ConfigError(
                f"stage kernel: expected 3 or more with stride {self.stride}, found {self.kernel}, "
                "which skips cells"
            )
        if self.padding is None:
            return
        _check("stage padding", self.padding, 0, self.kernel)
        before = 64  # any multiple of 32 shows the same
        after = (before + 2 * self.padding - self.kernel) // self.stride + 1
        if after != before // self.stride:
            raise ConfigError(
                f"stage padding: expected {self.kernel // 2} for a kernel of {self.kernel}, so "
                f"that stride {self.stride} makes {before // self.stride} cells of {before}; "
                f"found {self.padding}, which makes {after}"
            )


def read_stages(entries: Any) -> tuple[Stage, ...]:
    """Read stages from plain data: a list of mappings, each with the fields of a stage.

    Raises:
        ConfigError: If it is something else, naming the entry.
    """
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise ConfigError(f"stages: expected a list, found {entries!r}")
    stages = []
    for number, entry in enumerate(entries):
        try:
            stages.append(Stage(**_known_fields(Stage, entry)))
        except ConfigError as error:
            raise ConfigError(f"stages[{number}]: {error}") from error
    return tuple(stages)


def default_stages(kernel: int = 3) -> tuple[Stage, ...]:
    """Return the stages of a plain backbone that is given none: 3 million weights, stride 16."""
    return tuple(
        Stage(width, depth, kernel) for width, depth in ((32, 1), (64, 2), (128, 2), (256, 2))
    )


def total_strides(stages: Sequence[Stage]) -> tuple[int, ...]:
    """Return pixels of the input per cell after each stage; the last is the backbone's stride."""
    return tuple(accumulate((stage.stride for stage in stages), mul))


@dataclass(frozen=True, slots=True)
class Architecture:
    """Everything needed to build a network; plain data, stored in checkpoints.

    Attributes:
        task: ``joints`` (one heatmap a joint) or ``person`` (centre, offset and size maps).
        outputs: Number of output maps.
        backbone: One of :data:`BACKBONES`: a torchvision network, lite_hrnet, lcnet_pan or plain.
        backbone_stride: Its coarsest stride: 16 or 32 of torchvision's, 32 of lite_hrnet and
            lcnet_pan, of plain what its stages reach.
        width: Channels of the decoder.
        height_px: Height of the input picture in training; a person finder takes others as well.
        width_px: Its width.
        stages: What a plain backbone is made of, from fine to coarse; none for
            :func:`default_stages`, which are then kept here.
        kernel: Side of the decoder's convolutions, odd; also of the default stages.
        activation: One of :data:`ACTIVATIONS`, of the decoder and of a plain backbone.
        dropout: Part of the channels left out before the last convolution, in training only.
    """

    task: Task
    outputs: int
    backbone: str = "resnet18"
    backbone_stride: int = 16
    width: int = 96
    height_px: int = 256
    width_px: int = 192
    stages: tuple[Stage, ...] = ()
    kernel: int = 3
    activation: str = "relu"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Refuse sizes that no network can have."""
        _check_name("task", self.task, ("joints", "person"))
        _check_name("backbone", self.backbone, BACKBONES)
        _check_name("activation", self.activation, ACTIVATIONS)
        for name, limit in (("outputs", 1000), ("width", 1024)):
            _check(name, getattr(self, name), 1, limit)
        _check_kernel("kernel", self.kernel)
        if not isinstance(self.dropout, int | float) or not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout: expected 0 to below 1, found {self.dropout}")
        if self.task == "person" and self.outputs != PERSON_CHANNELS:
            raise ConfigError(
                f"outputs of a person finder: expected {PERSON_CHANNELS}, found {self.outputs}"
            )
        if self.backbone == "plain" and not self.stages:
            # What was built stays known if another version has other defaults.
            object.__setattr__(self, "stages", default_stages(self.kernel))
        self._check_stride()
        for name in ("height_px", "width_px"):
            size = getattr(self, name)
            stride = self.backbone_stride
            if not isinstance(size, int) or not 0 < size <= 4096 or size % stride:
                raise ConfigError(
                    f"input {name}: expected a multiple of {stride} up to 4096, found {size}"
                )
        self._check_memory()

    def _check_stride(self) -> None:
        """Refuse a stride that the backbone does not have."""
        if self.backbone != "plain":
            if self.stages:
                raise ConfigError(
                    f"stages: expected none with {self.backbone} (they make the backbone plain), "
                    f"found {len(self.stages)}"
                )
            if self.backbone_stride not in (16, 32):
                raise ConfigError(
                    f"backbone stride: expected 16 or 32, found {self.backbone_stride}"
                )
            if self.backbone not in TORCHVISION_BACKBONES and self.backbone_stride != 32:
                raise ConfigError(
                    f"backbone stride of {self.backbone}: expected 32, found {self.backbone_stride}"
                )
            return
        _check("number of stages", len(self.stages), 1, MAX_STAGES)
        reached = total_strides(self.stages)
        if not STRIDE <= reached[-1] <= 32:
            raise ConfigError(
                "stages: expected a total stride of 4, 8, 16 or 32 after the last, found "
                f"{', '.join(map(str, reached))} after each"
            )
        if self.backbone_stride != reached[-1]:
            raise ConfigError(
                f"backbone stride of plain: expected {reached[-1]}, which its stages reach, found "
                f"{self.backbone_stride}"
            )

    def _check_memory(self) -> None:
        """Refuse a plain backbone or a decoder that is out of all proportion."""
        levels = self.backbone_stride.bit_length() - STRIDE.bit_length() + 1
        weights = levels * (self.width * self.kernel) ** 2
        inward = 3
        for stage, stride in zip(self.stages, total_strides(self.stages), strict=True):
            per_cell = stage.width * stage.kernel**2
            weights += per_cell * (inward + (2 * stage.depth - 1) * stage.width)
            inward = stage.width
            if stage.width * self.height_px * self.width_px // stride**2 > MAX_MAP:
                raise ConfigError(
                    f"stages: expected maps of up to {MAX_MAP} numbers, found {stage.width} "
                    f"channels at stride {stride} of {self.height_px} x {self.width_px} pixels"
                )
        if weights > MAX_WEIGHTS:
            raise ConfigError(
                f"network: expected up to {MAX_WEIGHTS} weights, found {weights}; make width, "
                "depth or kernel smaller"
            )

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the input in pixels."""
        return self.height_px, self.width_px

    @property
    def heatmap_size(self) -> tuple[int, int]:
        """Height and width of the output maps in cells."""
        return self.height_px // STRIDE, self.width_px // STRIDE

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self) | {"stages": [asdict(stage) for stage in self.stages]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also before the later fields were known.

        Raises:
            ConfigError: If a field is unknown, missing or impossible.
        """
        known = _known_fields(cls, data)
        return cls(**known | {"stages": read_stages(known.get("stages", ()))})


def _known_fields(kind: type[Any], data: Any) -> dict[str, Any]:
    """Return the data if it has fields of a dataclass only, and all that have no default."""
    if not isinstance(data, Mapping):
        raise ConfigError(f"expected fields and their values, found {data!r}")
    names = [field.name for field in fields(kind)]
    if unknown := [name for name in data if name not in names]:
        raise ConfigError(f"expected {', '.join(names)}, found {unknown[0]!r}")
    # The two first fields of each kind are those that cannot be guessed.
    if missing := [name for name in names[:2] if name not in data]:
        raise ConfigError(f"expected {missing[0]}, found only {', '.join(data) or 'nothing'}")
    return dict(data)


def _check(name: str, number: object, low: int, high: int) -> None:
    if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
        raise ConfigError(f"{name}: expected {low} to {high}, found {number}")


def _check_kernel(name: str, number: object) -> None:
    _check(name, number, 1, 11)
    if isinstance(number, int) and number % 2 == 0:
        raise ConfigError(f"{name}: expected an odd number, found {number}")


def _check_name(name: str, found: object, known: Sequence[str]) -> None:
    if found not in known:
        choices = " or ".join(known) if len(known) == 2 else f"one of {', '.join(known)}"
        raise ConfigError(f"{name}: expected {choices}, found {found!r}")
