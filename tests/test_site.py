"""The documentation as a site: it builds without a warning, and its links lead somewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from markdown_anchors import anchors, links

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    *sorted(ROOT.glob("docs/*.md")),
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "weights/README.md")),
    *(ROOT / name for name in ("samples/README.md", "benchmarks/peers/README.md")),
]


class Page(HTMLParser):
    """What a page loads, where it leads, and what can be led to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attributes}
        self.ids |= {named["id"]} if "id" in named else set()
        if tag == "link" and named.get("rel") != "canonical":
            self.loads.append(named["href"])
        elif tag == "a" and "href" in named:
            self.links.append(named["href"])
        if "src" in named:
            self.loads.append(named["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("needs mkdocs-material")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_all_links_of_the_site_lead_somewhere(site: Path):
    pages = {path: Page(path) for path in site.glob("*.html") if path.name != "404.html"}
    assert len(pages) >= 15
    lost = []
    for path, page in pages.items():
        for link in [*page.links, *page.loads]:
            name, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            target = (path.parent / name).resolve() if name and name != "." else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or (anchor and anchor not in pages[target].ids | {"__top"}):
                lost.append(f"{path.name}: {link}")
    assert not lost, "\n".join(lost)


def test_pages_load_nothing_from_elsewhere(site: Path):
    for path in site.glob("*.html"):
        assert not [each for each in Page(path).loads if re.match(r"[a-z]+:|//", each)]
    for path in site.rglob("*.css"):
        found = re.findall(r"url\(\s*['\"]?(?:https?:)?//", path.read_text(encoding="utf-8"))
        assert not found, path


def test_the_reference_has_every_command_and_option(site: Path):
    from typer.main import get_command

    from pedpose.cli.main import app

    text = (site / "reference.html").read_text(encoding="utf-8")
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        children = getattr(command, "commands", {})
        below = [(f"{name} {child}", each) for child, each in children.items()]
        for called, each in below or [(name, command)]:
            page = text.partition(f'<h2 id="pedpose-{called.replace(" ", "-")}">')[2]
            page = page.partition("<h2")[0]
            assert page, called
            for option in each.params:
                wanted = option.opts[0] if option.opts[0][0] == "-" else option.name.upper()
                assert wanted in page or option.name == "help", f"{called} {wanted}"


def test_sections_of_the_readme_are_pages(site: Path):
    page = (site / "evaluate.html").read_text(encoding="utf-8")
    assert '<h2 id="gate-in-ci">' in page and '<h2 id="exit-codes">' in page
    assert "../README.md" not in "".join(p.read_text("utf-8") for p in site.glob("*.html"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_the_repository_lead_somewhere(path: Path):
    lost = []
    for link in links(path.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        there = target.exists()
        if there and anchor and target.suffix == ".md":
            there = anchor in anchors(target.read_text(encoding="utf-8"))
        if not there:
            lost.append(link)
    assert not lost
