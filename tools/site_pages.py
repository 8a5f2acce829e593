"""What MkDocs runs while it builds the site: pages of files outside docs/ and of the commands.

README.md, weights/README.md and CHANGELOG.md are written once, for those who read them in the
repository; here their sections become pages, and links lead to these.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from command_reference import reference
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]

SECTIONS = {
    "detect.md": ("Detect", ("Find people",)),
    "learn-your-own.md": ("Learn your own keypoints", ("Train on your own keypoints",)),
    "inside.md": ("Look inside", ("Look inside",)),
    "evaluate.md": ("Evaluate", ("Evaluate", "Gate in CI", "Exit codes")),
    "results.md": ("Results and limits", ("Results", "Limits")),
}
"""Pages that are made of sections of the README: their titles and these sections."""

WHOLE = {"model-card.md": "weights/README.md", "changelog.md": "CHANGELOG.md"}

PAGES = {
    "README.md#install": "start.md",
    "README.md#find-people": "detect.md",
    "README.md#video-and-streams": "video.md",
    "README.md#train-on-your-own-keypoints": "learn-your-own.md",
    "README.md#look-inside": "inside.md",
    "README.md#evaluate": "evaluate.md",
    "README.md#gate-in-ci": "evaluate.md#gate-in-ci",
    "README.md#exit-codes": "evaluate.md#exit-codes",
    "README.md#results": "results.md",
    "README.md#limits": "results.md#limits",
    "README.md#speed": "speed.md",
    "README.md": "index.md",
    **{source: page for page, source in WHOLE.items()},
}
"""Where what a link names in the repository lies in the site."""

_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"(^ *```.*?^ *```)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made of other files."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    made = {name: _of_readme(readme, *what) for name, what in SECTIONS.items()}
    made["reference.md"] = reference()
    for name, source in WHOLE.items():
        made[name] = site_links((ROOT / source).read_text(encoding="utf-8"), Path(source).parent)
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links of a page of docs/ to where things lie in the site."""
    return markdown if page.file.generated_by else site_links(markdown, Path("docs"))


def section(readme: str, title: str) -> str:
    """Return a section with what is below it.

    Raises:
        ValueError: If there is none of this title.
    """
    found = re.search(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", readme, re.DOTALL | re.MULTILINE)
    if found is None:
        raise ValueError(f"README.md: expected a section {title!r}, found none")
    return found[0].rstrip() + "\n"


def site_links(markdown: str, folder: Path) -> str:
    """Return the text of a file in a folder of the repository with links as the site has them.

    Of files that the site does not have, the name is left.
    """
    parts = _FENCE.split(markdown)
    for number in range(0, len(parts), 2):
        parts[number] = _LINK.sub(lambda link: _site_link(link, folder), parts[number])
    return "".join(parts)


def _of_readme(readme: str, title: str, sections: tuple[str, ...]) -> str:
    texts = [section(readme, each) for each in sections]
    if len(texts) == 1 or sections[0] == title:  # the title stands for the first one
        texts[0] = texts[0].partition("\n")[2].lstrip()
    return f"# {title}\n\n" + "\n".join(site_links(text, Path()) for text in texts)


def _site_link(link: re.Match[str], folder: Path) -> str:
    mark, text, target = link.groups()
    if re.match(r"[a-z]+:", target) or (target.startswith("#") and folder != Path()):
        return link[0]
    path = "README.md" + target if target.startswith("#") else _from_root(folder, target)
    name = path.partition("#")[0]
    if path in PAGES or name in PAGES:
        there = PAGES.get(path) or PAGES[name]
    elif name.startswith("docs/"):
        there = path.removeprefix("docs/")
    else:
        return f"{text} (`{name}`)" if text.strip("`") != name else f"`{name}`"
    return f"{mark}[{text}]({there})"


def _from_root(folder: Path, target: str) -> str:
    """Return the path in the repository of a link in a file of a folder."""
    name, sharp, anchor = target.partition("#")
    parts: list[str] = []
    for part in (*folder.parts, *name.split("/")):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts) + sharp + anchor
