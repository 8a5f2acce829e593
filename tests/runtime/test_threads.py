import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pedpose.runtime import threads
from pedpose.runtime.gpu import gpu_at_hand
from pedpose.runtime.threads import cpu_threads


def test_the_number_that_was_asked_for_is_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert cpu_threads() == 3


@pytest.mark.parametrize("text", ["", "0", "many", "-2"])
def test_else_no_more_than_there_are(monkeypatch: pytest.MonkeyPatch, text: str):
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    assert 1 <= cpu_threads() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200000 100000\n", 2),
        ("50000 100000", 1),
        ("150000 100000", 2),
        ("max 100000", None),
        ("", None),
    ],
)
def test_a_container_may_have_a_part_of_the_machine(
    tmp_path: Path, text: str, expected: int | None
):
    file = tmp_path / "cpu.max"
    file.write_text(text)
    assert threads._cgroup_share(file) == expected
    assert threads._cgroup_share(tmp_path / "missing") is None


def test_asking_for_a_gpu_does_not_load_torch():
    code = "import sys; from pedpose.runtime.gpu import gpu_at_hand; gpu_at_hand(); "
    check = [sys.executable, "-c", code + "print('torch' in sys.modules)"]
    assert subprocess.run(check, capture_output=True, text=True).stdout.strip() == "False"
    if torch.cuda.is_available():
        assert gpu_at_hand()
