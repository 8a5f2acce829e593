"""The format is found by content, and refused where it is open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from pedpose.errors import ConfigError
from pedpose.formats.detect import detect_format

LABELME = '{"shapes": [], "imagePath": "a.png"}'


def test_ambiguous_and_unknown(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("kpt_shape: [1, 2]")
    assert detect_format(tmp_path) == "yolo"
    (tmp_path / "a.json").write_text(LABELME)
    with pytest.raises(ConfigError, match="found labelme and yolo: choose by --from"):
        detect_format(tmp_path)
    (tmp_path / "data.yaml").write_text("other: 1")
    assert detect_format(tmp_path) == "labelme"
    (tmp_path / "a.json").write_text('{"images": [], "annotations": [], "categories": []}')
    assert detect_format(tmp_path / "a.json") == "coco"
    with pytest.raises(ConfigError, match="expected a file, found a folder"):
        detect_format(tmp_path)
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(ConfigError, match="found none of them"):
        detect_format(tmp_path / "a.json")
    with pytest.raises(ConfigError, match="found neither"):
        detect_format(tmp_path / "gone")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--from", "voc"], "--from: expected one of auto"),
        (["--to", "voc"], "--to: expected coco or yolo"),
        (["--images", "gone"], "--images: expected a folder"),
        (["--ignore-flip-idx"], "--ignore-flip-idx is for YOLO-pose"),
        (["--skeleton", "gone"], "skeleton"),
    ],
)
def test_wrong_options(
    tmp_path: Path, run: Callable[..., Result], options: list[str], said: str
) -> None:
    (tmp_path / "a.json").write_text(LABELME)
    arguments = (tmp_path / "a.json", "--out", tmp_path / "out.json", *options)
    assert said in run(*arguments, code=2).output
    assert not (tmp_path / "out.json").exists()


def test_several_sources_are_for_coco(tmp_path: Path, run: Callable[..., Result]) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(LABELME)
    arguments = (tmp_path / "a.json", tmp_path / "b.json", "--out", tmp_path / "out.json")
    assert "expected one source for labelme, found 2" in run(*arguments, code=2).output
