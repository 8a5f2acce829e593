"""Which runtime, device and precision are used: what was asked for, as far as it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pedpose.errors import CheckpointError, ConfigError
from pedpose.runtime.gpu import gpu_at_hand

RUNTIMES = ("torch", "onnx", "openvino")
PRECISIONS = ("fp32", "bf16", "fp16")

_MODULES = {"torch": "torch", "onnx": "onnxruntime", "openvino": "openvino"}
_EXTRAS = {"torch": "pedpose", "onnx": "pedpose", "openvino": "pedpose[openvino]"}

_READERS = {
    ".safetensors": ("torch",),
    ".onnx": ("onnx", "openvino"),
    ".xml": ("openvino",),
}
"""Which runtimes read files of a suffix."""

_ON_CPU = ("openvino", "onnx", "torch")
"""The runtimes from fast to slow, as measured: see docs/speed.md."""

_ON_GPU = ("torch", "onnx")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for.

    Attributes:
        runtime: ``auto``, ``torch``, ``onnx`` or ``openvino``.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
    """

    runtime: str = "auto"
    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        """Refuse names that there are not."""
        for name, known in (("runtime", RUNTIMES), ("precision", PRECISIONS)):
            if (found := getattr(self, name)) not in ("auto", *known):
                raise ConfigError(
                    f"{name}: expected one of auto, {', '.join(known)}, found {found!r}"
                )
        check_device(self.device)


def check_device(name: str) -> None:
    """Make sure that a device may have a name; whether there is one here is not asked.

    Raises:
        ConfigError: If it is none of ``auto``, ``cpu``, ``cuda``, ``cuda:N`` and ``mps``.
    """
    kind, _, number = name.partition(":")
    numbered = kind == "cuda" and number.isascii() and number.isdigit()
    if kind not in ("auto", "cpu", "cuda", "mps") or (":" in name and not numbered):
        raise ConfigError(f"device: expected auto, cpu, cuda, cuda:N or mps, found {name!r}")


def choose_runtime(wanted: Wanted, files: Sequence[Path | None]) -> str:
    """Return the runtime that runs all networks of a detector.

    Args:
        wanted: What was asked for.
        files: The weights; None for those of the package, which each runtime reads.

    Raises:
        CheckpointError: If a file is of no known format, or missing.
        ConfigError: If no runtime that is installed reads all files, or the one that was asked for
            does not, or is not installed.
    """
    readers = [RUNTIMES if file is None else readers_of(file) for file in files]
    able = [name for name in RUNTIMES if all(name in each for each in readers)]
    if wanted.runtime != "auto":
        for file, each in zip(files, readers, strict=True):
            if wanted.runtime not in each:
                raise ConfigError(
                    f"{file}: expected weights for the runtime {wanted.runtime}, found those for "
                    f"{' or '.join(each)}{_advice(wanted.runtime, each)}"
                )
        if not installed(wanted.runtime):
            raise ConfigError(_missing(wanted.runtime))
        return wanted.runtime
    if not able:
        raise ConfigError(
            f"weights: expected files for one runtime, found {' and '.join(map(str, files))}; "
            "'pedpose export' makes .onnx of .safetensors"
        )
    found = [name for name in _order(wanted.device) if name in able and installed(name)]
    if not found:
        raise ConfigError(_missing(able[0]))
    return found[0]


def readers_of(file: Path) -> tuple[str, ...]:
    """Return the runtimes that read a weights file.

    Raises:
        CheckpointError: If its name tells of no known format, or it does not exist.
    """
    if not file.is_file():
        raise CheckpointError(f"{file}: expected a weights file, found no such file")
    # A file of any other name may still be safetensors; reading it will tell.
    return _READERS.get(file.suffix.lower(), ("torch",))


def installed(runtime: str) -> bool:
    """Tell whether the library of a runtime is installed."""
    return find_spec(_MODULES[runtime]) is not None


def _order(device: str) -> tuple[str, ...]:
    """Return the runtimes to try on a device, the fastest first."""
    if device == "cpu":
        return _ON_CPU
    if device == "auto":
        return (*_ON_GPU, "openvino") if _gpu_is_usable() else _ON_CPU
    return _ON_GPU


def _gpu_is_usable() -> bool:
    """Tell whether PyTorch, as it is installed, can use a GPU."""
    if not gpu_at_hand():
        return False
    # Imported here: without a GPU nobody has to wait for PyTorch.
    from pedpose.runtime.device import resolve_device

    return resolve_device("auto").type != "cpu"


def _missing(runtime: str) -> str:
    return (
        f"runtime {runtime}: expected {_MODULES[runtime]}, found it is not installed: "
        f"pip install '{_EXTRAS[runtime]}'"
    )


def _advice(runtime: str, readers: Sequence[str]) -> str:
    """Say how weights become those for a runtime."""
    if "torch" in readers:
        form = "openvino" if runtime == "openvino" else "onnx"
        return f"; 'pedpose export --format {form}' makes them"
    return ""
