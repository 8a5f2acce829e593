import json
from pathlib import Path
from typing import Any

import pytest

from pedpose.data.mixing import WeightedFile
from pedpose.errors import ConfigError
from pedpose.model.architecture import Stage
from pedpose.training.config import TrainConfig

DATA = (WeightedFile(Path("a.json"), 0.5), WeightedFile(Path("b.json")))


def test_it_survives_json():
    config = TrainConfig(
        data=DATA,
        out=Path("run"),
        val=Path("dev.json"),
        epochs=2.5,
        backbone="plain",
        stages=(Stage(8, 1), Stage(16, 2, 5, 2)),
        sigmas=(0.05, 0.1),
    )
    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": ()}, "at least one annotation file"),
        ({"epochs": 0}, "epochs: expected a number above 0, found 0"),
        ({"learning_rate": float("nan")}, "learning_rate: expected a number above 0, found nan"),
        ({"workers": -2}, "workers: expected -1 or more, found -2"),
        ({"batch_size": -1}, "batch_size: expected 0 or more, found -1"),
        ({"backbone_rate": 0}, "backbone_rate: expected a number above 0, found 0"),
        ({"patience": 3}, "patience: expected validation data"),
        ({"balance": "all"}, "balance: expected one of none, files, joints, found 'all'"),
        ({"precision": "int8"}, "precision: expected one of fp32, bf16, fp16, found 'int8'"),
        ({"epochs": "ten"}, "epochs: expected a number, found 'ten'"),
        ({"batch_size": 1.5}, "batch_size: expected a whole number, found 1.5"),
        ({"seed": True}, "seed: expected a whole number, found True"),
        ({"sync_norm": 1}, "sync_norm: expected true or false, found 1"),
        ({"backbone": 18}, "backbone: expected text, found 18"),
        ({"loss": "squares", "task": "person"}, "a person finder has a loss of its own"),
        ({"balance": "joints", "task": "person"}, "a person finder knows no joints"),
        ({"sigmas": (0.1,), "task": "person"}, "a person finder knows no joints"),
        ({"ema_decay": 1.0}, "ema_decay: expected 0 <= decay < 1"),
        ({"min_side_px": -1}, "min_side_px: expected 0 or more, found -1"),
        ({"min_side_px": 9, "task": "person"}, "must learn people of all sizes"),
        ({"distil": 1.5}, "distil: expected 0..1, found 1.5"),
        ({"distil": 0.5, "task": "person"}, "a person finder has no heatmaps of joints"),
    ],
)
def test_impossible_numbers_are_refused(changes: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        TrainConfig(**{"data": DATA, "out": Path("run"), **changes})


@pytest.mark.parametrize("change", [{"data": 3}, {"surprise": 1}, {"augmentation": {"a": 1}}])
def test_other_json_is_refused(change: dict[str, Any]):
    plain = {**TrainConfig(data=DATA, out=Path("run")).to_dict(), **change}
    with pytest.raises(ConfigError, match="not a training configuration"):
        TrainConfig.from_dict(plain)
