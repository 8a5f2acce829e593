import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from pedpose.model.kept_channels import Kept, arrange_across, arrange_within, in_order


@st.composite
def kept_maps(draw: st.DrawFn, even: bool = False) -> Kept:
    channels = draw(st.integers(1, 5)) * (2 if even else 1)
    width = channels + draw(st.integers(0, 4))
    places = draw(st.permutations(range(width)))[:channels]
    return Kept(tuple(places), width, draw(st.sampled_from([0.25, 1.0, 2.0])))


def put(kept: Kept, x: Tensor) -> Tensor:
    """Keep a map as is said, among channels of others."""
    memory = torch.full((len(x), kept.width, *x.shape[2:]), 7.0)
    memory[:, list(kept.places)] = x * kept.scale
    return memory


def taken(kept: Kept, memory: Tensor) -> Tensor:
    return memory[:, list(kept.places)] / kept.scale


@given(kept_maps(even=True))
def test_shuffled_is_the_shuffle_of_shufflenet(kept: Kept):
    x = torch.rand(1, len(kept.places), 2, 2)
    memory = put(kept, x)
    expected = nn.functional.channel_shuffle(x, 2)
    assert torch.equal(taken(kept.shuffled(), memory), expected)
    left, right = (taken(half, memory) for half in kept.halves())
    assert torch.equal(torch.cat([left, right], dim=1), x)


@settings(deadline=None)
@given(kept_maps(), kept_maps(), st.sampled_from([1.0, 2.0]))
def test_convolution_across_channels(kept: Kept, to: Kept, factor: float):
    with torch.no_grad():
        original = nn.Conv2d(len(kept.places), len(to.places), 1)
        x = torch.rand(2, len(kept.places), 3, 2)
        made = arrange_across(original, kept, to, factor)
        memory = made(put(kept, x))
        assert torch.allclose(taken(to, memory), factor * original(x), atol=1e-5)
        others = [place for place in range(to.width) if place not in to.places]
        assert not memory[:, others].any()
        assert (made.in_channels, made.out_channels) == (kept.width, to.width)


@settings(deadline=None)
@given(kept_maps())
def test_convolution_within_channels(kept: Kept):
    channels = len(kept.places)
    with torch.no_grad():
        original = nn.Conv2d(channels, channels, 3, 2, 1, groups=channels)
        x = torch.rand(2, channels, 5, 4)
        memory = arrange_within(original, kept)(put(kept, x))
        assert torch.allclose(taken(kept, memory), original(x), atol=1e-5)


def test_in_order_is_as_it_is():
    x = torch.rand(1, 3, 2, 2)
    assert torch.equal(put(in_order(3), x), x)
