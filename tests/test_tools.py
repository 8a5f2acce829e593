"""The scripts that make the shipped weights."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pedpose.cli.main import app
from pedpose.model.checkpoint import load_checkpoint, save_checkpoint
from pedpose.shipped import shipped_weights

ROOT = Path(__file__).parents[1]

LAYER = """<layer id="{id}" type="{kind}">{data}<rt_info>{info}</rt_info></layer>"""
NAMES = '<attribute name="fused_names" value="batch_norm2d_{}.w_0, conv2d_7.tmp_0"/>'


def run_tool(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def write_network(path: Path) -> list[np.ndarray]:
    """Write two convolutions with biases, the second one first; return their numbers in order."""
    random = np.random.default_rng(0)
    shapes = [(4, 3, 1, 1), (1, 4, 1, 1), (4, 1, 1, 3, 3), (1, 4, 1, 1)]
    arrays = [random.normal(size=shape).astype(np.float16) for shape in shapes]
    layers, edges, offset = [LAYER.format(id=0, kind="Parameter", data="", info="")], [], 0
    for i, array in enumerate(arrays, start=1):
        shape = ", ".join(map(str, array.shape))
        data = f'<data element_type="f16" shape="{shape}" offset="{offset}" size="{array.nbytes}"/>'
        layers.append(LAYER.format(id=i, kind="Const", data=data, info=""))
        offset += array.nbytes
    for n, kind in enumerate(("Convolution", "GroupConvolution")):
        convolution, added = 10 + 2 * n, 11 + 2 * n
        info = NAMES.format(1 - n)
        layers.append(LAYER.format(id=convolution, kind=kind, data="", info=info))
        layers.append(LAYER.format(id=added, kind="Add", data="", info=""))
        edges += [(convolution - 1 if n else 0, convolution), (1 + 2 * n, convolution)]
        edges += [(convolution, added), (2 + 2 * n, added)]
    ends = "".join(f'<edge from-layer="{a}" to-layer="{b}"/>' for a, b in edges)
    path.write_text(f"<net><layers>{''.join(layers)}</layers><edges>{ends}</edges></net>")
    path.with_suffix(".bin").write_bytes(b"".join(array.tobytes() for array in arrays))
    return arrays


def test_convolutions_are_read_in_the_order_in_which_they_were_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    from openvino_weights import read_convolutions

    arrays = write_network(tmp_path / "network.xml")
    first, second = read_convolutions(tmp_path / "network.xml")
    assert (first.number, second.number) == (0, 1)
    assert np.array_equal(first.weight, arrays[2].reshape(4, 1, 3, 3))
    assert np.array_equal(first.bias, arrays[3].ravel())
    assert np.array_equal(second.weight, arrays[0])
    assert np.array_equal(second.bias, arrays[1].ravel())


def test_another_network_is_refused(tmp_path: Path):
    write_network(tmp_path / "network.xml")
    for tool in ("tinypose_weights.py", "picodet_weights.py"):
        done = run_tool(tool, tmp_path / "network.xml", tmp_path / "out.safetensors")
        assert done.returncode != 0
        assert not (tmp_path / "out.safetensors").exists()


@pytest.mark.parametrize(
    ("tool", "folder", "least"),
    [("tinypose_weights.py", "tinypose_256x192", 1600), ("picodet_weights.py", "picodet*", 400)],
)
def test_the_teachers_are_converted(
    shared: Path, tmp_path: Path, tool: str, folder: str, least: int
):
    from safetensors.numpy import load_file

    (network,) = (shared / "teachers").glob(f"{folder}/*.xml")
    done = run_tool(tool, network, tmp_path / "out.safetensors")
    assert done.returncode == 0, done.stderr
    tensors = load_file(tmp_path / "out.safetensors")
    assert len(tensors) > least
    # Every batch norm got the bias of its convolution: none kept the zeros it was built with.
    biases = {n: v for n, v in tensors.items() if n.startswith("backbone") and n.endswith(".bias")}
    assert all(np.abs(value).max() > 0 for value in biases.values())


def test_scores_are_calibrated_by_a_report(tmp_path: Path):
    weights = tmp_path / "weights.safetensors"
    save_checkpoint(weights, replace(load_checkpoint(shipped_weights("joints")), calibration={}))
    samples = ROOT / "samples" / "samples.json"
    options = ["--data", samples, "--weights", weights, "--out", tmp_path / "report"]
    result = CliRunner().invoke(app, ["eval", *map(str, options)])
    assert result.exit_code == 0, result.output
    done = run_tool("calibrate.py", weights, "joints", tmp_path / "report" / "report.json")
    assert done.returncode == 0, done.stderr
    assert set(load_checkpoint(weights).calibration) == {"joints"}
    # The report is of the weights before.
    again = run_tool("calibrate.py", weights, "joints", tmp_path / "report" / "report.json")
    assert again.returncode != 0
    assert "expected a report on these weights" in again.stderr
