"""What the tests of checks share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from clean_set import Content, make_clean


@pytest.fixture
def clean(tmp_path: Path) -> Content:
    """Twelve pictures in ``tmp_path/images`` with two people each: ids 1 to 12, and 101 to 124."""
    return make_clean(tmp_path)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Write content as a JSON file into ``tmp_path``; NaN stays, as Python writes it."""

    def write(content: Content, name: str = "train.json") -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write
