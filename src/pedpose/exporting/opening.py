"""Open an exported file by a runtime, whatever its network is for; without PyTorch."""

from __future__ import annotations

from pathlib import Path

from pedpose.runtime.choice import Wanted
from pedpose.runtime.runtime import OpenNetwork


def open_exported(path: Path, wanted: Wanted) -> OpenNetwork:
    """Open an ONNX file or an OpenVINO IR.

    Args:
        path: The file.
        wanted: Of the runtimes ``onnx`` or ``openvino``, with device and precision.

    Raises:
        CheckpointError: If the file is damaged, of another program, or is not what it says.
        ConfigError: If the device or the precision cannot be had.
    """
    # Imported here: each takes its time, and OpenVINO need not be installed.
    if wanted.runtime == "onnx":
        from pedpose.runtime.onnx_runtime import open_onnx

        return open_onnx(path, wanted.device, wanted.precision)
    from pedpose.runtime.openvino_runtime import open_openvino

    return open_openvino(path, wanted.device, wanted.precision)
