"""What was measured in the course of a run: ``history.csv`` in its folder."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pedpose.errors import DataError
from pedpose.files import write_text

HISTORY_FILE = "history.csv"

_FIXED = ("step", "epoch", "seconds", "rate", "loss")
_SETS = ("train", "val")


@dataclass(frozen=True, slots=True)
class Reading:
    """The state of a run after one of its steps.

    Figures of a joint network are those of :func:`pedpose.diagnosis.figures.figures`; of a person
    finder ``box_ap``, ``box_ap50`` and ``recall_at_1_false_alarm``.

    Attributes:
        step: Steps done.
        epoch: Epochs done; may be a fraction.
        seconds: Trained so far.
        rate: Learning rate of the last step.
        loss: Mean training loss since the reading before; NaN or infinite where a run breaks.
        train: Figures on a fixed sample of the training data without augmentation; empty where
            there is no validation.
        val: Figures on the validation data; empty where there is none.
    """

    step: int
    epoch: float
    seconds: float
    rate: float
    loss: float
    train: dict[str, float] = field(default_factory=dict)
    val: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no run can measure."""
        for name in ("step", "epoch", "seconds", "rate"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                raise ValueError(f"{name}: expected 0 or more, found {value}")
        for kind, figures in zip(_SETS, (self.train, self.val), strict=True):
            for name, value in figures.items():
                if not math.isfinite(value):
                    raise ValueError(f"{kind}_{name}: expected a finite number, found {value}")


def append_reading(path: Path, reading: Reading) -> list[Reading]:
    """Add a reading to a history, which is made where it is missing, and return the whole.

    Readings of the same or a later step are dropped: a resumed run overwrites what it repeats.
    The whole file is written anew, so that it is never half a file.

    Raises:
        DataError: If the file is there and is no history.
        OSError: If it cannot be written.
    """
    before = read_history(path) if path.exists() else []
    history = [*(earlier for earlier in before if earlier.step < reading.step), reading]
    write_text(path, _to_csv(history))
    return history


def read_history(path: Path) -> list[Reading]:
    """Read what :func:`append_reading` wrote, in the order of steps.

    Raises:
        DataError: If the file cannot be read or is no history; the message names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected CSV text, found bytes that are not UTF-8") from error
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num}: not valid CSV: {error}") from error
    if not rows:
        raise DataError(f"{path}: line 1: expected {','.join(_FIXED)},..., found an empty file")
    names = _figure_names(path, rows[0])
    readings: list[Reading] = []
    for line, row in enumerate(rows[1:], start=2):
        try:
            reading = _reading(names, row)
        except ValueError as error:
            raise DataError(f"{path}: line {line}: {error}") from error
        if readings and reading.step <= readings[-1].step:
            raise DataError(
                f"{path}: line {line}: step: expected more than {readings[-1].step} of the line "
                f"before, found {reading.step}"
            )
        readings.append(reading)
    return readings


def _to_csv(readings: Sequence[Reading]) -> str:
    names = {
        kind: list(dict.fromkeys(name for r in readings for name in getattr(r, kind)))
        for kind in _SETS
    }
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*_FIXED, *(f"{kind}_{name}" for kind in _SETS for name in names[kind])])
    for reading in readings:
        cells: list[float | str] = [getattr(reading, name) for name in _FIXED]
        for kind in _SETS:
            figures: Mapping[str, float] = getattr(reading, kind)
            cells += [figures.get(name, "") for name in names[kind]]
        # A cell is empty where a figure was not measured. repr: the shortest text of each number
        # that reads back as the same number.
        writer.writerow([cell if cell == "" else repr(cell) for cell in cells])
    return file.getvalue()


def _figure_names(path: Path, header: Sequence[str]) -> list[tuple[str, str]]:
    """Return the kind (``train`` or ``val``) and the name of each column after the fixed ones."""
    if tuple(header[: len(_FIXED)]) != _FIXED:
        raise DataError(
            f"{path}: line 1: expected {','.join(_FIXED)},..., found {','.join(header)!r}"
        )
    names = []
    for column in header[len(_FIXED) :]:
        kind, separator, name = column.partition("_")
        if kind not in _SETS or not separator or not name or (kind, name) in names:
            raise DataError(
                f"{path}: line 1: expected columns train_NAME and val_NAME, each once, found "
                f"{column!r}"
            )
        names.append((kind, name))
    return names


def _reading(names: Sequence[tuple[str, str]], row: Sequence[str]) -> Reading:
    """Read one line.

    Raises:
        ValueError: If it has another number of cells or a cell is no number of its kind.
    """
    if len(row) != len(_FIXED) + len(names):
        raise ValueError(f"expected {len(_FIXED) + len(names)} cells, found {len(row)}")
    step, epoch, seconds, rate, loss = (
        _number(name, cell) for name, cell in zip(_FIXED, row[: len(_FIXED)], strict=True)
    )
    if not step.is_integer():
        raise ValueError(f"step: expected a whole number, found {row[0]!r}")
    figures: dict[str, dict[str, float]] = {kind: {} for kind in _SETS}
    for (kind, name), cell in zip(names, row[len(_FIXED) :], strict=True):
        if cell:
            figures[kind][name] = _number(f"{kind}_{name}", cell)
    return Reading(int(step), epoch, seconds, rate, loss, figures["train"], figures["val"])


def _number(name: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"{name}: expected a number, found {cell!r}") from None
