"""The README's recipe for CI: its actions are pinned, and its commands do what it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

import pedpose

ROOT = Path(__file__).resolve().parents[1]
SECTION = (
    (ROOT / "README.md")
    .read_text(encoding="utf-8")
    .partition("\n## Gate in CI\n")[2]
    .partition("\n## ")[0]
)


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)
    return str(found)


def steps() -> list[dict[str, Any]]:
    (job,) = yaml.safe_load(block("yaml"))["jobs"].values()
    return list(job["steps"])


def command() -> str:
    (found,) = [step["run"] for step in steps() if "pedpose eval" in step.get("run", "")]
    return str(found)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """What the recipe expects to be checked out, with two of the samples as data."""
    content = json.loads((ROOT / "samples/samples.json").read_text())
    content["images"] = content["images"][:2]
    ids = {image["id"] for image in content["images"]}
    content["annotations"] = [a for a in content["annotations"] if a["image_id"] in ids]
    (tmp_path / "data").mkdir()
    (tmp_path / "data/val.json").write_text(json.dumps(content))
    for image in content["images"]:
        shutil.copy(ROOT / "samples" / image["file_name"], tmp_path / "data")
    (tmp_path / "weights").mkdir()
    shutil.copy(ROOT / "weights/joints.safetensors", tmp_path / "weights")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/pedpose"
    program.write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "from pedpose.cli.main import main; main()" "$@"\n'
    )
    program.chmod(0o755)
    return tmp_path


def run(repository: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script as GitHub does."""
    environment = {
        **os.environ,
        "PATH": f"{repository / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(pedpose.__file__).parents[1]),
        "GITHUB_STEP_SUMMARY": str(repository / "summary.md"),
    }
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_actions_are_pinned_by_their_commit() -> None:
    uses = [step["uses"] for step in steps() if "uses" in step]
    assert len(uses) == 3
    for name in uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name), name
        line = next(line for line in block("yaml").splitlines() if name in line)
        assert re.search(r" # v\d+\.\d+\.\d+$", line), f"{line}: the version is for readers"


def test_the_job_can_only_read() -> None:
    assert yaml.safe_load(block("yaml"))["permissions"] == {"contents": "read"}


def test_reports_are_kept_when_the_gate_fails() -> None:
    after = steps()[[step.get("run") for step in steps()].index(command()) + 1 :]
    assert len(after) == 2
    assert all(step["if"] == "always()" for step in after)


@pytest.mark.skipif(shutil.which("bash") is None, reason="the recipe is for a shell")
def test_the_recipe_passes_and_fails(repository: Path) -> None:
    done = run(repository, block("sh").splitlines()[0])  # makes the baseline
    assert done.returncode == 0, done.stderr
    # pip would install what is tested here; everything else runs as it is written.
    commands = [
        step["run"] for step in steps() if "run" in step and "pip install" not in step["run"]
    ]
    assert len(commands) == 2
    for script in (block("sh").splitlines()[1], *commands):
        done = run(repository, script)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "gate passed" in (repository / "summary.md").read_text()

    too_high = command().replace('"pck@0.2=0.80"', '"pck@0.001=0.99"')
    assert too_high != command()
    done = run(repository, too_high)
    assert done.returncode == 1, done.stdout + done.stderr
    assert run(repository, commands[1]).returncode == 0
    assert "gate FAILED: 1 of 14 fell short" in (repository / "summary.md").read_text()
    root = ElementTree.parse(repository / "report/junit.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == ("14", "1")
    assert (repository / "report/report.html").is_file()
