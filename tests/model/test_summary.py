from pathlib import Path

import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from pedpose.cli.main import app
from pedpose.model.architecture import BACKBONES, Architecture, Stage
from pedpose.model.checkpoint import Checkpoint, save_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.summary import summarise, summary_lines, training_bytes_per_sample
from pedpose.skeleton import COCO_17


def network_of(backbone: str, size: int = 64) -> HeatmapCNN:
    stride = 16 if backbone == "plain" else 32
    return HeatmapCNN(Architecture("joints", 17, backbone, stride, 8, size, size))


@pytest.mark.parametrize("backbone", BACKBONES)
def test_the_rows_are_the_whole_network(backbone: str):
    network = network_of(backbone)
    summary = summarise(network)
    assert 10 <= len(summary.layers) <= 30
    assert summary.parameters == summary.trainable == network.parameter_count()
    # FlopCounterMode counts what is really run.
    assert summary.gflops == pytest.approx(network.gflops())
    assert summary.layers[-1].name == "head"
    assert summary.layers[-1].outputs == ((17, 16, 16),)
    assert len({layer.name for layer in summary.layers}) == len(summary.layers)


def test_numbers_of_a_row_are_those_by_hand():
    stages = (Stage(4, 1), Stage(8, 2, kernel=5))
    network = HeatmapCNN(Architecture("joints", 3, "plain", 4, 6, 32, 64, stages, dropout=0.1))
    summary = summarise(network)
    names = ["backbone.stages.0", "backbone.stages.1", "lateral.0", "smooth.0", "dropout", "head"]
    assert [layer.name for layer in summary.layers] == names
    first, second, *_, head = summary.layers
    assert (first.kind, second.kind, head.kind) == ("Block", "2 Block", "Conv2d")
    assert first.outputs == ((4, 16, 32),)
    assert first.parameters == (3 * 4 * 9 + 8) + (4 * 4 * 9 + 8) + (3 * 4 + 8)
    assert first.gflops == pytest.approx(2 * (3 * 4 * 9 + 4 * 4 * 9 + 3 * 4) * 16 * 32 / 1e9)
    assert head.gflops == pytest.approx(2 * 6 * 3 * 8 * 16 / 1e9)
    assert summary.input_size == (32, 64)


def test_frozen_layers_are_marked():
    network = network_of("plain")
    network.backbone.freeze(8)
    network.backbone.get_submodule("stages.3.0").requires_grad_(False)
    summary = summarise(network)
    assert [layer.state for layer in summary.layers[:5]] == [
        *("frozen", "frozen", "frozen", "partly frozen", "")
    ]
    learning = sum(p.numel() for p in network.parameters() if p.requires_grad)
    assert summary.trainable == learning < summary.parameters
    assert f"{learning:,} of {summary.parameters:,} parameters learn" in summary_lines(summary)[-1]


@pytest.mark.parametrize("backbone", ["plain", "efficientnet_b0"])
def test_the_network_is_not_disturbed(backbone: str):
    network = network_of(backbone).train()
    network.lateral.eval()
    modes = [module.training for module in network.modules()]
    before = {name: value.clone() for name, value in network.state_dict().items()}
    random = torch.get_rng_state()
    with torch.no_grad():
        assert summarise(network) == summarise(network)
        assert not torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), random)
    after = network.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert [module.training for module in network.modules()] == modes
    assert all(p.grad is None and p.requires_grad for p in network.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())


@pytest.mark.parametrize("backbone", ["plain", "mobilenet_v3_small", "lcnet_pan"])
def test_memory_is_what_a_real_training_step_keeps_and_half_as_much_again(backbone: str):
    network = network_of(backbone, 128).train()
    weights = {p.data_ptr() for p in network.parameters()}
    kept: dict[int, int] = {}
    held = []

    def keep(value: Tensor) -> Tensor:
        held.append(value)
        if value.data_ptr() not in weights:
            kept[value.untyped_storage().data_ptr()] = value.untyped_storage().nbytes()
        return value

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
        network(torch.rand(8, 3, 128, 128))
    assert training_bytes_per_sample(network) == pytest.approx(
        1.5 * sum(kept.values()) / 8, rel=0.1
    )
    assert summarise(network).training_bytes == training_bytes_per_sample(network)


def test_frozen_layers_spare_memory():
    network = network_of("plain", 256)
    whole = training_bytes_per_sample(network)
    network.backbone.freeze(8)
    # The picture and the largest map still pass through.
    largest = 32 * 128 * 128 * 4
    assert 4 * largest < training_bytes_per_sample(network) < whole


def test_memory_grows_with_the_picture():
    small, large = (training_bytes_per_sample(network_of("plain", size)) for size in (128, 256))
    assert large == pytest.approx(4 * small, rel=0.01)


def test_lines_are_aligned():
    network = network_of("resnet18")
    lines = summary_lines(summarise(network))
    table = lines[: lines.index("")]
    column = table[0].index("made of")
    assert {line[column - 2 : column] for line in table} == {"  "}
    end = table[0].index("parameters") + len("parameters")
    assert all(line[end - 1].isdigit() for line in table[1:])
    assert table[-1].startswith("total") and f" {network.parameter_count():,} " in table[-1]
    assert lines[-1].startswith("input 64 x 64 pixels; ")


def test_info_prints_the_summary(tmp_path: Path):
    network = network_of("plain")
    path = tmp_path / "plain.safetensors"
    save_checkpoint(path, Checkpoint(network, COCO_17))
    result = CliRunner().invoke(app, ["info", str(path), "--summary"])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == summary_lines(summarise(network))
