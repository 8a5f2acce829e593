"""The .onnx files of the package are those of its weights."""

import numpy as np
import pytest
import torch

from pedpose.exporting.compare import compare
from pedpose.exporting.crops import finder_pictures, joint_pictures
from pedpose.exporting.opening import open_exported
from pedpose.exporting.tolerance import TOLERANCES, check_differences
from pedpose.model.architecture import Task
from pedpose.model.checkpoint import load_checkpoint
from pedpose.runtime.choice import Wanted
from pedpose.shipped import shipped_weights


@pytest.mark.parametrize("task", ["joints", "person"])
def test_they_are_made_of_the_shipped_weights(task: Task):
    source = load_checkpoint(shipped_weights(task))
    path = shipped_weights(task, ".onnx")
    network = open_exported(path, Wanted("onnx", "cpu"))
    metadata, exported = network.info.metadata, network.info.metadata.exported
    assert exported is not None
    assert exported.source_sha256 == source.sha256
    assert (exported.precision, exported.decoded) == ("fp32", False)
    assert network.info.identity == source.sha256
    for name in ("architecture", "skeleton", "calibration", "metrics"):
        assert getattr(metadata, name) == getattr(source.metadata, name)
    size = source.network.architecture.input_size
    assert exported.size == (size if task == "joints" else None)
    assert exported.check["accuracy"]["source_ap"] > 0.3

    pictures = joint_pictures(size)[:2] if task == "joints" else finder_pictures(size)[:2]
    with torch.inference_mode():
        batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
        expected = source.network(batch).numpy()
    found = compare(task, [expected], [network.run(pictures)], decoded=False)
    assert found.measured > 1
    check_differences(path, "onnx", found, TOLERANCES["fp32"])
    assert np.isfinite(expected).all()


@pytest.mark.parametrize("task", ["joints", "person"])
def test_they_are_small(task: Task):
    assert shipped_weights(task, ".onnx").stat().st_size < 8_000_000
