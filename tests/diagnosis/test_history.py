"""``history.csv``."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedpose.diagnosis.history import Reading, append_reading, read_history
from pedpose.errors import DataError

FIRST = Reading(10, 0.5, 3.25, 1e-3, 2.5, {"ap": 0.1}, {"ap": 0.05, "pck@0.2": 0.5})
SECOND = Reading(20, 1.0, 6.5, 1e-4, 1.25, {"ap": 0.2}, {"ap": 0.15, "pck@0.2": 0.75})

numbers = st.floats(0, 1e9)
figures = st.dictionaries(
    st.sampled_from(["ap", "pck@0.2", "error", "box_ap", 'odd, "name"']),
    st.floats(-1e9, 1e9),
    max_size=4,
)


def write(path: Path, *readings: Reading) -> Path:
    for reading in readings:
        append_reading(path, reading)
    return path


def test_the_file_is_what_a_spreadsheet_reads(tmp_path: Path) -> None:
    path = write(tmp_path / "run" / "history.csv", FIRST, SECOND)
    assert path.read_text(encoding="utf-8") == (
        "step,epoch,seconds,rate,loss,train_ap,val_ap,val_pck@0.2\n"
        "10,0.5,3.25,0.001,2.5,0.1,0.05,0.5\n"
        "20,1.0,6.5,0.0001,1.25,0.2,0.15,0.75\n"
    )
    assert read_history(path) == [FIRST, SECOND]
    assert [p.name for p in path.parent.iterdir()] == ["history.csv"]


def test_a_resumed_run_overwrites_what_it_repeats(tmp_path: Path) -> None:
    path = write(tmp_path / "history.csv", FIRST, SECOND, Reading(30, 1.5, 9.0, 0.0, 1.0))
    again = Reading(20, 1.0, 7.0, 2e-4, 1.5, {"ap": 0.3}, {"ap": 0.2})
    append_reading(path, again)
    assert read_history(path) == [FIRST, again]


def test_figures_may_be_missing_and_come_later(tmp_path: Path) -> None:
    path = write(tmp_path / "history.csv", Reading(1, 0.1, 1.0, 0.1, 9.0), FIRST)
    first, second = read_history(path)
    assert (first.train, first.val) == ({}, {})
    assert second == FIRST


def test_a_broken_loss_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "history.csv", FIRST, Reading(20, 1.0, 6.5, 1e-3, math.nan))
    assert math.isnan(read_history(path)[1].loss)
    append_reading(path, Reading(30, 1.0, 6.5, 1e-3, math.inf))
    assert read_history(path)[2].loss == math.inf


@given(
    st.lists(
        st.builds(
            Reading, st.integers(0, 10**12), numbers, numbers, numbers, numbers, figures, figures
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda reading: reading.step,
    )
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, readings: list[Reading]
):
    readings.sort(key=lambda reading: reading.step)
    path = write(tmp_path_factory.mktemp("run") / "history.csv", *readings)
    assert read_history(path) == readings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected step,epoch,seconds,rate,loss,..., found an empty file"),
        ("step,epoch\n", "line 1: expected step,epoch,seconds,rate,loss,..., found 'step,epoch'"),
        ("step,epoch,seconds,rate,loss,ap\n", "line 1: expected columns train_NAME .* found 'ap'"),
        ("step,epoch,seconds,rate,loss,val_\n", "line 1: .* found 'val_'"),
        ("step,epoch,seconds,rate,loss,val_a,val_a\n", "line 1: .* each once, found 'val_a'"),
        ("step,epoch,seconds,rate,loss\n1,2,3,4\n", "line 2: expected 5 cells, found 4"),
        ("step,epoch,seconds,rate,loss\n1,2,3,x,5\n", "line 2: rate: expected a number, found 'x'"),
        ("step,epoch,seconds,rate,loss\n1.5,2,3,4,5\n", "line 2: step: expected a whole number"),
        ("step,epoch,seconds,rate,loss\n-1,2,3,4,5\n", "line 2: step: expected 0 or more"),
        ("step,epoch,seconds,rate,loss\ninf,2,3,4,5\n", "line 2: step: expected"),
        ("step,epoch,seconds,rate,loss\n1,nan,3,4,5\n", "line 2: epoch: expected 0 or more"),
        ("step,epoch,seconds,rate,loss\n1,,3,4,5\n", "line 2: epoch: expected a number, found ''"),
        ("step,epoch,seconds,rate,loss,val_a\n1,2,3,4,5,nan\n", "line 2: val_a: expected a finite"),
        ("step,epoch,seconds,rate,loss\n2,2,3,4,5\n2,2,3,4,5\n", "line 3: step: .* more than 2"),
        ('step,epoch,seconds,rate,loss\n"1,2,3,4,5\n', "line 2: not valid CSV"),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "history.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_history(path)
    with pytest.raises(DataError, match=message):
        append_reading(path, FIRST)
    assert path.read_text(encoding="utf-8") == text


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_history(tmp_path / "history.csv")
    (tmp_path / "history.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="not UTF-8"):
        read_history(tmp_path / "history.csv")


def test_a_reading_refuses_what_no_run_measures() -> None:
    with pytest.raises(ValueError, match="val_ap: expected a finite number, found nan"):
        Reading(1, 1.0, 1.0, 1.0, 1.0, {}, {"ap": math.nan})
    with pytest.raises(ValueError, match="rate: expected 0 or more, found -1"):
        Reading(1, 1.0, 1.0, -1.0, 1.0)
