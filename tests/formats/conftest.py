"""What tests of the label formats share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from pedpose.cli.main import app


@pytest.fixture
def paint() -> Callable[..., Path]:
    """Write a black picture and return its path."""

    def write(path: Path, width: int, height: int) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(path)
        return path

    return write


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run ``pedpose data convert``; ``code`` is the exit code that is expected."""

    def convert(*arguments: object, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["data", "convert", *map(str, arguments)])
        assert result.exit_code == code, result.output
        return result

    return convert


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A skeleton file with three joints."""
    path = tmp_path / "three.yaml"
    path.write_text("names: [head, left_hand, right_hand]\nlimbs: [[head, left_hand]]\n")
    return path
