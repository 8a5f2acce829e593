"""Post-training quantisation to int8, by NNCF (Apache-2.0).

Only convolutions that mix channels on coarse maps are quantised: they have most of the weights.
What adds, joins or resizes maps, what works within each channel, and all on fine maps, which say
exactly where something is, stays as it is: there small networks lose most of their accuracy
(docs/export.md has the figures).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

import openvino

from pedpose.errors import ConfigError
from pedpose.exporting.crops import Pictures
from pedpose.exporting.quiet import quiet
from pedpose.model.architecture import Architecture
from pedpose.runtime.openvino_runtime import lasting_core

FINE_STRIDE = {"joints": 16, "person": 8}
"""Maps of these strides and below stay as they are: a joint is found within a part of a cell."""

_KEPT_TYPES = [
    *("Add", "AvgPool", "Concat", "Divide", "GroupConvolution", "Interpolate", "MaxPool"),
    *("Multiply", "ReduceMean", "Subtract"),
]


def quantised(
    model: openvino.Model, architecture: Architecture, pictures: Sequence[Pictures]
) -> openvino.Model:
    """Return a model of which a part computes in int8.

    Args:
        model: In fp32; it stays as it is.
        architecture: Of its network.
        pictures: Inputs (1, H, W, 3) to choose the ranges of activations by.

    Raises:
        ConfigError: If there is nothing in it that can be int8 without harm.
    """
    # NNCF would send statistics of its use to its makers unless it believes that it is tested.
    os.environ["NNCF_CI"] = "1"
    lasting_core()  # before that of NNCF, which does not last
    with quiet():
        import nncf

        nncf.set_log_level(logging.ERROR)
        made: openvino.Model = nncf.quantize(
            model,
            nncf.Dataset(pictures),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(pictures),
            ignored_scope=nncf.IgnoredScope(
                names=_fine(model, architecture), types=_KEPT_TYPES, validate=False
            ),
        )
    if not any(operation.get_type_name() == "FakeQuantize" for operation in made.get_ops()):
        raise ConfigError(
            "--precision int8: expected convolutions on maps of a stride above "
            f"{FINE_STRIDE[architecture.task]}, which can be int8, found none in "
            "this network: export it as fp16"
        )
    return made


def _fine(model: openvino.Model, architecture: Architecture) -> list[str]:
    """Return the names of the convolutions whose maps are fine."""
    height, width = architecture.input_size
    fine = FINE_STRIDE[architecture.task]
    sized = model.clone()
    sized.reshape([1, height, width, 3])
    return [
        operation.get_friendly_name()
        for operation in sized.get_ordered_ops()
        if operation.get_type_name() == "Convolution"
        and operation.output(0).shape[2] * fine >= height
    ]
