"""Links and headings of Markdown, as GitHub has them."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def links(markdown: str) -> list[str]:
    """Return the links inside the repository."""
    found = _LINK.findall(_FENCE.sub("", markdown))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(markdown: str) -> set[str]:
    """Return what the headings can be linked by."""
    headings = _HEADING.findall(_FENCE.sub("", markdown))
    kept = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {each.replace(" ", "-") for each in kept}
