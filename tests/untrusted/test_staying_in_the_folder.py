"""Names that lead elsewhere write nothing outside of --out, and do not change what they name."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coco_types import CocoContent, WriteCoco
from pedpose.cli.main import app

PORTRAIT = Path(__file__).resolve().parents[2] / "samples/portrait.jpg"


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def files(folder: Path, but: Path) -> dict[Path, str]:
    """Return all files of a folder, those below another one aside, with their hashes."""
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_relative_to(but)
    }


@pytest.mark.parametrize("form", ["../../x.jpg", "ABSOLUTE", "@LIST", "../*.jpg"])
def test_sources_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str):
    here = tmp_path / "a/b"
    here.mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "a"):
        shutil.copy(PORTRAIT, folder / "x.jpg")
    (here / "list.txt").write_text(f"../../x.jpg\n{tmp_path / 'a/x.jpg'}\n")
    monkeypatch.chdir(here)
    out = here / "deep/out"
    before = files(tmp_path, out)
    source = form.replace("ABSOLUTE", str(tmp_path / "x.jpg")).replace("LIST", "list.txt")
    run("detect", source, "--out", out)
    assert files(tmp_path, out) == before
    found = list((out / "json").rglob("*.json"))
    assert len(found) == (2 if form == "@LIST" else 1)
    assert all(".." not in path.relative_to(out).parts for path in found)


@pytest.mark.parametrize("name", ["../outside/first.png", "ABSOLUTE"])
def test_pictures_of_annotations_elsewhere(
    tmp_path: Path, coco_content: CocoContent, write_coco: WriteCoco, name: str
):
    data = write_coco(coco_content)
    (tmp_path / "outside").mkdir()
    shutil.move(tmp_path / "images/first.png", tmp_path / "outside/first.png")
    inside = tmp_path / "inside"
    inside.mkdir()
    content = json.loads(data.read_text())
    wanted = name.replace("ABSOLUTE", str(tmp_path / "outside/first.png"))
    content["images"][0]["file_name"] = wanted
    content["images"][1]["file_name"] = "../images/second.png"
    (inside / "data.json").write_text(json.dumps(content))
    out = tmp_path / "new"
    before = files(tmp_path, out)
    run("data", "convert", inside / "data.json", "--to", "yolo", "--out", out / "yolo")
    run("data", "view", inside / "data.json", "--out", out / "sheet.html")
    run("data", "check", inside / "data.json", "--fix", out / "fixed")
    run("data", "stats", inside / "data.json", "--out", out / "stats")
    assert files(tmp_path, out) == before
    assert len(list((out / "yolo/images").rglob("*.png"))) == 2
