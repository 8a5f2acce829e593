import copy

import pytest
import torch

from pedpose.errors import ConfigError
from pedpose.model.architecture import PERSON_CHANNELS, Architecture
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.runtime.device import bf16_supported
from pedpose.runtime.torch_network import TorchNetwork

CPU = torch.device("cpu")
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")


@pytest.fixture
def network() -> HeatmapCNN:
    """A finder whose batch norms have learned something, in training mode."""
    torch.manual_seed(0)
    made = HeatmapCNN(Architecture("person", PERSON_CHANNELS, width=16, height_px=64, width_px=64))
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, std=0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
    return made.train()


def pictures(count: int = 2) -> torch.Tensor:
    return 255 * torch.rand(count, 3, 64, 96, generator=torch.Generator().manual_seed(1))


def test_maps_are_those_of_the_network(network: HeatmapCNN):
    before = copy.deepcopy(network.state_dict())
    ready = TorchNetwork(network, CPU)
    with torch.no_grad():
        expected = copy.deepcopy(network).eval()(pictures())
    found = ready(pictures())
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=1e-3)
    assert found.shape == (2, PERSON_CHANNELS, 16, 24)
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_is_close(network: HeatmapCNN, precision: str):
    exact = TorchNetwork(network, CPU)(pictures())
    found = TorchNetwork(network, CPU, precision)(pictures())
    assert found.dtype == torch.float32
    assert 0 < (found - exact).abs().mean() < 0.02 * exact.std()


def test_other_precisions_are_refused(network: HeatmapCNN):
    with pytest.raises(ConfigError, match="expected one of fp32, bf16, fp16, found 'int8'"):
        TorchNetwork(network, CPU, "int8")


def test_what_a_processor_says_of_bf16(monkeypatch: pytest.MonkeyPatch):
    assert isinstance(bf16_supported(CPU), bool)
    assert bf16_supported(torch.device("mps")) is False
    for name in ("avx512_bf16", "amx_bf16"):
        for has in (True, False):
            monkeypatch.setattr(
                torch.cpu, "get_capabilities", lambda n=name, h=has: {n: h}, raising=False
            )
            assert bf16_supported(CPU) is has
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert bf16_supported(CPU) is torch.ops.mkldnn._is_mkldnn_bf16_supported()


@needs_cuda
def test_bf16_on_a_gpu_is_close(network: HeatmapCNN):
    device = torch.device("cuda")
    exact = TorchNetwork(network, CPU)(pictures())
    for precision, part in (("fp32", 0.005), ("bf16", 0.02), ("fp16", 0.02)):
        found = TorchNetwork(network, device, precision)(pictures().to(device))
        assert found.device.type == "cuda"
        assert (found.cpu() - exact).abs().mean() < part * exact.std()
    assert isinstance(bf16_supported(device), bool)
