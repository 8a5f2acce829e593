"""The data files of stick figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from pedpose.cli.main import app
from pedpose.data.coco import read_coco
from pedpose.learning.figure import SKELETON
from pedpose.learning.figure_set import make_picture, write_figures
from pedpose.pictures import read_picture


def test_data_check_finds_nothing_wrong(tmp_path: Path) -> None:
    files = write_figures(tmp_path, 30, 12, 5)
    result = CliRunner().invoke(
        app, ["data", "check", str(files.train), str(files.val), "--strict"]
    )
    assert result.exit_code == 0, result.output
    assert "0 errors, 0 warnings in 2 files" in result.output


def test_labels_are_read_back_where_they_were_drawn(tmp_path: Path) -> None:
    files = write_figures(tmp_path, 3, 1, 5)
    data = read_coco(files.train)
    assert data.skeleton == SKELETON
    assert data.estimated_areas == 0
    for number, picture in enumerate(data.pictures, start=1):
        figure, image = make_picture((5, 0, number))
        assert (read_picture(picture.path) == image).all()
        (person,) = picture.people
        assert np.allclose(person.keypoints[:, :2], figure.joints, atol=0.006)
        assert (person.keypoints[:, 2] == 2).all()
        assert np.allclose(person.box, figure.box, atol=0.02)


def test_a_small_set_is_the_beginning_of_a_large_one(tmp_path: Path) -> None:
    small = write_figures(tmp_path / "small", 2, 2, 0)
    large = write_figures(tmp_path / "large", 5, 2, 0)
    for kind in ("train", "val"):
        for name in ("0001.png", "0002.png"):
            first, second = (tmp_path / size / kind / name for size in ("small", "large"))
            assert first.read_bytes() == second.read_bytes()
    assert small.val.read_bytes() == large.val.read_bytes()
    train, val = (tmp_path / "small" / kind / "0001.png" for kind in ("train", "val"))
    assert train.read_bytes() != val.read_bytes()
