"""A network as an ONNX file.

Operators are those of opset 18, the lowest that PyTorch's exporter writes by itself; ONNX Runtime
knows it since 1.14 and OpenVINO since 2023.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from pedpose.exporting.decoding import Decoded, PictureNetwork
from pedpose.exporting.quiet import quiet
from pedpose.model.deploy import for_inference
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.metadata import KEY, Metadata
from pedpose.runtime.graph import INPUT, output_name

OPSET = 18

_EXAMPLES = 2  # a batch of one would be taken for one that always is
_LEAST_TO_HALVE = 64  # numbers; casting fewer costs more than it saves


def make_graph(network: HeatmapCNN, metadata: Metadata) -> onnx.ModelProto:
    """Return a network as an ONNX graph of any batch size, without metadata.

    Args:
        network: In evaluation mode.
        metadata: Of the file to make, with its ``exported`` entry: size, precision and decoding.
    """
    exported, architecture = metadata.exported, metadata.architecture
    assert exported is not None
    module: nn.Module = PictureNetwork(for_inference(network))
    if exported.decoded:
        module = Decoded(module, architecture.task)
    sides: dict[int, object] = {0: torch.export.Dim("batch")}
    if exported.size is None:
        stride = architecture.backbone_stride
        sides[1] = stride * torch.export.Dim("rows")
        sides[2] = stride * torch.export.Dim("columns")
    example = torch.zeros(_EXAMPLES, *(exported.size or architecture.input_size), 3).byte()
    with quiet():
        program = torch.onnx.export(
            module.eval(),
            (example,),
            dynamo=True,
            dynamic_shapes=(sides,),
            input_names=[INPUT],
            output_names=[output_name(metadata)],
            opset_version=OPSET,
            verbose=False,
        )
    assert program is not None
    graph: onnx.ModelProto = program.model_proto
    _strip(graph)
    if exported.precision == "fp16":
        _halve(graph)
    return graph


def write_onnx(path: Path, graph: onnx.ModelProto, metadata: Metadata) -> None:
    """Write a graph with its metadata into one file."""
    del graph.metadata_props[:]
    graph.metadata_props.add(key=KEY, value=metadata.to_json())
    path.write_bytes(graph.SerializeToString())


def _strip(graph: onnx.ModelProto) -> None:
    """Remove what only debugging needs: for each operation the lines of Python it comes from."""
    del graph.graph.value_info[:]
    del graph.graph.metadata_props[:]
    for node in graph.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for entry in (*graph.graph.input, *graph.graph.output):
        del entry.metadata_props[:]


def _halve(graph: onnx.ModelProto) -> None:
    """Store weights in fp16; the runtime makes fp32 of them when it loads the file."""
    casts = []
    for tensor in graph.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < _LEAST_TO_HALVE:
            continue
        name = tensor.name
        # A weight beyond the range of fp16 becomes infinite, which the check refuses.
        with np.errstate(over="ignore"):
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.fp16"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend([*casts, *nodes])
