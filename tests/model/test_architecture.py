import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedpose.errors import ConfigError
from pedpose.model.architecture import (
    ACTIVATIONS,
    Architecture,
    Stage,
    default_stages,
    read_stages,
    total_strides,
)

HALVING = [{"width": 8, "depth": 1}, {"width": 8, "depth": 1}]


def plain(**changes: object) -> Architecture:
    data = {"task": "joints", "outputs": 3, "backbone": "plain", "backbone_stride": 4}
    return Architecture.from_dict({**data, "stages": HALVING, **changes})


@st.composite
def architectures(draw: st.DrawFn) -> Architecture:
    halvings = draw(st.integers(2, 5))
    strides = draw(st.permutations([2] * halvings + [1] * draw(st.integers(0, 3))))
    stages = tuple(
        Stage(
            width=draw(st.integers(1, 64)),
            depth=draw(st.integers(1, 3)),
            kernel=(kernel := draw(st.sampled_from([3, 5, 11]))),
            stride=stride,
            padding=draw(st.sampled_from([None, kernel // 2])),
        )
        for stride in strides
    )
    return Architecture(
        "joints",
        draw(st.integers(1, 1000)),
        "plain",
        2**halvings,
        height_px=64,
        width_px=96,
        stages=stages,
        kernel=draw(st.sampled_from([1, 3, 5])),
        activation=draw(st.sampled_from(ACTIVATIONS)),
        dropout=draw(st.floats(0, 0.99)),
    )


@given(architectures())
def test_plain_data_keeps_everything(architecture: Architecture):
    stored = json.loads(json.dumps(architecture.to_dict()))
    assert Architecture.from_dict(stored) == architecture
    assert isinstance(stored["stages"], list)


def test_metadata_from_before_stages_means_what_it_did():
    old = {
        "task": "person",
        "outputs": 5,
        "backbone": "lcnet_pan",
        "backbone_stride": 32,
        "width": 48,
        "height_px": 320,
        "width_px": 320,
    }
    found = Architecture.from_dict(old)
    assert found.to_dict() == old | {
        "stages": [],
        "kernel": 3,
        "activation": "relu",
        "dropout": 0.0,
    }


def test_plain_without_stages_keeps_the_default_ones():
    found = Architecture("joints", 3, "plain", kernel=5)
    assert found.stages == default_stages(5)
    assert [stage.kernel for stage in found.stages] == [5, 5, 5, 5]
    assert total_strides(found.stages) == (2, 4, 8, 16)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 0}, r"stages\[0\]: stage width: expected 1 to 2048, found 0"),
        ({"width": 2049}, "expected 1 to 2048, found 2049"),
        ({"width": True}, "stage width: expected 1 to 2048, found True"),
        ({"depth": 17}, "stage depth: expected 1 to 16, found 17"),
        ({"depth": 1.5}, r"stage depth: expected 1 to 16, found 1\.5"),
        ({"kernel": 4}, "stage kernel: expected an odd number, found 4"),
        ({"kernel": 13}, "stage kernel: expected 1 to 11, found 13"),
        ({"kernel": 1}, "expected 3 or more with stride 2, found 1"),
        ({"stride": 3}, "stage stride: expected 1 to 2, found 3"),
        ({"padding": 0}, "expected 1 for a kernel of 3, .* 32 cells of 64; .*0, which makes 31"),
        ({"padding": 2, "stride": 1}, "makes 64 cells of 64; found 2, which makes 66"),
        ({"padding": -1}, "stage padding: expected 0 to 3, found -1"),
        ({"channels": 3}, "expected width, depth, kernel, stride, padding, found 'channels'"),
    ],
)
def test_impossible_stages_are_refused(changes: dict[str, object], message: str):
    with pytest.raises(ConfigError, match=message):
        read_stages([{"width": 8, "depth": 1, **changes}])


def test_a_stage_without_depth_is_refused():
    with pytest.raises(ConfigError, match=r"stages\[1\]: expected depth, found only width"):
        read_stages([{"width": 8, "depth": 1}, {"width": 8}])


@pytest.mark.parametrize("stages", [None, "plain", {"width": 3}, 7])
def test_stages_that_are_no_list_are_refused(stages: object):
    with pytest.raises(ConfigError, match="stages: expected a list, found"):
        read_stages(stages)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stages": HALVING[:1]}, "total stride of 4, 8, 16 or 32 after the last, found 2 after"),
        ({"stages": HALVING * 3}, "found 2, 4, 8, 16, 32, 64 after each"),
        ({"stages": HALVING + [{"width": 8, "depth": 1, "stride": 1}] * 15}, "16, found 17"),
        ({"backbone_stride": 16}, "backbone stride of plain: expected 4, .*found 16"),
        ({"backbone": "resnet18", "backbone_stride": 16}, "expected none with resnet18 .*found 2"),
        ({"height_px": 66}, "input height_px: expected a multiple of 4 up to 4096, found 66"),
        ({"kernel": 2}, "kernel: expected an odd number, found 2"),
        ({"activation": "tanh"}, "expected one of relu, leaky_relu, .*, found 'tanh'"),
        ({"activation": ["relu"]}, r"found \['relu'\]"),
        ({"dropout": 1}, "dropout: expected 0 to below 1, found 1"),
        ({"dropout": float("nan")}, "dropout: expected 0 to below 1, found nan"),
        ({"dropout": "0.5"}, "dropout: expected 0 to below 1, found 0.5"),
        ({"heads": 8}, "expected task, outputs, .*dropout, found 'heads'"),
    ],
)
def test_impossible_architectures_are_refused(changes: dict[str, object], message: str):
    assert plain() == plain(kernel=3)
    with pytest.raises(ConfigError, match=message):
        plain(**changes)


def test_fields_without_default_are_needed():
    with pytest.raises(ConfigError, match="expected outputs, found only task"):
        Architecture.from_dict({"task": "joints"})


@pytest.mark.parametrize(
    "changes",
    [
        {"stages": [{"width": 2048, "depth": 16}] * 2},
        {"width": 1024, "kernel": 11, "stages": HALVING * 2, "backbone_stride": 16},
        {
            "stages": [{"width": 2048, "depth": 1}, *HALVING[1:]],
            "height_px": 4096,
            "width_px": 4096,
        },
    ],
)
def test_a_few_bytes_cannot_ask_for_all_memory(changes: dict[str, object]):
    with pytest.raises(ConfigError, match=r"expected (maps of )?up to"):
        plain(**changes)


def test_the_limit_of_all_weights():
    # Convolutions of 2048 x 2048 x 3 x 3 are 37.7 million weights; 200 million are allowed.
    stages = [{"width": 2048, "depth": 3}, {"width": 8, "depth": 1}]
    assert plain(stages=stages).stages[0].depth == 3
    stages[0]["depth"] = 4
    with pytest.raises(ConfigError, match="network: expected up to 200000000 weights, found 26"):
        plain(stages=stages)
