"""How many samples of each data set an epoch draws."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_runs import tiny

from pedpose.data.coco import CocoData, read_coco
from pedpose.data.mixing import MixedBatches, WeightedFile
from pedpose.training.tasks import epoch_shares, make_task

sets = st.lists(st.tuples(st.integers(1, 500), st.floats(0.1, 3)), min_size=1, max_size=5)


@given(sets)
def test_without_balance_weights_are_shares(given_sets: list[tuple[int, float]]):
    sizes, weights = zip(*given_sets, strict=True)
    data = tuple(WeightedFile(Path("a.json"), weight) for weight in weights)
    config = replace(tiny(Path("a.json"), Path("run")), data=data)
    assert epoch_shares(config, sizes) == list(weights)


@given(sets)
def test_balanced_files_give_as_many_samples_each_by_their_weight(
    given_sets: list[tuple[int, float]],
):
    sizes, weights = zip(*given_sets, strict=True)
    data = tuple(WeightedFile(Path("a.json"), weight) for weight in weights)
    config = replace(tiny(Path("a.json"), Path("run")), data=data, balance="files")
    counts = MixedBatches(sizes, epoch_shares(config, sizes), 1, 0, 0, 1).counts
    mean = sum(sizes) / len(sizes)
    for count, weight in zip(counts, weights, strict=True):
        assert count == pytest.approx(max(mean * weight, 1), abs=0.5 + 1e-6)
    if set(weights) == {weights[0]}:
        assert sum(counts) == pytest.approx(weights[0] * sum(sizes), abs=len(sizes))


@pytest.fixture
def three(dots: Path) -> tuple[CocoData, CocoData]:
    """Eight people, of whom one has the second joint; and two people with both."""
    content = json.loads(dots.read_text())
    for person in content["annotations"][1:]:
        person["keypoints"][3:] = [0, 0, 0]
        person["num_keypoints"] = 1
    rare = dots.parent / "rare.json"
    rare.write_text(json.dumps(content))
    content = json.loads(dots.read_text())
    content["annotations"] = content["annotations"][:2]
    few = dots.parent / "few.json"
    few.write_text(json.dumps(content))
    return read_coco(rare), read_coco(few)


@pytest.mark.parametrize("task", ["joints", "person"])
def test_balanced_files_are_drawn_as_often(three: tuple[CocoData, CocoData], task: str):
    rare, few = three
    data = (WeightedFile(rare.path), WeightedFile(few.path, 2))
    config = replace(tiny(rare.path, Path("run")), data=data, balance="files", task=task)
    found = make_task(config, three)
    # A finder learns from pictures without people as well.
    assert found.sizes == ([8, 2] if task == "joints" else [8, 8])
    plan = MixedBatches(found.sizes, found.shares, 5, 0, 0, 30)
    assert plan.counts == ((5, 10) if task == "joints" else (8, 16))
    drawn = Counter(draw.sample >= 8 for batch in plan for draw in batch)
    assert drawn[True] / drawn[False] == pytest.approx(2, rel=0.1)


def test_people_with_rare_joints_come_more_often(three: tuple[CocoData, CocoData]):
    rare, few = three
    data = (WeightedFile(rare.path), WeightedFile(few.path))
    config = replace(tiny(rare.path, Path("run")), data=data, balance="joints")
    plain = make_task(replace(config, balance="none"), three)
    found = make_task(config, three)
    assert plain.sizes == [8, 2]
    # sqrt(0.9 / (1 / 8)) = 2.68 for one of the eight; the two others have both joints.
    assert found.sizes in ([9, 2], [10, 2])
    with_both = [person.labelled for _, person, _ in found.dataset.samples[: found.sizes[0]]]
    assert with_both.count(2) in (2, 3)
    other = make_task(config, three)
    assert found.sizes == other.sizes, "a resumed run must have the same samples"
    batch = found.collate([found.dataset[draw] for draw in next(iter(plan_of(found.sizes)))])
    assert batch.image.shape == (4, 3, 32, 32)
    assert np.isfinite(batch.points.numpy()).all()


def plan_of(sizes: list[int]) -> MixedBatches:
    return MixedBatches(sizes, [1.0] * len(sizes), 4, 0, 0, 1)
