import pytest
import torch

from pedpose.errors import ConfigError
from pedpose.model.heatmap_cnn import BACKBONES, Architecture, HeatmapCNN
from pedpose.model.torchvision_backbone import TORCHVISION_BACKBONES
from pedpose.runtime.torch_runtime import TorchRuntime


@pytest.mark.parametrize(
    ("backbone", "stride"),
    [(name, 32) for name in BACKBONES] + [(name, 16) for name in TORCHVISION_BACKBONES],
)
def test_maps_are_a_quarter_of_the_input(backbone: str, stride: int):
    architecture = Architecture("joints", 5, backbone, stride, 16, 96, 64)
    network = HeatmapCNN(architecture).eval()
    assert network.backbone.strides[-1] == (4 if backbone == "lite_hrnet" else stride)
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 96, 64)).shape == (1, 5, 24, 16)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_fused_runtime_computes_the_same_as_the_network(backbone: str):
    torch.manual_seed(0)
    network = HeatmapCNN(Architecture("joints", 3, backbone, 32, 16, 64, 64))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
    network.eval()
    pictures = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        expected = network(pictures.permute(0, 3, 1, 2).float())
    found = TorchRuntime(network, torch.device("cpu"))(pictures.numpy())
    assert expected.abs().max() > 0
    assert torch.allclose(found, expected, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "alexnet"}, "expected one of resnet18"),
        ({"backbone_stride": 8}, "expected 16 or 32, found 8"),
        ({"backbone": "lite_hrnet"}, "stride of lite_hrnet: expected 32, found 16"),
        ({"height_px": 100}, "multiple of 16 up to 4096, found 100"),
        ({"task": "cats"}, "expected joints or person, found 'cats'"),
        ({"outputs": 0}, "outputs: expected 1 to 1000, found 0"),
        ({"width": 20_000}, "width: expected 1 to 1024, found 20000"),
        ({"width": "8"}, "width: expected 1 to 1024, found 8"),
        ({"height_px": 64_000}, "up to 4096, found 64000"),
        ({"task": "person", "outputs": 7}, "person finder: expected 5, found 7"),
    ],
)
def test_impossible_networks_are_refused(changes: dict[str, object], message: str):
    with pytest.raises(ConfigError, match=message):
        HeatmapCNN(Architecture(**{"task": "joints", "outputs": 17, **changes}))


def test_frozen_layers_neither_learn_nor_count():
    network = HeatmapCNN(Architecture("joints", 3, width=8, height_px=64, width_px=64))
    network.backbone.freeze(4)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.train()
    optimiser = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=1.0)
    network(torch.rand(2, 3, 64, 64) * 255).square().mean().backward()
    optimiser.step()
    changed = {
        name for name, value in network.state_dict().items() if (value != before[name]).any()
    }
    frozen = ("backbone.conv1", "backbone.bn1", "backbone.layer1")
    assert not [name for name in changed if name.startswith(frozen)]
    assert "backbone.layer2.0.bn1.running_mean" in changed
    assert "lateral.0.weight" in changed


def test_freezing_to_an_unknown_stride_is_refused():
    network = HeatmapCNN(Architecture("joints", 3, width=8, height_px=64, width_px=64))
    with pytest.raises(ConfigError, match="expected a stride of 4, 8, 16, found 32"):
        network.backbone.freeze(32)


@pytest.mark.parametrize("backbone", ["lite_hrnet", "lcnet_pan"])
def test_backbones_that_are_one_whole_are_frozen_as_a_whole(backbone: str):
    network = HeatmapCNN(Architecture("joints", 3, backbone, 32, 8, 64, 64))
    with pytest.raises(ConfigError, match="freeze: expected a stride of 32, found 8"):
        network.backbone.freeze(8)
    network.backbone.freeze(32)
    network.train()
    before = {name: value.clone() for name, value in network.backbone.state_dict().items()}
    network(torch.rand(2, 3, 64, 64) * 255).square().mean().backward()
    assert all(torch.equal(v, before[n]) for n, v in network.backbone.state_dict().items())
    assert all(p.grad is None for p in network.backbone.parameters())
    assert network.head.weight.grad is not None


@pytest.mark.parametrize("backbone", ["lite_hrnet", "lcnet_pan"])
def test_imagenet_weights_of_backbones_that_have_none_are_refused(backbone: str):
    with pytest.raises(ConfigError, match=f"no such weights of {backbone}; give a file"):
        HeatmapCNN(Architecture("joints", 3, backbone, 32, 8, 64, 64), imagenet=True)


def test_operations_are_counted_as_by_hand():
    # ResNet-18 to stride 16 on 32 x 32, then the decoder; two operations a multiply-add.
    stem = 3 * 64 * 49 * 16**2
    layer1 = 4 * 64 * 64 * 9 * 8**2
    layer2 = (64 * 128 * 9 + 3 * 128 * 128 * 9 + 64 * 128) * 4**2
    layer3 = (128 * 256 * 9 + 3 * 256 * 256 * 9 + 128 * 256) * 2**2
    lateral = 64 * 8 * 8**2 + 128 * 8 * 4**2 + 256 * 8 * 2**2
    smooth = 8 * 8 * 9 * (8**2 + 4**2 + 2**2)
    head = 8 * 3 * 8**2
    network = HeatmapCNN(Architecture("joints", 3, width=8, height_px=32, width_px=32))
    expected = 2 * (stem + layer1 + layer2 + layer3 + lateral + smooth + head) / 1e9
    assert network.gflops() == pytest.approx(expected)
