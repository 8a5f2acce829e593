"""``report.html``, read by an HTML parser."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pedpose.evaluation.report import SCHEMA_VERSION
from pedpose.files import write_text
from pedpose.reporting.write import write_reports

Evaluate = Callable[..., Any]
Perfect = Callable[..., list[Any]]

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Knows the elements and the text of each part of a page that has an id."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.open: list[tuple[str, str | None]] = []
        self.elements: list[tuple[str, dict[str, str | None], set[str]]] = []
        self.words: list[tuple[str, set[str]]] = []
        self.feed(self.source)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes, self.inside()))
        if tag not in VOID:
            self.open.append((tag, attributes.get("id")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), self.inside()))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1][0] == tag, f"</{tag}> closes <{self.open[-1][0]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append((data, self.inside()))

    def inside(self) -> set[str]:
        return {number for _, number in self.open if number}

    def text(self, part: str) -> str:
        """Return the text of the element with an id, white space joined."""
        return " ".join("".join(data for data, inside in self.words if part in inside).split())

    def all(self, tag: str, part: str | None = None) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of a kind, in the part with an id or anywhere."""
        return [
            a for t, a, inside in self.elements if t == tag and (part is None or part in inside)
        ]

    def has(self, part: str) -> bool:
        return any(attributes.get("id") == part for _, attributes, _ in self.elements)


@pytest.fixture
def page(tmp_path: Path) -> Callable[..., Page]:
    """Write all reports of an evaluation and read the page."""

    def write(done: Any) -> Page:
        paths = write_reports(tmp_path / "out", done.report, done.data, done.people, done.baseline)
        assert [path.name for path in paths] == [
            *("report.json", "report.md", "junit.xml", "report.html")
        ]
        return Page(paths[-1])

    return write


def test_headline_figures_have_intervals(
    make_case: Any, evaluate: Evaluate, page: Callable[..., Page]
) -> None:
    done = evaluate(*make_case(3))
    text = page(done).text("headline")
    for result in done.report.metrics:
        overall = result.overall
        unit = "px" if result.metric.name == "epe" else ""
        expected = (
            f"{result.metric.name} {overall.value:.3f}{unit} .*?"
            f"95 %: {overall.low:.3f} to {overall.high:.3f}"
        )
        assert re.search(expected.replace("+", r"\+"), text), expected


def test_nothing_is_loaded_from_anywhere(
    make_case: Any, evaluate: Evaluate, perfect: Perfect, page: Callable[..., Page]
) -> None:
    path, entries = make_case(3)
    read = page(evaluate(path, entries, ("ap=0.9",), baseline=perfect(path)))
    assert "http" not in read.source.replace("http-equiv", "")
    assert not re.search(r"url\((?!#)|@import", read.source)
    for tag in ("script", "link", "iframe", "object", "embed", "base", "form", "a"):
        assert not read.all(tag)
    addresses = [
        value
        for _, attributes, _ in read.elements
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href", "srcset", "data")
    ]
    assert addresses
    for address in addresses:
        assert address is not None and address.startswith(("data:image/jpeg;base64,", "#"))
    policy = next(a for a in read.all("meta") if a.get("http-equiv"))
    assert str(policy["content"]).startswith("default-src 'none'")
    ids = [attributes["id"] for _, attributes, _ in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("pictures", "worst", "others"), [(45, 24, 12), (30, 24, 6), (5, 5, 0)])
def test_number_of_pictures(
    coco_content: Any,
    write_coco: Any,
    evaluate: Evaluate,
    page: Callable[..., Page],
    pictures: int,
    worst: int,
    others: int,
) -> None:
    person = coco_content["annotations"][0]
    numbers = range(1, pictures + 1)
    coco_content["images"] = [
        {"id": n, "file_name": f"{n}.png", "width": 64, "height": 48} for n in numbers
    ]
    coco_content["annotations"] = [{**person, "id": n, "image_id": n} for n in numbers]
    read = page(evaluate(write_coco(coco_content), []))
    for part, count in (("worst", worst), ("random", others)):
        assert len(read.all("article", part)) == count
        images = read.all("img", part)
        assert len(images) == 2 * count
        assert all(image["alt"] for image in images)
    assert f"The {worst} worst" in read.text("pictures")
    assert "Lowest mean OKS" in read.text("pictures")
    assert read.has("random") == (others > 0)
    assert not read.has("problems")


def test_the_baseline_stands_side_by_side(
    make_case: Any, evaluate: Evaluate, perfect: Perfect, page: Callable[..., Page]
) -> None:
    path, entries = make_case(3)
    done = evaluate(path, entries, baseline=perfect(path))
    read = page(done)
    text = read.text("baseline")
    assert done.report.gate is not None
    for drop in done.report.gate.drops:
        assert f"{drop.name}{drop.baseline:.3f}{drop.value:.3f}" in text.replace(" ", "")
    assert "Joints worse by more than 0.01 in pck@0.2, be it by chance" in text
    charts = [div["aria-label"] for div in read.all("div", "charts") if div.get("role") == "img"]
    assert len(charts) == 6
    legends = [
        data.strip() for data, inside in read.words if "charts" in inside and "baseline" in data
    ]
    assert legends.count("baseline") >= 4, "the key and three charts"
    assert "baseline 0.50" in legends
    assert "FAIL: dropped" in text

    alone = page(evaluate(path, entries))
    assert not alone.has("baseline") and not alone.has("verdict")
    assert "baseline" not in alone.text("charts")


def test_the_verdict_comes_first(
    make_case: Any, evaluate: Evaluate, page: Callable[..., Page]
) -> None:
    read = page(evaluate(*make_case(3), ("ap=0.99", "pck@0.5/head=0.01")))
    verdict = read.text("verdict")
    assert verdict.startswith("gate FAILED: 1 of 2 fell short ap: 0.")
    assert verdict.endswith("expected at least 0.99")
    assert re.search(r"ap >= 0\.99 ?0\.\d{4} ?FAIL", read.text("limits"))
    assert re.search(r"pck@0\.5/head >= 0\.01 ?0\.\d{4} ?pass", read.text("limits"))


def test_names_are_only_text(
    coco_content: Any, write_coco: Any, evaluate: Evaluate, perfect: Perfect, page: Any
) -> None:
    joint, file = "<script>alert(1)</script>&\"'\x01", "<img src=x onerror=1>&\"'.png"
    coco_content["categories"][0]["keypoints"][0] = joint
    coco_content["images"][0]["file_name"] = file
    path = write_coco(coco_content)
    limit = f"pck@0.2/{joint}=1"
    read = page(evaluate(path, perfect(path, 9), (limit,), baseline=perfect(path)))
    assert not read.all("script")
    assert all(str(image["src"]).startswith("data:") for image in read.all("img"))
    assert not any(name.startswith("on") for _, a, _ in read.elements for name in a)
    shown = joint.replace("\x01", "\ufffd")
    for part in ("tables", "baseline", "verdict", "limits"):
        assert shown in read.text(part), part
    assert file in read.text("worst")
    labels = [str(div["aria-label"]) for div in read.all("div", "charts") if "aria-label" in div]
    assert any(shown in label for label in labels)


def test_pictures_that_are_not_there_are_listed(
    coco_content: Any, write_coco: Any, evaluate: Evaluate, perfect: Perfect, page: Any
) -> None:
    path = write_coco(coco_content)
    for image in coco_content["images"]:
        (path.parent / image["file_name"]).unlink()
    read = page(evaluate(path, perfect(path)))
    assert not read.all("img")
    text = read.text("problems")
    assert text.startswith("2 of 2 pictures are only listed, not drawn")
    assert "found no such file" in text
    assert "images/second.png" in read.text("worst")
    assert "Truth: 2 people, 0 missed" in read.text("worst")


def test_the_same_evaluation_gives_the_same_bytes(
    make_case: Any, evaluate: Evaluate, perfect: Perfect, tmp_path: Path
) -> None:
    path, entries = make_case(4)
    written = []
    for out in (tmp_path / "one", tmp_path / "two"):
        done = evaluate(path, entries, ("ap=0.9",), baseline=perfect(path))
        paths = write_reports(out, done.report, done.data, done.people, done.baseline)
        written.append([path.read_bytes() for path in paths])
        assert sorted(file.name for file in out.iterdir()) == sorted(path.name for path in paths)
    assert written[0] == written[1]
    assert f'"schema_version": {SCHEMA_VERSION}'.encode() in written[0][0]


def test_old_reports_are_replaced(make_case: Any, evaluate: Evaluate, tmp_path: Path) -> None:
    done = evaluate(*make_case(3))
    for name in ("junit.xml", "report.html"):
        write_text(tmp_path / "out" / name, "old")
    write_reports(tmp_path / "out", done.report, done.data, done.people, None)
    for name in ("junit.xml", "report.html"):
        assert (tmp_path / "out" / name).read_text() != "old"


@pytest.mark.parametrize("metrics", [("ap",), ("epe",), ("pck-torso@0.2", "ar")])
def test_any_metrics_make_a_page(
    coco_content: Any,
    write_coco: Any,
    evaluate: Evaluate,
    perfect: Perfect,
    page: Any,
    metrics: tuple[str, ...],
) -> None:
    coco_content["categories"][0]["keypoints"] = ["nose", "left_shoulder", "right_hip"]
    path = write_coco(coco_content)
    read = page(evaluate(path, perfect(path), baseline=perfect(path), metrics=metrics))
    of_joints = any(name not in ("ap", "ar") for name in metrics)
    titles = [data for data, inside in read.words if "charts" in inside and "of each joint" in data]
    assert bool(titles) == of_joints
    assert metrics[0] in read.text("headline")


def test_one_picture_of_one_joint_has_no_intervals(
    coco_content: Any, write_coco: Any, evaluate: Evaluate, perfect: Perfect, page: Any
) -> None:
    category, person = coco_content["categories"][0], coco_content["annotations"][0]
    category.update(keypoints=["head"], skeleton=[], sigmas=[0.05])
    person.update(keypoints=person["keypoints"][:3], num_keypoints=1)
    coco_content.update(images=coco_content["images"][:1], annotations=[person])
    path = write_coco(coco_content)
    done = evaluate(path, perfect(path, 2), ("ap=0.1",), baseline=perfect(path))
    read = page(done)
    assert done.report.metrics[0].overall.low is None
    assert "95 %: –" in read.text("headline")  # noqa: RUF001
    assert "pck@0.2 of each joint" in read.text("charts")
    assert len(read.all("img")) == 2


def test_scores_that_are_no_chances_have_no_diagram(
    make_case: Any, evaluate: Evaluate, perfect: Perfect, page: Any
) -> None:
    path, _ = make_case(3)
    entries = [{**entry, "score": 7.5} for entry in perfect(path)]
    text = page(evaluate(path, entries)).text("charts")
    assert "No reliability diagram of people" in text
    assert "Reliability of the scores of people" not in text


def test_nobody_was_found(make_case: Any, evaluate: Evaluate, page: Any) -> None:
    path, _ = make_case(3)
    read = page(evaluate(path, []))
    assert "0 predictions" in " ".join(data for data, _ in read.words)
    assert "are left out here" not in read.text("pictures")
