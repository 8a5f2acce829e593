"""Files that are no weights of pedpose: each is refused with its reason and exit code 5."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from pedpose.cli.main import app

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A folder with one broken weights file of each sort."""
    noise = np.random.default_rng(0).integers(0, 256, 5000, np.uint8).tobytes()
    (tmp_path / "noise.safetensors").write_bytes(noise)
    (tmp_path / "empty.safetensors").write_bytes(b"")
    torch.save({"state_dict": {"weight": torch.zeros(3)}}, tmp_path / "pickle.safetensors")
    save_file({"weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("noise", "expected a safetensors file, found something else"),
        ("empty", "expected a safetensors file, found something else"),
        ("pickle", "found a pickle or torch.save file, which could run code when loaded"),
        ("other", "found those of another program"),
        ("missing", "found no such file"),
    ],
)
def test_refused_by_every_command(broken: Path, name: str, message: str):
    weights = str(broken / f"{name}.safetensors")
    out = broken / "out"
    for command in (
        ["detect", str(SAMPLES / "portrait.jpg"), "--out", str(out), "--weights", weights],
        ["detect", str(SAMPLES / "portrait.jpg"), "--out", str(out), "--person-weights", weights],
        ["eval", "--data", str(SAMPLES / "samples.json"), "--weights", weights],
        ["info", weights],
    ):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 5, (command, result.output)
        assert message in result.output
        assert f"{name}.safetensors" in result.output
    assert not out.exists()
