"""What a real training run has changed, and what it has left alone."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from dot_finder import dot_finder
from typer.testing import CliRunner

from dots_set import write_dots
from pedpose.cli.main import app
from pedpose.errors import CheckpointError, ConfigError
from pedpose.explaining.changes import layer_changes
from pedpose.explaining.explain import explain
from pedpose.explaining.explanation import Explanation
from pedpose.explaining.joint_heat import joint_heat
from pedpose.explaining.settings import ExplainSettings
from pedpose.model.checkpoint import load_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.summary import summarise


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight steps, in which the first two stages are kept as they are."""
    folder = tmp_path_factory.mktemp("changes")
    data = write_dots(folder)
    options = {
        **{"data": data, "val": data, "out": folder / "run", "stages": "8x1,8x1,8x1"},
        **{"freeze": 4, "width": 8, "input-size": "64x64", "epochs": 4, "val-epochs": 4},
        **{"batch": 4, "workers": 0, "device": "cpu", "lr": 1e-2, "seed": 3},
    }
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    result = CliRunner().invoke(app, ["train", *arguments])
    assert result.exit_code == 0, result.output
    return folder / "run"


@pytest.fixture(scope="module")
def explained(run: Path) -> Explanation:
    return look(run)


def look(run: Path) -> Explanation:
    picture = run.parent / "0.png"
    return explain(
        ExplainSettings(picture, whole_image=True, run=run, device="cpu"), lambda _: None
    )


def test_frozen_layers_have_not_moved_and_the_others_have(explained: Explanation):
    assert explained.changes is not None
    moved = {change.layer: change.relative for change in explained.changes.layers}
    frozen = {"backbone.stages.0", "backbone.stages.1"}
    assert {name for name, relative in moved.items() if relative == 0} == frozen
    assert all(relative and relative > 1e-3 for n, relative in moved.items() if n not in frozen)
    order = [layer.name for layer in explained.summary.layers if layer.parameters]
    assert list(moved) == order


def test_the_best_weights_are_compared_with_the_first(run: Path, explained: Explanation):
    changes = explained.changes
    assert changes is not None
    assert (changes.run, changes.steps) == (run, 8)
    assert explained.weights == run / "best.safetensors"
    crop = torch.from_numpy(explained.subject.crop).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        before, after = (
            joint_heat(load_checkpoint(run / f"{name}.safetensors").network(crop)[0].numpy())
            for name in ("initial", "best")
        )
    assert [joint.name for joint in changes.joints] == ["red", "blue"]
    for k, joint in enumerate(changes.joints):
        np.testing.assert_allclose(joint.before, before.heatmaps[k], atol=1e-6)
        assert joint.score_before == pytest.approx(before.scores[k], abs=1e-5)
        assert joint.score_after == pytest.approx(after.scores[k], abs=1e-5)
        assert joint.moved_px == pytest.approx(
            np.hypot(*(after.peaks[k] - before.peaks[k])), abs=1e-3
        )
    # An untrained head says next to nothing; some steps later it says a little.
    assert all(joint.score_after > joint.score_before for joint in changes.joints)


def test_filters_before_and_after_are_on_one_scale(explained: Explanation):
    # The first layer was frozen.
    assert explained.changes is not None
    before = explained.changes.filters
    assert before.layer == explained.filters.layer
    difference = before.tiles.astype(int) - explained.filters.tiles
    assert np.abs(difference).max() <= 1  # fp16


def test_the_last_weights_serve_where_there_are_no_best(run: Path, tmp_path: Path):
    shutil.copytree(run, tmp_path / "run")
    shutil.copy(run.parent / "0.png", tmp_path)
    (tmp_path / "run/best.safetensors").unlink()
    assert look(tmp_path / "run").weights == tmp_path / "run/last.safetensors"
    (tmp_path / "run/last.safetensors").unlink()
    with pytest.raises(CheckpointError, match="has not saved any weights yet"):
        look(tmp_path / "run")


def test_runs_that_cannot_be_compared_are_refused(run: Path, tmp_path: Path):
    with pytest.raises(ConfigError, match=r"expected the folder of a run with config\.json"):
        look(tmp_path)
    old = shutil.copytree(run, tmp_path / "run")
    (old / "initial.safetensors").unlink()
    with pytest.raises(CheckpointError, match="older version or has not begun"):
        look(old)
    other = Path(__file__).resolve().parents[2] / "weights/joints.safetensors"
    shutil.copy(other, old / "initial.safetensors")
    with pytest.raises(CheckpointError, match=r"the architecture of best\.safetensors"):
        look(old)


def test_relative_changes_by_hand():
    before = dot_finder()
    torch.manual_seed(0)
    with torch.no_grad():
        before.get_submodule("smooth.0.0").weight.copy_(torch.randn(8, 8, 3, 3))  # type: ignore[union-attr, operator]
    after = copy.deepcopy(before)
    with torch.no_grad():
        after.head.weight.mul_(1.25)
        after.get_submodule("backbone.stages.1.0.first.1").bias[0] = 3.0  # type: ignore[union-attr, index, operator]
    found = {c.layer: c.relative for c in layer_changes(before, after, summarise(before))}
    assert "dropout" not in found
    assert found["head"] == 0.25
    # Of the second stage the scales of two batch norms are one, all else is zero.
    assert found["backbone.stages.1"] == pytest.approx(3 / 4)
    assert found["backbone.stages.0"] == found["lateral.0"] == found["smooth.0"] == 0


def test_rounding_is_no_change():
    torch.manual_seed(0)
    trained = HeatmapCNN(dot_finder().architecture)
    kept = copy.deepcopy(trained).half().float()  # as initial weights come back from their file
    assert any((a != b).any() for a, b in zip(kept.parameters(), trained.parameters(), strict=True))
    assert {c.relative for c in layer_changes(kept, trained, summarise(trained))} == {0.0}


def test_a_layer_that_was_zero_has_no_relative_change():
    before = dot_finder()
    after = copy.deepcopy(before)
    with torch.no_grad():
        before.head.weight.zero_()
    found = {c.layer: c.relative for c in layer_changes(before, after, summarise(before))}
    assert found["head"] is None
