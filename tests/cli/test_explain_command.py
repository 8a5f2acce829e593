"""The real command on a real photograph; the page that it writes is read back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from dots_set import write_dots
from pedpose.cli.main import app
from pedpose.files import sha256_of
from pedpose.skeleton import COCO_17

ROOT = Path(__file__).resolve().parents[2]
ASTRONAUT = ROOT / "samples/astronaut.jpg"


def explain(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["explain", *map(str, arguments), "--device", "cpu"])


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """One run on a photograph in an empty folder."""
    folder = tmp_path_factory.mktemp("explained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return explain(ASTRONAUT), folder


def test_the_page_is_written_into_this_folder(explained: tuple[Result, Path]) -> None:
    result, folder = explained
    assert result.exit_code == 0, result.output
    page = folder / "astronaut.explain.html"
    assert list(folder.iterdir()) == [page]
    size = page.stat().st_size
    assert size < 1_500_000
    lines = result.stdout.splitlines()
    assert lines[0].startswith("device: cpu")
    found = re.fullmatch(
        r"explained: person 1 of 1 -> astronaut\.explain\.html \((.*) MB, .* s\)", lines[1]
    )
    assert found and float(found[1]) == pytest.approx(size / 1e6, abs=0.01)
    assert "looking for people" in result.stderr and "hiding parts" in result.stderr


def test_the_page_is_that_of_the_photograph(explained: tuple[Result, Path]) -> None:
    page = (explained[1] / "astronaut.explain.html").read_text(encoding="utf-8")
    assert "astronaut.jpg</span>, person 1 of 1" in page
    assert sha256_of(ROOT / "weights/joints.safetensors") in page
    assert "1,334,745" in page and "192 x 256 pixels" in page
    for name in COCO_17.names:
        found = re.search(rf'"Heatmap of {name}: peak at (\d+), (\d+), score (0\.\d\d)', page)
        assert found, name
        if name == "nose":
            assert float(found[3]) > 0.9
        assert f"Occlusion of {name}: Hiding " in page
    assert page.count('class="card stage"') == 7
    assert "receptive field 15 x 15 px" in page and "backbone.stages.2" in page
    assert page.count(" to ") > 271  # channels of each convolution


def test_a_run_is_compared_with_its_beginning(tmp_path: Path) -> None:
    data, run, page = write_dots(tmp_path), tmp_path / "run", tmp_path / "run.html"
    options = {
        **{"data": data, "val": data, "out": run, "stages": "8x1,8x1", "width": 8},
        **{"input-size": "64x64", "epochs": 2, "val-epochs": 2, "batch": 4, "workers": 0},
        **{"device": "cpu", "seed": 3},
    }
    words = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    trained = CliRunner().invoke(app, ["train", *words])
    assert trained.exit_code == 0, trained.output
    page.write_text("what was there before")
    result = explain(tmp_path / "0.png", "--whole-image", "--run", run, "--out", page)
    assert result.exit_code == 0, result.output
    text = page.read_text(encoding="utf-8")
    assert "How training changed it" in text and "4 steps of" in text
    for name in ("red", "blue"):
        assert f"Heatmap of {name} before training" in text
        assert f"Heatmap of {name} after training" in text


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--person", 2], 2, "person: expected 1 to 1, the number of people that are found"),
        (["--person", 0], 2, "person: expected 1 or more, found 0"),
        (["--person", 2, "--whole-image"], 2, "person: expected 1 with --whole-image"),
        (["--weights", ROOT / "weights/joints.onnx"], 2, "found an export"),
        (["--weights", ROOT / "weights/person.safetensors"], 5, "a network for joints"),
        (["--run", "nowhere"], 2, "expected the folder of a run"),
        (["--out", "page.jpg"], 2, "--out: expected a name that ends in .html, found page.jpg"),
    ],
)
def test_wrong_options(
    options: list[object],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = explain(ASTRONAUT, *options)
    assert result.exit_code == code, result.output
    assert message in " ".join(result.stderr.split())
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_page(tmp_path: Path) -> None:
    folder = tmp_path / "pages.html"
    folder.mkdir()
    result = explain(ASTRONAUT, "--out", folder)
    assert result.exit_code == 2 and "expected a file, found a folder" in result.stderr
    assert not list(folder.iterdir())


def test_pictures_that_cannot_be_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.full((64, 64, 3), 128, np.uint8)).save("grey.png")
    Path("words.jpg").write_text("no picture")
    shutil.copy(ASTRONAUT, "cut.jpg")
    with Path("cut.jpg").open("r+b") as file:
        file.truncate(9000)
    for name, words in (
        ("grey.png", "expected a person, found nobody"),
        ("words.jpg", "expected a picture"),
        ("cut.jpg", "expected a whole, readable picture"),
    ):
        result = explain(name)
        assert result.exit_code == 3, result.output
        assert words in result.stderr and name in result.stderr
    assert not list(tmp_path.glob("*.html"))
