import pytest
import torch

from pedpose.errors import ConfigError
from pedpose.model.architecture import ACTIVATIONS, Architecture, Stage, total_strides
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.plain_cnn import PlainCNN


def network_of(*stages: Stage, **changes: object) -> HeatmapCNN:
    torch.manual_seed(0)
    sizes = {"outputs": 3, "width": 6, "height_px": 64, "width_px": 32}
    return HeatmapCNN(
        Architecture.from_dict(
            {
                **{"task": "joints", "backbone": "plain"},
                "backbone_stride": total_strides(stages)[-1],
                "stages": [
                    {n: getattr(s, n) for n in ("width", "depth", "kernel", "stride", "padding")}
                    for s in stages
                ],
                **sizes,
                **changes,
            }
        )
    )


@pytest.mark.parametrize(
    ("stages", "strides", "channels"),
    [
        ([(4, 1), (8, 2)], (4,), (8,)),
        ([(4, 1), (8, 2), (9, 1)], (4, 8), (8, 9)),
        ([(4, 1, 3, 1), (5, 1), (6, 1), (7, 2, 1, 1), (8, 1)], (4, 8), (7, 8)),
        ([(4, 1), (4, 1, 5), (4, 1, 7), (4, 1, 9), (4, 3, 11)], (4, 8, 16, 32), (4, 4, 4, 4)),
        ([(3, 1, 3, 1), (1, 1), (1, 1)], (4,), (1,)),
    ],
)
def test_the_last_map_of_each_stride_is_handed_on(
    stages: list[tuple[int, ...]], strides: tuple[int, ...], channels: tuple[int, ...]
):
    backbone = PlainCNN([Stage(*stage) for stage in stages], "relu").eval()
    assert (backbone.strides, backbone.channels) == (strides, channels)
    with torch.no_grad():
        shapes = [x.shape for x in backbone(torch.rand(1, 3, 64, 96))]
    assert shapes == [(1, c, 64 // s, 96 // s) for s, c in zip(strides, channels, strict=True)]
    network = network_of(*(Stage(*stage) for stage in stages)).eval()
    with torch.no_grad():
        assert network(torch.zeros(2, 3, 64, 32)).shape == (2, 3, 16, 8)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_reach_every_layer(activation: str):
    # Few channels, odd numbers and channels last: what CPU kernels get wrong first.
    network = network_of(
        Stage(5, 1), Stage(3, 2, 5), Stage(3, 1, 1, 1), Stage(7, 1), activation=activation
    ).to(memory_format=torch.channels_last)
    pictures = torch.rand(4, 3, 64, 32).to(memory_format=torch.channels_last) * 255
    network(pictures).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
    assert network.backbone.stages[0][0].first[0].weight.grad.abs().sum() > 0


def test_parameters_and_operations_are_counted_as_by_hand():
    network = network_of(Stage(4, 1), Stage(8, 2, kernel=5), height_px=32, width_px=32)
    first = (3 * 4 * 9 + 8) + (4 * 4 * 9 + 8) + (3 * 4 + 8)
    second = (4 * 8 * 25 + 16) + (8 * 8 * 25 + 16) + (4 * 8 + 16) + 2 * (8 * 8 * 25 + 16)
    decoder = (8 * 6 + 6) + (6 * 6 * 9 + 12) + (6 * 3 + 3)
    assert first + second + decoder == 6411
    assert network.parameter_count() == 6411
    cells = (3 * 4 * 9 + 4 * 4 * 9 + 3 * 4) * 16**2
    cells += (4 * 8 * 25 + 3 * 8 * 8 * 25 + 4 * 8) * 8**2
    cells += (8 * 6 + 6 * 6 * 9 + 6 * 3) * 8**2
    assert network.gflops() == pytest.approx(2 * cells / 1e9)


def test_a_block_is_two_convolutions_and_a_way_around():
    backbone = PlainCNN([Stage(2, 1, 3, 1), Stage(2, 2)], "relu").eval()
    block = backbone.stages[1][0]
    torch.nn.init.zeros_(block.second[0].weight)
    x = torch.rand(1, 2, 8, 8)
    with torch.no_grad():
        assert torch.allclose(block(x), torch.nn.functional.avg_pool2d(x, 2))
        again = backbone.stages[1][1]
        torch.nn.init.zeros_(again.second[0].weight)
        assert torch.equal(again(x), x)


def test_the_same_seed_builds_the_same_network():
    one, two = (network_of(Stage(4, 1), Stage(8, 2)).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize(("stride", "still"), [(4, 2), (8, 4), (16, 5)])
def test_frozen_stages_stay_as_they_are(stride: int, still: int):
    network = network_of(Stage(4, 1), Stage(4, 1), Stage(5, 1), Stage(5, 2, stride=1), Stage(6, 1))
    network.backbone.freeze(stride)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.train()
    optimiser = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=1.0)
    network(torch.rand(4, 3, 64, 32) * 255).square().mean().backward()
    optimiser.step()
    changed = {n for n, value in network.state_dict().items() if (value != before[n]).any()}
    frozen = tuple(f"backbone.stages.{i}." for i in range(still))
    assert not [name for name in changed if name.startswith(frozen)]
    learning = {n for n in before if n.startswith("backbone.") and n.endswith("running_mean")}
    assert {n for n in learning if not n.startswith(frozen)} <= changed
    assert "head.weight" in changed


def test_freezing_to_a_stride_that_is_not_there_is_refused():
    network = network_of(Stage(4, 1), Stage(4, 1), Stage(5, 1))
    with pytest.raises(ConfigError, match="expected a stride of 4, 8, found 16"):
        network.backbone.freeze(16)
