"""Convolutions by hand, and what their cells see by what really reaches them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from pedpose.model.architecture import ACTIVATIONS, BACKBONES, Architecture, Stage, total_strides
from pedpose.model.convolutions import Convolution, convolution_lines, convolutions
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.receptive_field import Sight, join
from pedpose.model.summary import summarise


def network_of(backbone: str, height: int = 64, width: int = 64) -> HeatmapCNN:
    stride = 16 if backbone == "plain" else 32
    return HeatmapCNN(Architecture("joints", 17, backbone, stride, 8, height, width))


def plain(stages: Sequence[Stage], height: int, width: int, kernel: int = 3) -> HeatmapCNN:
    stride = total_strides(stages)[-1]
    return HeatmapCNN(
        Architecture("joints", 1, "plain", stride, 2, height, width, tuple(stages), kernel)
    )


def by_name(network: HeatmapCNN) -> dict[str, Convolution]:
    return {each.name: each for each in convolutions(network)}


def test_a_plain_network_by_hand():
    # 3x3 s2 sees 3 pixels and jumps 2; each 3x3 then adds 2 jumps: 3 + 2 * 2 = 7 at jump 2,
    # 7 + 2 * 2 = 11 at jump 4, 11 + 2 * 4 = 19 at jump 4. The ways around are an average of 2 x 2
    # and a 1 x 1: 2 pixels, and 7 + 1 * 2 = 9.
    found = convolutions(plain((Stage(4, 1), Stage(6, 1)), 32, 64))
    expected = {
        "backbone.stages.0.0.first.0": (3, 4, (16, 32), 2, 3, 1),
        "backbone.stages.0.0.second.0": (4, 4, (16, 32), 2, 7, 2),
        "backbone.stages.0.0.around.1": (3, 4, (16, 32), 2, 2, 1),
        "backbone.stages.1.0.first.0": (4, 6, (8, 16), 4, 11, 3),
        "backbone.stages.1.0.second.0": (6, 6, (8, 16), 4, 19, 4),
        "backbone.stages.1.0.around.1": (4, 6, (8, 16), 4, 9, 3),
        "lateral.0": (6, 2, (8, 16), 4, 19, 5),
        "smooth.0.0": (2, 2, (8, 16), 4, 27, 6),
        "head": (2, 1, (8, 16), 4, 27, 7),
    }
    assert {
        each.name: (
            *(each.inward, each.outward, each.size, each.total_stride[0]),
            *(each.receptive_field[0] if each.receptive_field else None, each.depth),
        )
        for each in found
    } == expected
    first, *_, head = found
    assert (first.kernel, first.stride, first.padding) == ((3, 3), (2, 2), (1, 1))
    assert (first.dilation, first.groups) == ((1, 1), 1)
    assert (first.parameters, head.parameters) == (4 * 3 * 9, 2 * 1 + 1)
    assert first.gflops == pytest.approx(2 * 3 * 9 * 4 * 16 * 32 / 1e9)
    whole = sum(
        2 * inward * outward * (9 if "first" in name or "second" in name or "smooth" in name else 1)
        * size[0] * size[1]
        for name, (inward, outward, size, *_) in expected.items()
    )  # fmt: skip
    assert sum(each.gflops for each in found) == pytest.approx(whole / 1e9)


def test_resnet18_is_as_everybody_says():
    found = by_name(network_of("resnet18", 256, 192))
    # 7x7 s2: 7. Max pooling 3x3 s2 to 7 + 2 * 2 = 11 at jump 4, two blocks of two 3x3:
    # 11 + 4 * 2 * 4 = 43. Then 43 + 2 * 4 + 3 * 2 * 8 = 99, 99 + 2 * 8 + 3 * 2 * 16 = 211,
    # 211 + 2 * 16 + 3 * 2 * 32 = 435.
    seen = {"conv1": 7, "layer1.1.conv2": 43, "layer2.1.conv2": 99}
    seen |= {"layer3.1.conv2": 211, "layer4.1.conv2": 435}
    for name, pixels in seen.items():
        assert found[f"backbone.{name}"].receptive_field == (pixels, pixels)
    assert found["backbone.layer4.1.conv2"].total_stride == (32, 32)
    assert found["backbone.layer4.1.conv2"].depth == 17
    assert found["backbone.layer4.0.downsample.0"].receptive_field == (211, 211)
    # The decoder: 3x3 at jump 32 to 499. One at jump 16 sees two cells of 32, 531; one at jump 8
    # sees two of 16, which see three cells of 32 together, 563; one at 4 sees no more of them.
    for level, pixels in ((3, 499), (2, 531), (1, 563), (0, 563)):
        assert found[f"smooth.{level}.0"].receptive_field == (pixels, pixels)
    assert found["head"].total_stride == (4, 4)
    assert found["head"].depth == 17 + 1 + 4 + 1


def test_a_depthwise_convolution_and_excitation_by_hand():
    found = by_name(network_of("lcnet_pan", 128, 64))
    within = found["backbone.trunk.1.0.0.0"]  # 3x3 s2 within each of 48 channels
    assert (within.kernel, within.groups, within.inward, within.outward) == ((3, 3), 48, 48, 48)
    assert within.parameters == 48 * 9
    assert within.gflops == pytest.approx(2 * 9 * 48 * 16 * 8 / 1e9)
    weigh = found["backbone.trunk.3.0.1.weigh.0"]
    assert weigh.receptive_field is None
    assert (weigh.size, weigh.total_stride) == ((1, 1), (128, 64))
    assert found["head"].receptive_field is None
    assert found["backbone.trunk.3.0.0.0"].receptive_field is not None


@pytest.mark.parametrize("backbone", BACKBONES)
def test_all_convolutions_are_there_with_all_their_operations(backbone: str):
    network = network_of(backbone, 64, 96)
    network.backbone.requires_grad_(False)
    modules = {n: m for n, m in network.named_modules() if isinstance(m, nn.Conv2d)}
    order, sizes = [], {}

    def note(module: nn.Module, _: object, output: Tensor) -> None:
        name = next(n for n, m in modules.items() if m is module)
        order.append(name)
        sizes[name] = tuple(output.shape[2:])

    hooks = [module.register_forward_hook(note) for module in modules.values()]
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, 64, 96))
    for hook in hooks:
        hook.remove()
    found = convolutions(network)
    assert [each.name for each in found] == order
    assert {each.name: each.size for each in found} == sizes
    for each in found:
        module = modules[each.name]
        assert (each.kernel, each.stride, each.padding) == (
            *(module.kernel_size, module.stride, module.padding),
        )
        assert (each.dilation, each.groups) == (module.dilation, module.groups)
        assert (each.inward, each.outward) == (module.in_channels, module.out_channels)
        assert each.parameters == sum(p.numel() for p in module.parameters())
    total = sum(each.gflops for each in found)
    assert total == pytest.approx(network.gflops()) == pytest.approx(summarise(network).gflops)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_all_activations_are_known(activation: str):
    stages = (Stage(2, 1), Stage(2, 1))
    network = HeatmapCNN(
        Architecture("person", 5, "plain", 4, 2, 32, 32, stages, 3, activation, dropout=0.5)
    )
    assert convolutions(network)[-1].receptive_field == (27, 27)


def make_transparent(network: HeatmapCNN) -> HeatmapCNN:
    """Let each cell that can reach another one reach it, by numbers that stay above 0."""
    network = network.double().eval()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):  # would let only the largest through
                setattr(module, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding))
    return network


def seen_by(network: HeatmapCNN, side: int, names: Sequence[str]) -> dict[str, int]:
    """Return how many pixels in a row along one side change cells in the middle at most."""
    size = network.architecture.input_size
    picture = torch.full((1, 3, *size), 255.0, dtype=torch.float64, requires_grad=True)
    outputs: dict[str, Tensor] = {}
    for name in names:
        network.get_submodule(name).register_forward_hook(
            lambda _, __, output, name=name: outputs.update({name: output})
        )
    network(picture)
    seen = {}
    for name, output in outputs.items():
        across = output.sum(dim=(1, 5 - (side + 2)))[0]
        middle = len(across) // 2
        widest = 0
        for cell in range(middle, middle + min(8, len(across) - middle)):
            (gradient,) = torch.autograd.grad(across[cell], picture, retain_graph=True)
            reached = gradient.sum(dim=(0, 1, 5 - (side + 2))).nonzero().flatten()
            widest = max(widest, int(reached[-1] - reached[0]) + 1)
        seen[name] = widest
    return seen


@settings(max_examples=8, deadline=None)
@given(
    stages=st.lists(
        st.builds(
            Stage,
            *(st.just(2), st.integers(1, 2)),
            kernel=st.sampled_from((3, 5, 7)),
            stride=st.sampled_from((1, 2)),
        ),
        *(),
        min_size=2,
        max_size=5,
    ).filter(lambda s: 4 <= total_strides(s)[-1] <= 32),
    kernel=st.sampled_from((1, 3, 5)),
    side=st.sampled_from((0, 1)),
)
def test_plain_cells_see_exactly_that(stages: list[Stage], kernel: int, side: int):
    widest = max(
        each.receptive_field[0] if each.receptive_field else 0
        for each in convolutions(plain(stages, 32, 32, kernel))
    )
    long = 32 * (widest // 16 + 6)
    network = plain(stages, *((long, 32) if side == 0 else (32, long)), kernel)
    found = by_name(network)
    chosen = [*list(found)[::4], "smooth.0.0", "head"]
    measured = seen_by(make_transparent(network), side, chosen)
    assert measured == {name: found[name].receptive_field[side] for name in chosen}


LONG = {
    # Up to each convolution before the first that weighs channels by the whole picture.
    "resnet18": 704,
    "lite_hrnet": 1216,
    "lcnet_pan": 512,
    "mobilenet_v3_large": 256,
}


@pytest.mark.parametrize("backbone", LONG)
def test_cells_of_other_networks_see_exactly_that(backbone: str):
    network = network_of(backbone, LONG[backbone], 32)
    found = by_name(network)
    known = [name for name, each in found.items() if each.receptive_field is not None]
    chosen = list(dict.fromkeys([*known[:: max(1, len(known) // 4)], known[-1]]))
    measured = seen_by(make_transparent(network), 0, chosen)
    fields = {name: found[name].receptive_field for name in chosen}
    assert measured == {name: field and field[0] for name, field in fields.items()}


CHAIN = st.lists(
    st.one_of(
        st.tuples(st.just("slide"), st.integers(1, 4), st.integers(1, 3), st.integers(1, 2)),
        st.tuples(st.just("nearest"), st.integers(2, 3)),
        st.tuples(st.just("linear"), st.integers(2, 3)),
        st.tuples(st.just("aligned"), st.integers(2, 3)),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(chain=CHAIN)
def test_sight_is_what_really_arrives(chain: list[tuple[str, ...]]):
    size = 240
    picture = torch.ones(1, 1, 1, size, dtype=torch.float64, requires_grad=True)
    sight, x, exact = Sight(size), picture, True
    for kind, number, *more in chain:
        if kind == "slide":
            stride, dilation = more
            padding = (number - 1) * dilation // 2
            weight = torch.ones(1, 1, 1, number, dtype=torch.float64)
            x = nn.functional.conv2d(x, weight, None, (1, stride), (0, padding), (1, dilation))
            sight = sight.slide(number, stride, padding, dilation)
        elif kind == "nearest":
            x = nn.functional.interpolate(x, scale_factor=(1, number))
            sight = sight.repeat(number)
        else:
            aligned = kind == "aligned"
            exact = exact and not aligned
            x = nn.functional.interpolate(
                x, scale_factor=(1, number), mode="bilinear", align_corners=aligned
            )
            sight = sight.interpolate(number, aligned)
    cells = x.flatten()
    assert len(cells) == sight.size
    period, middle = len(sight.low), sight.size // 2
    seen = 0
    for cell in range(middle, min(middle + period, sight.size)):
        (gradient,) = torch.autograd.grad(cells[cell], picture, retain_graph=True)
        reached = gradient.flatten().nonzero().flatten().tolist()
        low, high = (cell * sight.jump + side[cell % period] for side in (sight.low, sight.high))
        if reached[0] > 0 and reached[-1] < size - 1:
            assert round(low, 6) <= reached[0] and reached[-1] <= round(high, 6)
            # Holes of a dilation or of a stride are no part of what arrives.
            if exact:
                assert (round(low), round(high)) == (reached[0], reached[-1])
            seen = max(seen, reached[-1] - reached[0] + 1)
    assert sight.field is not None and seen <= sight.field


def test_corners_that_are_aligned_are_bounded_by_hand():
    # Twice as many cells: cell 2 m lies just before m, so between m - 1 and m; cell 2 m + 1 lies
    # just before m + 1/2, so between m and m + 1.
    sight = Sight(10, 8.0).interpolate(2, align_corners=True)
    assert (sight.size, sight.jump, sight.low, sight.high) == (20, 4.0, (-8.0, -4.0), (0.0, 4.0))
    # Where they are not, cell 2 m lies at m - 1/4 and cell 2 m + 1 at m + 1/4.
    assert Sight(10, 8.0).interpolate(2, align_corners=False) == sight


def test_maps_that_do_not_lie_on_each_other_are_refused():
    with pytest.raises(NotImplementedError, match="maps of 8 cells at 4 pixels, found one of 4"):
        join([Sight(8, 4.0), Sight(4, 8.0)])
    whole = join([Sight(8, 4.0), Sight(8, 4.0).whole()])
    assert (whole.size, whole.jump, whole.field) == (8, 4.0, None)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (nn.AdaptiveAvgPool2d(2), "AdaptiveAvgPool2DBackward0"),
        (nn.ZeroPad2d(1), "ConstantPadNdBackward0"),
        (nn.Upsample(scale_factor=1.5), "upsampling from 32 cells to 48"),
        (nn.MaxPool2d(3, 2, ceil_mode=True), "MaxPool2DWithIndicesBackward0"),
        (nn.ConvTranspose2d(4, 4, 2, 2), "a transposed convolution"),
        (nn.LayerNorm(32), "NativeLayerNormBackward0"),
    ],
)
def test_steps_that_are_not_known_are_refused(
    layer: nn.Module, message: str, monkeypatch: pytest.MonkeyPatch
):
    network = plain((Stage(4, 1), Stage(4, 1)), 64, 64)
    with torch.device("meta"):
        twin = HeatmapCNN(network.architecture).eval()
        twin.backbone.stages[0].append(layer.to("meta"))
    monkeypatch.setattr("pedpose.model.convolutions.twin_of", lambda _: twin)
    with pytest.raises(NotImplementedError, match=message):
        convolutions(network)


def test_the_network_is_not_disturbed():
    network = network_of("plain").train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    random = torch.get_rng_state()
    with torch.no_grad():
        assert convolutions(network) == convolutions(network)
    assert torch.equal(torch.get_rng_state(), random)
    after = network.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert network.training and all(p.grad is None for p in network.parameters())


def test_lines_are_a_table():
    lines = convolution_lines(convolutions(network_of("lcnet_pan", 64, 128)))
    table = lines[: lines.index("")]
    assert len(table) == 1 + 81
    assert table[1].split() == [
        *("backbone.stem.0", "3", ">", "16", "1", "3", "2", "1", "1", "32x64", "432"),
        *("0.0018", "1", "2", "3"),
    ]
    assert table[-1].split()[-3:] == ["64", "4", "all"]
    assert len({len(line.rstrip()) for line in table}) == 1
