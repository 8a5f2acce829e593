"""The order in which people number files."""

from __future__ import annotations

import re
from pathlib import Path


def natural_key(path: Path) -> tuple[list[str | int], str]:
    """Return what to sort by so that frame_2 comes before frame_10."""
    parts = re.split(r"(\d+)", path.name.casefold())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], path.name
