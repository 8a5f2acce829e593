"""What a run takes over from initial weights, and what of it training may change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tiny_runs import Told, distance, tiny
from torch import Tensor

from dots_set import write_dots
from pedpose.errors import CheckpointError, ConfigError
from pedpose.model.architecture import Architecture, Stage
from pedpose.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.initial import load_initial
from pedpose.skeleton import Skeleton
from pedpose.training import trainer
from pedpose.training.config import TrainConfig
from pedpose.training.learner import parameter_groups

STAGES = (Stage(8, 1), Stage(8, 1))
KNOWN = Skeleton(("head", "left_hand", "right_hand", "tail"))


def network(joints: int, width: int = 8) -> HeatmapCNN:
    architecture = Architecture(
        *("joints", joints, "plain", 4), width, height_px=32, width_px=32, stages=STAGES
    )
    made = HeatmapCNN(architecture)
    with torch.no_grad():
        for value in made.parameters():
            value.copy_(torch.randn_like(value))
    return made


@pytest.fixture
def weights(tmp_path: Path) -> tuple[Path, HeatmapCNN]:
    torch.manual_seed(1)
    source = network(len(KNOWN))
    save_checkpoint(tmp_path / "known.safetensors", Checkpoint(source, KNOWN))
    return tmp_path / "known.safetensors", source


@pytest.mark.parametrize(
    "names",
    [
        ("head", "left_hand", "right_hand", "tail"),
        ("tail", "right_hand", "left_hand", "head"),
        ("left_hand", "head"),
        ("beak", "tail", "wing", "head", "claw"),
    ],
)
def test_joints_keep_what_is_known_of_them_by_name(
    weights: tuple[Path, HeatmapCNN], names: tuple[str, ...]
):
    path, source = weights
    torch.manual_seed(2)
    target = network(len(names))
    before: dict[str, Tensor] = {k: v.clone() for k, v in target.state_dict().items()}
    loaded = load_initial(target, path, Skeleton(names))
    assert loaded.joints == tuple(name for name in names if name in KNOWN.names)
    assert loaded.rest == ()
    assert source.head.bias is not None and target.head.bias is not None
    for joint, name in enumerate(names):
        if name in KNOWN.names:
            there = KNOWN.names.index(name)
            assert target.head.weight[joint].equal(source.head.weight[there])
            assert target.head.bias[joint].equal(source.head.bias[there])
        else:
            assert target.head.weight[joint].equal(before["head.weight"][joint])
            assert target.head.bias[joint].equal(before["head.bias"][joint])
    for name, value in source.state_dict().items():
        if not name.startswith("head."):
            assert target.state_dict()[name].equal(value)


def test_a_file_without_a_skeleton_is_matched_by_shape(tmp_path: Path):
    source, target = network(3), network(3)
    save_file(source.state_dict(), tmp_path / "other.safetensors")
    skeleton = Skeleton(("a", "b", "c"))
    loaded = load_initial(target, tmp_path / "other.safetensors", skeleton)
    assert loaded.joints == ()
    assert target.head.weight.equal(source.head.weight)
    other = network(2)
    before = other.head.weight.clone()
    loaded = load_initial(other, tmp_path / "other.safetensors", Skeleton(("a", "b")))
    assert set(loaded.rest) == {"head.weight", "head.bias"}
    assert other.head.weight.equal(before)


def test_a_decoder_of_another_width_gives_no_joints(weights: tuple[Path, HeatmapCNN]):
    target = network(4, width=16)
    before = target.head.weight.clone()
    loaded = load_initial(target, weights[0], KNOWN)
    assert loaded.joints == ()
    assert "head.weight" in loaded.rest and "backbone.stages.0.0.first.0.weight" in loaded.tensors
    assert target.head.weight.equal(before)


def test_a_file_that_is_not_what_it_says_is_refused(weights: tuple[Path, HeatmapCNN]):
    path, source = weights
    save_checkpoint(path, Checkpoint(network(2), KNOWN))
    with pytest.raises(CheckpointError, match=r"head\.weight of 4 joints as its .*, found 2"):
        load_initial(network(4), path, KNOWN)
    delattr(source, "head")
    save_checkpoint(path, Checkpoint(source, KNOWN))
    with pytest.raises(CheckpointError, match=r"head\.weight of 4 joints as its .*, found none"):
        load_initial(network(4), path, KNOWN)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """A run whose weights others begin from."""
    folder = tmp_path_factory.mktemp("first")
    config = tiny(write_dots(folder), folder / "run")
    trainer.train(config, Told())
    return config


def moved(first: TrainConfig, out: Path) -> tuple[float, float]:
    """Return how far backbone and decoder of a run are from those of the first."""
    a, b = (load_checkpoint(p / "last.safetensors").network for p in (first.out, out))
    far = [0.0, 0.0]
    for (name, x), y in zip(a.named_parameters(), b.parameters(), strict=True):
        part = int(not name.startswith("backbone."))
        far[part] = max(far[part], float((x - y).detach().abs().max()))
    return far[0], far[1]


def test_a_low_rate_of_the_backbone_keeps_it(first: TrainConfig, tmp_path: Path):
    init = str(first.out / "last.safetensors")
    begun = replace(first, init=init, weight_decay=0.0)
    told = Told()
    whole, slow = replace(begun, out=tmp_path / "w"), replace(begun, out=tmp_path / "s")
    trainer.train(whole, told)
    assert told.said("joints known to the initial weights: red, blue; learned from nothing: none")
    trainer.train(replace(slow, backbone_rate=1e-4), Told())
    backbone, decoder = moved(first, whole.out)
    assert backbone > 5e-3 and decoder > 5e-3
    backbone, decoder = moved(first, slow.out)
    # Twelve steps of AdamW, of 1e-4 times 1e-2 at most.
    assert 0 < backbone < 2e-5
    assert decoder > 5e-3


def test_frozen_layers_do_not_change_at_all(first: TrainConfig, tmp_path: Path):
    init = str(first.out / "last.safetensors")
    config = replace(first, init=init, freeze_stride=4, out=tmp_path / "run")
    trainer.train(config, Told())
    backbone, decoder = moved(first, config.out)
    assert backbone == 0 < 5e-3 < decoder
    frozen, before = (
        load_checkpoint(p / "last.safetensors").network.backbone for p in (config.out, first.out)
    )
    for name, value in before.state_dict().items():
        assert frozen.state_dict()[name].equal(value), name  # statistics as well
    again = replace(config, out=tmp_path / "again")

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.train(again, Told(7, stop))
    trainer.resume(again.out, Told())
    assert distance(config.out / "last.safetensors", again.out / "last.safetensors") == 0


def test_freezing_needs_a_stride_that_the_network_has(first: TrainConfig, tmp_path: Path):
    with pytest.raises(ConfigError, match="freeze: expected a stride of 4, found 8"):
        trainer.train(replace(first, freeze_stride=8, out=tmp_path / "run"), Told())


def test_groups_part_backbone_and_decoder_matrices_and_rest(first: TrainConfig):
    config = replace(first, backbone_rate=0.1, weight_decay=0.05)
    made = network(2)
    groups = parameter_groups(made, config)
    assert [(g["share"], g["weight_decay"]) for g in groups] == [
        (0.1, 0.05),
        (0.1, 0.0),
        (1.0, 0.05),
        (1.0, 0.0),
    ]
    of = {id(p): number for number, group in enumerate(groups) for p in group["params"]}
    assert len(of) == sum(len(group["params"]) for group in groups)
    for name, parameter in made.named_parameters():
        expected = 2 * (not name.startswith("backbone.")) + (parameter.ndim == 1)
        assert of[id(parameter)] == expected, name
    made.backbone.freeze(4)
    assert [g["share"] for g in parameter_groups(made, config)] == [1.0, 1.0]
