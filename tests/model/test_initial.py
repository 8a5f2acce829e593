from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from pedpose.errors import CheckpointError
from pedpose.model.architecture import Architecture
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.initial import folded_batch_norms, load_initial, measure_batch_norm


def small_network(outputs: int = 3) -> HeatmapCNN:
    architecture = Architecture("joints", outputs, width=8, height_px=64, width_px=64)
    return HeatmapCNN(architecture).eval()


def test_weights_of_torchvision_fit_the_backbone(tmp_path: Path):
    torch.manual_seed(0)
    source = torchvision.models.resnet18()
    save_file(source.state_dict(), tmp_path / "resnet18.safetensors")
    network = small_network()
    found = load_initial(network, tmp_path / "resnet18.safetensors")
    loaded, rest = list(found.tensors), list(found.rest)
    assert torch.equal(network.backbone.get_submodule("conv1").weight, source.conv1.weight)
    assert len(loaded) > 60
    assert {name.split(".")[0] for name in rest} == {"layer4", "fc"}


def test_another_number_of_joints_keeps_all_but_the_head(tmp_path: Path):
    source, network = small_network(17), small_network(3)
    save_file(source.state_dict(), tmp_path / "other.safetensors")
    head = network.head.weight.clone()
    rest = list(load_initial(network, tmp_path / "other.safetensors").rest)
    assert sorted(rest) == ["head.bias", "head.weight"]
    assert torch.equal(network.head.weight, head)
    assert torch.equal(network.lateral[0].weight, source.lateral[0].weight)


def test_a_file_of_which_nothing_fits_is_refused(tmp_path: Path):
    save_file({"a": torch.zeros(2)}, tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match="expected tensors of resnet18, found none that fit"):
        load_initial(small_network(), tmp_path / "a.safetensors")


def test_measuring_batch_norm_keeps_the_function():
    torch.manual_seed(0)
    network = small_network()
    with torch.no_grad():
        network.head.weight.normal_()
        for module in network.backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.2, 2)
                module.bias.uniform_(-1, 1)
        pictures = [torch.rand(2, 3, 64, 64) * 255 for _ in range(3)]
        before = network(pictures[0])
    loaded = [name for name in network.state_dict() if name.startswith("backbone.")]
    norms = folded_batch_norms(network, loaded)
    assert norms == [m for m in network.backbone.modules() if isinstance(m, nn.BatchNorm2d)]
    measure_batch_norm(network, norms, pictures)
    assert not folded_batch_norms(network, loaded)
    with torch.no_grad():
        after = network(pictures[0])
    assert torch.allclose(after, before, atol=1e-3 * float(before.abs().max()))


def test_measured_statistics_are_those_of_the_data():
    torch.manual_seed(0)
    network = small_network()
    picture = torch.rand(4, 3, 64, 64) * 255
    norm = network.backbone.get_submodule("bn1")
    assert isinstance(norm, nn.BatchNorm2d)
    measure_batch_norm(network, [norm], [picture])
    with torch.no_grad():
        convolved = network.backbone.get_submodule("conv1")((picture - network.mean) / network.std)
    assert torch.allclose(norm.running_mean, convolved.mean(dim=(0, 2, 3)), atol=1e-4)
    assert torch.allclose(
        norm.running_var, convolved.var(dim=(0, 2, 3), correction=0), rtol=1e-3, atol=1e-4
    )
