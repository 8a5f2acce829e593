"""What commands tell while they work, where there is no terminal."""

from __future__ import annotations

import pytest

from pedpose.cli import progress
from pedpose.cli.progress import StepsReport


@pytest.mark.parametrize(
    ("every_s", "quiet", "told"),
    [
        (-1.0, False, "pictures: 1 of 3\npictures: 3 of 3\nnetwork: 1 of 2\n"),
        (3600.0, False, ""),
        (-1.0, True, ""),
    ],
)
def test_steps_are_lines_now_and_then(
    every_s: float,
    quiet: bool,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(progress, "_LINE_EVERY_S", every_s)
    with StepsReport(quiet) as report:
        report.step("pictures", 1, 3)
        report.step("pictures", 3, 3)
        report.step("network", 1, 2)
    assert capsys.readouterr() == ("", told)
