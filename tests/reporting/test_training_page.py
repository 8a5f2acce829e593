"""``training.html``, read by an HTML parser."""

from __future__ import annotations

import base64
import io
import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import PIL.Image
import pytest

from html_page import Page
from pedpose.diagnosis.diagnosis import RunFacts, diagnose
from pedpose.diagnosis.history import Reading
from pedpose.reporting.training_charts import figure_chart, loss_chart, rate_chart
from pedpose.reporting.training_page import write_training_page

REFERENCES = {
    "chance": {"ap": 0.001, "pck@0.2": 0.596, "pck@0.05": 0.062, "error": 0.201},
    "human": {"ap": 0.783, "pck@0.2": 0.999, "pck@0.05": 0.792, "error": 0.033},
}
FACTS = RunFacts(1000, 1_290_000, 6, 6, 0.8, 0, "joints", "annotation file", 24)
SETTINGS = {"data": "people/<train>.json", "learning rate": "0.001"}
ERRORS = [0.15, 0.1, 0.08, 0.07, 0.074, 0.09]


def joints() -> list[Reading]:
    """Return a run that over-fits after its fourth epoch."""

    def figures(error: float) -> dict[str, float]:
        return {"ap": 0.9 - 4 * error, "pck@0.2": 1 - error, "pck@0.05": 0.9, "error": error}

    return [
        Reading(100 * n, float(n), 700.0 * n, 1e-3 / n, 3.0 / n, figures(0.12 / n), figures(error))
        for n, error in enumerate(ERRORS, start=1)
    ]


def write(path: Path, history: list[Reading], references: Any = REFERENCES, **more: Any) -> Page:
    diagnosis = diagnose(history, references, more.pop("run", FACTS))
    write_training_page(path, history, references, diagnosis, SETTINGS, **more)
    return Page(path.read_text(encoding="utf-8"))


def test_the_verdict_comes_first(tmp_path: Path) -> None:
    page = write(tmp_path / "training.html", joints())
    assert page.text("verdict") == (
        "over-fits The network over-fits: error 0.090 on people it has never seen, error 0.020 on "
        "those it learns from."
    )
    parts = [part for part in page.ids() if not re.search(r"\d", part)]
    assert parts == ["verdict", "diagnosis", "why", "next", "figures", "charts", "settings"]
    assert "<title>Training: over-fits</title>" in page.source
    assert 'class="card verdict failed"' in page.source
    assert "Epoch 6, step 600, 1 h 10 min of training; best weights of epoch 4" in page.source
    assert "Only 24 people to validate on" in page.text("why")
    assert page.text("next").startswith("What to do next Collect more people than 1,000")
    assert "<code>pedpose data check</code>" in page.source and "`" not in page.source


def test_errors_stand_side_by_side(tmp_path: Path) -> None:
    table = write(tmp_path / "training.html", joints()).text("figures")
    assert "figure training validation best validation chance human" in table
    assert "Mean error (lower is better) 0.020 0.090 0.070 0.201 0.033" in table
    assert "PCK@0.2 0.980 0.910 0.930 0.596 0.999" in table
    assert "AP of joints 0.820 0.540 0.620 0.001 0.783" in table
    assert "of epoch 4." in table
    still = write(tmp_path / "training.html", joints()[:4]).text("figures")
    assert "figure training validation chance human" in still and "best" not in still


def test_settings_are_listed_and_escaped(tmp_path: Path) -> None:
    page = write(tmp_path / "training.html", joints())
    assert page.text("settings") == ("Settings data people/<train>.json learning rate 0.001")
    assert "people/&lt;train&gt;.json" in page.source


def test_samples_are_inside_and_described(tmp_path: Path) -> None:
    wide = np.zeros((100, 1000, 3), np.uint8)
    wide[:, :, 0] = 255
    small = np.full((8, 6, 3), 200, np.uint8)
    samples = [("a <wide> one", wide), ("a small one", small)]
    page = write(tmp_path / "training.html", joints(), samples=samples)
    pictures = page.all("img")
    assert [picture["alt"] for picture in pictures] == ["a <wide> one", "a small one"]
    sizes = []
    for picture in pictures:
        head, data = str(picture["src"]).split(",")
        assert head == "data:image/jpeg;base64"
        decoded = PIL.Image.open(io.BytesIO(base64.b64decode(data)))
        sizes.append(decoded.size)
    assert sizes == [(420, 42), (6, 8)]
    assert np.asarray(decoded).mean() == pytest.approx(200, abs=2)


def test_nothing_is_loaded_from_anywhere(tmp_path: Path) -> None:
    samples = [("one", np.zeros((9, 9, 3), np.uint8))]
    page = write(tmp_path / "training.html", joints(), samples=samples)
    assert "http" not in page.source.replace("http-equiv", "")
    assert not re.search(r"url\((?!#)|@import", page.source)
    for tag in ("script", "link", "iframe", "object", "embed", "base", "form", "a"):
        assert not page.all(tag)
    for _, attributes in page.elements:
        for name in ("src", "href", "xlink:href", "srcset", "data"):
            if name in attributes:
                assert str(attributes[name]).startswith(("data:image/jpeg;base64,", "#"))
    assert len(page.ids()) == len(set(page.ids()))
    policy = next(a for a in page.all("meta") if a.get("http-equiv"))
    assert str(policy["content"]).startswith("default-src 'none'")


def test_charts_have_words_for_those_who_do_not_see_them(tmp_path: Path) -> None:
    page = write(tmp_path / "training.html", joints())
    said = [a["aria-label"] for a in page.all("div") if a.get("role") == "img"]
    assert said[0] == (
        "Mean error: validation from 0.150 to 0.090; training from 0.120 to 0.020; chance 0.201, "
        "human 0.033."
    )
    assert said[1] == "Training loss from 3.000 to 0.500."
    assert said[-1] == "Learning rate from 0.001 to 0.00017, at most 0.001."
    assert len(said) == 6


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    samples = [("one", np.arange(300, dtype=np.uint8).reshape(10, 10, 3))]
    for name in ("a", "b"):
        write(tmp_path / name, joints(), samples=samples)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_run_without_validation(tmp_path: Path) -> None:
    history = [Reading(n, float(n), 5.0 * n, 1e-3, 3.0 / n) for n in range(1, 8)]
    page = write(tmp_path / "training.html", history, {})
    assert page.text("verdict").startswith("still learning")
    assert 'class="card verdict open"' in page.source
    assert "figures" not in page.ids()
    assert len([a for a in page.all("div") if a.get("role") == "img"]) == 2
    assert "35 s of training" in page.source


def test_a_run_that_has_not_begun(tmp_path: Path) -> None:
    page = write(tmp_path / "training.html", [], {})
    assert page.text("verdict").startswith("too early to say")
    assert not page.all("svg")


def test_a_run_that_breaks_at_once(tmp_path: Path) -> None:
    page = write(tmp_path / "training.html", [Reading(1, 0.01, 1.0, 1e-2, math.nan)], {})
    assert page.text("verdict").startswith("diverging")
    assert "Training loss is never finite. It was not finite at 1 of 1 readings." in page.source


def test_a_person_finder(tmp_path: Path) -> None:
    history = [
        Reading(n, float(n), 60.0, 1e-3, 2.0, {"box_ap": 0.6, "box_ap50": 0.9}, {"box_ap": 0.55})
        for n in range(1, 7)
    ]
    run = RunFacts(1000, 10_000, 6, 6, None, 0, "person", "none")
    page = write(tmp_path / "training.html", history, {}, run=run)
    assert page.text("verdict").startswith("good fit")
    assert 'class="card verdict "' in page.source
    assert "AP of boxes 0.600 0.550" in page.text("figures")
    assert "AP of boxes at IoU 0.5 0.900 –" in page.text("figures")  # noqa: RUF001
    assert "chance" not in page.source and "PCK" not in page.source


def texts(svg: str) -> list[str]:
    """Return what is written in a chart, which must be whole XML in the page's own colours."""
    xlink = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    root = ElementTree.fromstring(svg.replace("<svg ", f"<svg {xlink} ", 1))
    assert "#0a0b" not in svg and "var(--ink)" in svg
    return ["".join(element.itertext()).strip() for element in root.iter("text")]


def test_charts_are_labelled() -> None:
    chart = figure_chart("error", joints(), REFERENCES)
    assert {"chance", "human", "training", "validation", "epoch", "error"} <= set(texts(chart.svg))
    assert "lower is better" in chart.note and "best weights, of epoch 4" in chart.note
    alone = figure_chart("error", [Reading(1, 1.0, 1.0, 1.0, 1.0, {}, {"error": 0.1})], {})
    assert {"chance", "human", "training"}.isdisjoint(texts(alone.svg))
    assert "validation from 0.100 to 0.100." in alone.alt
    assert {"loss", "epoch"} <= set(texts(loss_chart(joints()).svg))
    assert {"learning rate", "epoch"} <= set(texts(rate_chart(joints()).svg))
