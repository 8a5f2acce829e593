"""The real command: a run that over-fits, and what it leaves behind."""

from __future__ import annotations

import csv
import json
import re
import signal
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner, Result

from pedpose.cli.learn_view import LearnView
from pedpose.cli.main import app
from pedpose.diagnosis.history import read_history
from pedpose.learning.learn import learn
from pedpose.learning.plan import LearnSettings
from pedpose.learning.record import Record
from pedpose.model.checkpoint import load_checkpoint

VOID = {"meta", "img", "br"}


def pedpose(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


class Silent:
    """Sees nothing."""

    def note(self, text: str) -> None:
        """Hear nothing."""

    def changed(self, record: Record, measured: bool) -> None:
        """See nothing."""


class Page(HTMLParser):
    """Text and pictures of a page whose elements are closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def over_fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Ten pictures, and a quarter of the steps that the command takes by itself."""
    run = tmp_path_factory.mktemp("learn") / "run"
    return run, pedpose("learn", "--out", run, "--pictures", 10, "--epochs", 64)


def test_ten_pictures_are_learned_by_heart(over_fitted: tuple[Path, Result]) -> None:
    run, result = over_fitted
    assert result.exit_code == 0, result.output
    last = read_history(run / "history.csv")[-1]
    assert last.train["error"] < 0.04 and last.val["error"] > 0.12
    assert last.train["pck@0.2"] > 0.98 and last.val["pck@0.2"] < 0.85
    assert "diagnosis: The network over-fits: error 0." in result.output
    lines = result.output.splitlines()
    assert re.fullmatch(r"\d+ s, 10 pictures, 57,925 parameters, 64 steps", lines[-5])
    assert lines[-4] == (
        f"pck@0.2: {last.train['pck@0.2']:.3f} on training pictures, {last.val['pck@0.2']:.3f} on "
        "100 held-out ones"
    )
    assert lines[-1] == f"page: {run / 'learn.html'}"
    validations = [line for line in lines if re.match(r"epoch [\d.]+, step \d+/64: loss ", line)]
    assert len(validations) == len(read_history(run / "history.csv")) == 16


def test_the_run_is_an_ordinary_one(over_fitted: tuple[Path, Result], tmp_path: Path) -> None:
    run, _ = over_fitted
    assert load_checkpoint(run / "best.safetensors").skeleton is not None
    assert (run / "training.html").is_file()
    config = json.loads((run / "config.json").read_text())
    assert (config["backbone"], config["batch_size"]) == ("plain", 10)
    result = pedpose("info", run / "best.safetensors")
    assert result.exit_code == 0, result.output
    assert "13" in result.output
    resumed = pedpose("train", "--resume", run)
    assert resumed.exit_code == 0, resumed.output
    assert "resumed at step 64 of 64" in resumed.output
    picture = run / "data/train/0001.png"
    out = tmp_path / "found"
    result = pedpose(
        *("detect", picture, "--whole-image", "--weights", run / "best.safetensors"),
        *("--out", out, "--device", "cpu", "--save", "csv"),
    )
    assert result.exit_code == 0, result.output
    (file,) = out.glob("*.csv")
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert len({row["joint"] for row in rows}) == 13


def test_the_page_tells_the_story_with_the_runs_own_numbers(
    over_fitted: tuple[Path, Result],
) -> None:
    run, _ = over_fitted
    source = (run / "learn.html").read_text(encoding="utf-8")
    page = Page(source)
    last = read_history(run / "history.csv")[-1]
    assert "script" not in page.tags and "link" not in page.tags
    assert all(re.match(r"(data:image/(png|jpeg);base64,|#)", uri) for uri in page.sources)
    assert "The network over-fits: error" in page.text
    assert f"{last.train['error']:.3f} {last.val['error']:.3f}" in page.text
    assert "It learned from 10 labelled pictures; it was tested on 100 others." in page.text
    assert "57,925" in page.text
    for word in ("Weight", "Loss", "Back-propagation", "Gradient step", "Epoch", "Over-fitting"):
        assert f"{word} " in page.text
    # Six examples, six moments of filters, heatmaps and joints, and the labels.
    assert page.tags.count("img") == 6 + 3 * 6 + 1
    assert "pedpose learn --out ANOTHER" in page.text


@pytest.fixture
def few_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of which nothing is judged need not be measured well."""
    monkeypatch.setattr("pedpose.learning.learn.HELD_OUT", 4)


@pytest.mark.usefixtures("few_held_out")
def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    one, two, other = (
        load_file(learn(LearnSettings(tmp_path / name, 4, 3, seed), Silent()).weights)
        for name, seed in (("one", 3), ("two", 3), ("other", 4))
    )
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)
    assert torch.get_num_threads() == threads


@pytest.mark.usefixtures("few_held_out")
def test_an_interrupted_run_can_be_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop_at_3(self: LearnView, record: Record, measured: bool) -> None:
        if len(record.losses) == 3 and not measured:
            signal.raise_signal(signal.SIGINT)

    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(LearnView, "changed", stop_at_3)
        result = pedpose("learn", "--out", run, "--pictures", 4, "--epochs", 6)
    assert result.exit_code == 130
    assert f"saved after step 3; go on by --resume {run}" in result.output
    assert f"go on by: pedpose train --resume {run}" in result.output
    assert not (run / "learn.html").exists()
    resumed = pedpose("train", "--resume", run)
    assert resumed.exit_code == 0, resumed.output
    assert read_history(run / "history.csv")[-1].step == 6


def test_an_interruption_before_the_first_step_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pedpose.learning.learn.write_figures", stop)
    result = pedpose("learn", "--out", tmp_path / "run", "--pictures", 4)
    assert result.exit_code == 130
    assert "nothing is learned yet" in result.output


def test_folders_with_something_in_them_are_refused(
    over_fitted: tuple[Path, Result], tmp_path: Path
) -> None:
    run, _ = over_fitted
    before = (run / "history.csv").read_bytes()
    result = pedpose("learn", "--out", run)
    assert result.exit_code == 2
    assert f"holds a training run already; continue it by pedpose train --resume {run}" in (
        result.output
    )
    assert (run / "history.csv").read_bytes() == before
    (tmp_path / "mine.txt").write_text("mine")
    result = pedpose("learn", "--out", tmp_path)
    assert result.exit_code == 2
    assert "expected a new or empty folder" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--pictures", 1), "pictures: expected 2 to 100000, found 1"),
        (("--epochs", 0), "epochs: expected a number above 0, found 0"),
        (("--seed", -1), "seed: expected 0 or more, found -1"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(
    tmp_path: Path, options: tuple[object, ...], message: str
) -> None:
    run = tmp_path / "run"
    result = pedpose("learn", "--out", run, *options)
    assert result.exit_code == 2
    assert message in result.output
    assert not run.exists()
