import pytest
import torch

from pedpose.errors import ConfigError
from pedpose.model.architecture import (
    ACTIVATIONS,
    BACKBONES,
    TORCHVISION_BACKBONES,
    Architecture,
    Task,
)
from pedpose.model.backbone import make_activation
from pedpose.model.checkpoint import load_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.runtime.torch_runtime import TorchRuntime
from pedpose.shipped import shipped_weights

COARSEST = dict.fromkeys(BACKBONES, 32) | {"plain": 16}


@pytest.mark.parametrize(
    ("backbone", "stride"),
    [*COARSEST.items(), *((name, 16) for name in TORCHVISION_BACKBONES)],
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
    network = HeatmapCNN(Architecture("joints", 3, backbone, COARSEST[backbone], 16, 64, 64))
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
    assert torch.allclose(
        torch.from_numpy(found), expected, atol=1e-4 * float(expected.abs().max())
    )


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


@pytest.mark.parametrize("backbone", ["lite_hrnet", "lcnet_pan", "plain"])
def test_imagenet_weights_of_backbones_that_have_none_are_refused(backbone: str):
    with pytest.raises(ConfigError, match=f"no such weights of {backbone}; give a file"):
        HeatmapCNN(
            Architecture("joints", 3, backbone, COARSEST[backbone], 8, 64, 64), imagenet=True
        )


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


@pytest.mark.parametrize("outputs", [1, 2, 133])
def test_any_number_of_joints(outputs: int):
    network = HeatmapCNN(Architecture("joints", outputs, "plain", width=8)).eval()
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 64, 32)).shape == (1, outputs, 16, 8)


@pytest.mark.parametrize("kernel", [1, 5, 11])
def test_kernel_of_the_decoder(kernel: int):
    network = HeatmapCNN(Architecture("joints", 2, width=8, kernel=kernel)).eval()
    sizes = {m.kernel_size for m in network.smooth.modules() if isinstance(m, torch.nn.Conv2d)}
    assert sizes == {(kernel, kernel)}
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 64, 32)).shape == (1, 2, 16, 8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_of_decoder_and_plain_backbone(name: str):
    network = HeatmapCNN(Architecture("joints", 2, "plain", width=8, activation=name))
    found = {type(m) for m in network.modules() if type(m).__name__ in _ACTIVATION_CLASSES}
    assert [kind.__name__ for kind in found] == [_ACTIVATION_CLASSES[ACTIVATIONS.index(name)]]
    network(torch.rand(2, 3, 64, 32) * 255).square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


_ACTIVATION_CLASSES = ["ReLU", "LeakyReLU", "SiLU", "GELU", "Hardswish"]


def test_unknown_activation_is_refused():
    with pytest.raises(ConfigError, match=r"expected one of relu, .*hardswish, found 'tanh'"):
        make_activation("tanh")


def test_dropout_is_in_training_only():
    network = HeatmapCNN(Architecture("joints", 2, "plain", width=64, dropout=0.5))
    pictures = torch.rand(2, 3, 64, 32) * 255
    with torch.no_grad():
        network.head.weight.fill_(1)
        network.train()
        assert not torch.equal(network(pictures), network(pictures))
        network.eval()
        assert torch.equal(network(pictures), network(pictures))
        # Whole channels go: the maps that enter the head are all zero or twice as large.
        before = torch.rand(1, 64, 4, 4) + 1
        after = network.dropout.train()(before)
    left = (after != 0).flatten(2)
    assert torch.equal(left.any(2), left.all(2)) and left.any() and not left.all()
    assert torch.allclose(after[after != 0], 2 * before[after != 0])


def test_without_dropout_training_draws_no_random_numbers():
    network = HeatmapCNN(Architecture("joints", 2, "plain", width=8)).train()
    state = torch.get_rng_state()
    network(torch.rand(2, 3, 64, 32, generator=torch.Generator()) * 255)
    assert torch.equal(torch.get_rng_state(), state)


# Computed before the decoder had a kernel, an activation and a dropout to choose.
_BEFORE = {
    "joints": [0.10725, 0.101092, 0.011114, 0.260505],
    "person": [0.312479, 2.549612, -4.114584, 4.156664],
}


@pytest.mark.parametrize("task", _BEFORE)
def test_shipped_weights_compute_what_they_did(task: Task):
    network = load_checkpoint(shipped_weights(task)).network
    size = network.architecture.input_size
    pictures = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(7))
    with torch.inference_mode():
        maps = network(pictures)
    found = [maps.mean(), maps.std(), maps[0, 0, 3, 5], maps[1, -1, 40, 20]]
    assert [float(x) for x in found] == pytest.approx(_BEFORE[task], rel=1e-3, abs=1e-5)
