import copy
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from pedpose.errors import ConfigError
from pedpose.model.architecture import BACKBONES, Architecture, Task
from pedpose.model.checkpoint import load_checkpoint
from pedpose.model.deploy import for_inference
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.runtime.torch_runtime import TorchRuntime
from pedpose.shipped import shipped_weights

SAMPLES = Path(__file__).parents[2] / "samples"
COARSEST = dict.fromkeys(BACKBONES, 32) | {"plain": 16}


def untrained(backbone: str, width: int = 16, kernel: int = 3) -> HeatmapCNN:
    """A network in training mode of which no number is 0 or 1 by chance."""
    torch.manual_seed(0)
    stride = COARSEST[backbone]
    made = HeatmapCNN(Architecture("joints", 5, backbone, stride, width, 64, 96, kernel=kernel))
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    for module in (*made.lateral, made.head):
        assert isinstance(module, nn.Conv2d) and module.bias is not None
        nn.init.normal_(module.weight, std=0.3)
        nn.init.normal_(module.bias)
    return made


def noise(count: int, height: int, width: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, 3, height, width), generator=generator).float()


def assert_same_maps(network: HeatmapCNN, pictures: Tensor, within: float = 1e-5) -> None:
    """Compare with the network itself, in parts of the range of its maps."""
    with torch.no_grad():
        expected = copy.deepcopy(network).eval()(pictures)
        found = for_inference(network)(pictures)
    span = expected.amax() - expected.amin()
    assert span > 0.1
    assert (found - expected).abs().max() < within * span


@pytest.mark.parametrize("backbone", BACKBONES)
def test_maps_are_those_of_the_network(backbone: str):
    assert_same_maps(untrained(backbone), noise(2, 64, 96))


@pytest.mark.parametrize(("width", "kernel"), [(24, 1), (64, 5)])
def test_maps_of_other_decoders(width: int, kernel: int):
    """The bias of a convolution that is none any more must not leak in from beyond the border."""
    assert_same_maps(untrained("lite_hrnet", width, kernel), noise(1, 96, 64))


@pytest.mark.parametrize("backbone", BACKBONES)
def test_batch_norms_are_gone(backbone: str):
    kinds = {type(module) for module in for_inference(untrained(backbone)).modules()}
    assert nn.Conv2d in kinds and nn.BatchNorm2d not in kinds


def test_joints_in_real_crops():
    network = load_checkpoint(shipped_weights("joints")).network
    assert_same_maps(network, crops(), 1e-4)


def crops() -> Tensor:
    """Everybody in the rendered samples, (N, 3, 256, 192)."""
    data = json.loads((SAMPLES / "samples.json").read_text())
    files = {image["id"]: image["file_name"] for image in data["images"]}
    cut = []
    for person in data["annotations"][:8]:
        picture = np.asarray(Image.open(SAMPLES / files[person["image_id"]]).convert("RGB"))
        x, y, width, height = (round(side) for side in person["bbox"])
        part = picture[max(y, 0) : y + height, max(x, 0) : x + width]
        cut.append(cv2.resize(part, (192, 256)))
    return torch.from_numpy(np.stack(cut)).permute(0, 3, 1, 2).float()


@pytest.mark.parametrize("size", [(256, 320), (192, 352)])
def test_people_in_real_pictures(size: tuple[int, int]):
    network = load_checkpoint(shipped_weights("person")).network
    files = [SAMPLES / f"{name}.jpg" for name in ("crosswalk", "night", "astronaut")]
    pictures = [np.asarray(Image.open(f).convert("RGB").resize(size[::-1])) for f in files]
    assert_same_maps(network, torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2), 1e-4)


def test_the_original_stays_as_it_is():
    network = untrained("lite_hrnet").train()
    before = copy.deepcopy(network.state_dict())
    ready = for_inference(network)
    assert network.training and not ready.training
    assert all(p.requires_grad for p in network.parameters())
    assert not any(p.requires_grad for p in ready.parameters())
    after = network.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(value, before[name]) for name, value in after.items())
    own = {p.data_ptr() for p in network.parameters()}
    assert not own & {p.data_ptr() for p in ready.parameters()}


def exported(ready: nn.Module, pictures: Tensor, sides: dict[int, object]) -> nn.Module:
    batch = {0: torch.export.Dim("batch", min=1, max=64)}
    program = torch.export.export(ready, (pictures,), dynamic_shapes=(batch | sides,))
    return program.module()


def test_nothing_is_moved_in_the_graph_of_a_lite_hrnet():
    network = untrained("lite_hrnet")
    ready = for_inference(network)
    graph = exported(ready, noise(2, 64, 96), {})
    called = {str(n.target) for n in graph.graph.nodes if n.op == "call_function"}
    assert "aten.conv2d.default" in called
    moving = ("cat", "chunk", "split", "shuffle", "permute", "transpose", "view", "index", "slice")
    assert not [name for name in called if any(word in name for word in moving)]
    with torch.no_grad():
        assert torch.allclose(graph(noise(3, 64, 96)), ready(noise(3, 64, 96)), atol=1e-4)


def test_a_finder_is_exported_for_any_size():
    network = untrained("lcnet_pan")
    ready = for_inference(network)
    height, width = (32 * torch.export.Dim(name, min=2, max=64) for name in ("rows", "columns"))
    graph = exported(ready, noise(2, 64, 96), {2: height, 3: width})
    for size in ((1, 160, 64), (3, 64, 128)):
        with torch.no_grad():
            expected = network.eval()(noise(*size))
            assert torch.allclose(graph(noise(*size)), expected, atol=1e-4 * expected.abs().max())


@pytest.mark.parametrize("task", ["joints", "person"])
def test_runtime_in_half_precision(task: Task):
    network = load_checkpoint(shipped_weights(task)).network
    pictures = crops()[:2].permute(0, 2, 3, 1).byte().numpy()
    exact = TorchRuntime(network, torch.device("cpu"))(pictures)
    for precision, part in (("bf16", 0.02), ("fp16", 0.003)):
        found = TorchRuntime(network, torch.device("cpu"), precision)(pictures)
        assert found.dtype == np.float32
        assert 0 < np.abs(found - exact).mean() < part * exact.std()


def test_other_precisions_of_a_runtime_are_refused():
    with pytest.raises(ConfigError, match="expected one of fp32, bf16, fp16, found 'int8'"):
        TorchRuntime(untrained("plain"), torch.device("cpu"), "int8")
