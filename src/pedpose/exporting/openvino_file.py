"""A network as an OpenVINO IR: ``.xml`` with the graph, ``.bin`` with the weights."""

from __future__ import annotations

import errno
from pathlib import Path

import onnx
import openvino

from pedpose.model.metadata import KEY, Metadata
from pedpose.runtime.openvino_runtime import lasting_core


def to_openvino(graph: onnx.ModelProto) -> openvino.Model:
    """Return an ONNX graph without metadata as a model of OpenVINO.

    ``openvino.convert_model`` would do the same and send statistics of its use to its makers.
    """
    return lasting_core().read_model(graph.SerializeToString(), b"")


def write_openvino(path: Path, model: openvino.Model, metadata: Metadata) -> None:
    """Write a model with its metadata: ``path`` and, beside it, its weights.

    Args:
        path: Its suffix is ``.xml``.
        model: To be written; weights that are fp16 in it stay so.
        metadata: Of the file.

    Raises:
        OSError: If the file cannot be written.
    """
    model.set_rt_info(metadata.to_json(), [KEY])
    # What is left in fp32 is small, and matters: statistics of pictures, biases, last weights.
    try:
        openvino.save_model(model, path, compress_to_fp16=False)
    except RuntimeError as error:
        raise OSError(
            errno.EIO, "OpenVINO cannot write; the disk may be full", str(path)
        ) from error
