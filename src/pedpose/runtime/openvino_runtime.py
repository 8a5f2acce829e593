"""Run a network by OpenVINO, without PyTorch."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from pedpose.errors import CheckpointError, ConfigError
from pedpose.model.architecture import Task
from pedpose.model.metadata import KEY, read_metadata_text
from pedpose.runtime.graph import check_graph
from pedpose.runtime.runtime import Floats, NetworkInfo, OpenNetwork
from pedpose.runtime.threads import cpu_threads

_HINTS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}
_NAMES = {hint: name for name, hint in _HINTS.items()}

_SEVERAL = 8
"""Crops at once, where there are many: a fifth less time than one by one."""
_WORTHWHILE = 500
"""Crops after which as many more may be expected as make up for compiling once more."""


class OpenVinoRuntime:
    """A network that OpenVINO has compiled.

    Where the size of a batch changes, OpenVINO prepares the whole graph anew, which takes as long
    as running two crops. So batches are fixed: pictures are run one by one and, once there were
    many crops, eight at once, which takes a fifth less time. Person finders gain nothing by that.
    """

    def __init__(
        self,
        one: openvino.CompiledModel,
        compile_for: Callable[[int], openvino.CompiledModel],
        task: Task,
    ) -> None:
        """Wrap a graph that was checked.

        Args:
            one: Compiled for single pictures.
            compile_for: Compiles it for a size of batches.
            task: What it is for.
        """
        self._compile_for = compile_for
        self._one = one.create_infer_request()
        self._several: openvino.InferRequest | None = None
        self._until_several = _WORTHWHILE if task == "joints" else sys.maxsize

    def __call__(self, pictures: NDArray[np.uint8]) -> Floats:
        """Map RGB pictures (N, H, W, 3) uint8 to what the graph makes of them, in fp32."""
        self._until_several -= len(pictures)
        if self._several is None and self._until_several < 0:
            self._several = self._compile_for(_SEVERAL).create_infer_request()
        whole = 0 if self._several is None else len(pictures) // _SEVERAL * _SEVERAL
        parts = [
            _infer(self._several, pictures[start : start + _SEVERAL])
            for start in range(0, whole, _SEVERAL)
        ]
        parts += [_infer(self._one, pictures[i : i + 1]) for i in range(whole, len(pictures))]
        return np.concatenate(parts)


def _infer(request: openvino.InferRequest, pictures: NDArray[np.uint8]) -> Floats:
    # The pictures are shared, not copied; the output is overwritten by the next call.
    request.infer({0: pictures}, share_inputs=True)
    return np.array(request.get_output_tensor(0).data, np.float32)


def open_openvino(path: Path, device: str, precision: str) -> OpenNetwork:
    """Open an OpenVINO IR (.xml, with its .bin beside it) or an ONNX file of pedpose.

    Args:
        path: The file.
        device: ``auto`` or ``cpu``.
        precision: What it is computed in; ``auto`` for what this processor is fastest in.

    Raises:
        CheckpointError: If the file is damaged, of another program, or is not what it says.
        ConfigError: If the device or the precision cannot be had.
    """
    if device not in ("auto", "cpu"):
        raise ConfigError(f"device {device}: the runtime openvino has cpu only")
    core = lasting_core()
    threads = cpu_threads()
    settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
    if precision != "auto":
        settings["INFERENCE_PRECISION_HINT"] = _HINTS[precision]

    def compile_for(batch: int) -> openvino.CompiledModel:
        fixed = model.clone()
        shape = fixed.input(0).partial_shape
        shape[0] = batch
        fixed.reshape(shape)
        return core.compile_model(fixed, "CPU", settings)

    try:
        model = core.read_model(path)
        metadata = read_metadata_text(_metadata_text(model), path)
        exported = check_graph(
            path,
            metadata,
            [_entry(port) for port in model.inputs],
            [_entry(port) for port in model.outputs],
        )
        compiled = compile_for(1)
    except RuntimeError as error:
        reason = [line for line in str(error).splitlines() if line.strip()][-1].strip()
        raise CheckpointError(
            f"{path}: expected an OpenVINO or ONNX file, found a damaged one: {reason}"
        ) from error
    used = _NAMES[compiled.get_property("INFERENCE_PRECISION_HINT").to_string()]
    if precision not in ("auto", used):
        raise ConfigError(
            f"precision {precision}: this processor does not have it; OpenVINO took {used}"
        )
    stored = f"int8 and {used}" if exported.precision == "int8" else used
    info = NetworkInfo(
        metadata,
        path,
        _sha256(path),
        f"cpu ({threads} threads)",
        f"openvino {openvino.__version__.partition('-')[0]} ({stored})",
    )
    return OpenNetwork(OpenVinoRuntime(compiled, compile_for, metadata.architecture.task), info)


@cache
def lasting_core() -> openvino.Core:
    """Return OpenVINO itself, ready for the CPU, which must outlive all networks.

    It has signals handled on a stack of its own. When the first one of a process goes, that stack
    is freed but stays in use, and the next Ctrl-C would end the process by a segmentation fault.
    """
    core = openvino.Core()
    core.get_versions("CPU")
    return core


def _metadata_text(model: openvino.Model) -> str | None:
    """Return our metadata: an IR has them as its own, an ONNX file among those of its format."""
    for place in ([KEY], ["framework", KEY]):
        if model.has_rt_info(place):
            return str(model.get_rt_info(place).astype(str))
    return None


def _entry(port: Any) -> tuple[str, str, list[int | None]]:
    shape = [side.get_length() if side.is_static else None for side in port.partial_shape]
    name = next(iter(sorted(port.get_names())), "")
    return name, port.get_element_type().get_type_name(), shape


def _sha256(path: Path) -> str:
    """Return the SHA-256 of a file and, of an IR, of the weights beside it."""
    digest = hashlib.sha256(path.read_bytes())
    if path.suffix.lower() == ".xml":
        digest.update(path.with_suffix(".bin").read_bytes())
    return digest.hexdigest()
