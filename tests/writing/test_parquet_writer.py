"""The table is read back by pyarrow and pandas."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pedpose import People, Skeleton
from pedpose.errors import ConfigError
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.writing import parquet_writer
from pedpose.writing.csv_writer import CsvWriter
from pedpose.writing.parquet_writer import open_parquet
from pedpose.writing.seen import Seen
from pedpose.writing.writers import open_writers

CLIP = Source(Path("in/clip.mp4"), "video", "clip")
PICTURE = Source(Path("in/ä.jpg"), "picture", "ä")
THREE = Skeleton(("head", "left_hand", "right_hand"))
BLACK = np.zeros((48, 64, 3), np.uint8)
HEADER = {"pedpose": "1.0", "weights": {"joints": "ab"}, "skeleton": THREE.to_dict()}


def seen(index: int, time_s: float | None, count: int = 2, tracked: bool = True) -> Seen:
    random = np.random.default_rng(index)
    people = People(
        THREE,
        random.uniform(0, 1, (count, 3, 3)).astype(np.float32),
        random.uniform(0, 60, (count, 4)).astype(np.float32),
        random.uniform(0, 1, count).astype(np.float32),
        np.arange(count) + 2**40 if tracked else None,
    )
    return Seen(Frame(BLACK, index, time_s), people)


def test_rows_columns_types_and_header(tmp_path: Path):
    path = tmp_path / "people.parquet"
    with open_parquet(path, HEADER) as writer:
        writer.write(PICTURE, seen(0, None, tracked=False))
        writer.write(CLIP, seen(7, 0.28))
    table = pq.read_table(path)
    text = pa.dictionary(pa.int32(), pa.string())
    assert dict(zip(table.schema.names, table.schema.types, strict=True)) == {
        **{"source": text, "frame": pa.int64(), "time_s": pa.float64()},
        **{"person": pa.int32(), "track_id": pa.int64(), "person_score": pa.float32()},
        **{"x1": pa.float32(), "y1": pa.float32(), "x2": pa.float32(), "y2": pa.float32()},
        **{"joint": text, "x": pa.float32(), "y": pa.float32(), "joint_score": pa.float32()},
    }
    assert tuple(table.schema.names) == CsvWriter.COLUMNS
    header = json.loads(table.schema.metadata[b"pedpose"])
    assert Skeleton.from_dict(header["skeleton"]) == THREE
    assert header["weights"] == {"joints": "ab"}
    rows = table.to_pylist()
    assert len(rows) == 12
    assert [row["joint"] for row in rows[:6]] == [*THREE.names, *THREE.names]
    assert [row["person"] for row in rows] == [0] * 3 + [1] * 3 + [0] * 3 + [1] * 3
    assert {(row["source"], row["time_s"], row["track_id"]) for row in rows} == {
        ("in/ä.jpg", None, None),
        ("in/clip.mp4", 0.28, 2**40),
        ("in/clip.mp4", 0.28, 2**40 + 1),
    }
    expected = seen(7, 0.28).people
    last = rows[-1]
    assert [last["x"], last["y"], last["joint_score"]] == expected.keypoints[1, 2].tolist()
    assert [last[name] for name in ("x1", "y1", "x2", "y2")] == expected.boxes[1].tolist()
    assert last["person_score"] == expected.scores[1]
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"


def test_pandas_reads_the_same_as_from_csv(tmp_path: Path):
    with open_writers(["csv", "parquet"], tmp_path, [CLIP, PICTURE], HEADER) as writers:
        writers.start(CLIP, 25)
        for n in range(20):
            writers.write(CLIP, seen(n, n / 25, count=n % 3))
        writers.finish(CLIP, End(20))
        writers.start(PICTURE, None)
        writers.write(PICTURE, seen(5, None, tracked=False))
        writers.finish(PICTURE, End(1))
    table = pd.read_parquet(tmp_path / "people.parquet")
    text = pd.read_csv(tmp_path / "people.csv")
    assert str(table["source"].dtype) == "category"
    assert len(table) == len(text) == 3 * (sum(n % 3 for n in range(20)) + 2)
    for column in text:
        if column in ("source", "joint"):
            assert table[column].astype(str).tolist() == text[column].tolist()
        else:
            places = 4 if column.endswith(("score", "_s")) else 2
            found = table[column].astype(float).to_numpy()
            expected = text[column].astype(float).to_numpy()
            assert np.allclose(found, expected, atol=0.51 * 10**-places, rtol=0, equal_nan=True)
    with (tmp_path / "people.csv").open() as file:
        assert next(csv.reader(file)) == list(table.columns)


def test_row_groups_come_as_there_are_enough_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parquet_writer, "ROWS_AT_ONCE", 30)
    path = tmp_path / "people.parquet"
    sources = [Source(Path(f"{n}.mp4"), "video", str(n)) for n in range(50)]
    with open_parquet(path, {}) as writer:
        for n, source in enumerate(sources):
            writer.write(source, seen(n, n / 25))
            assert writer._rows <= 30
    file = pq.ParquetFile(path)
    assert file.num_row_groups == 10
    assert {file.metadata.row_group(n).num_rows for n in range(10)} == {30}
    labels = file.read()["source"].to_pylist()
    assert labels == [source.label for source in sources for _ in range(6)]


def test_a_frame_with_more_rows_than_a_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parquet_writer, "ROWS_AT_ONCE", 10)
    path = tmp_path / "people.parquet"
    with open_parquet(path, {}) as writer:
        for n, count in enumerate((2, 20, 1, 0, 2)):
            writer.write(CLIP, seen(n, n / 25, count))
    table = pq.read_table(path)
    assert table["frame"].to_pylist() == [0] * 6 + [1] * 60 + [2] * 3 + [4] * 6
    assert table["x"].to_pylist()[6:66] == seen(1, 0, 20).people.keypoints[..., 0].ravel().tolist()


def test_a_run_that_finds_nobody_has_an_empty_table(tmp_path: Path):
    with open_parquet(tmp_path / "people.parquet", HEADER) as writer:
        writer.write(CLIP, seen(0, 0.0, count=0))
    table = pq.read_table(tmp_path / "people.parquet")
    assert table.num_rows == 0
    assert tuple(table.column_names) == CsvWriter.COLUMNS


def test_an_error_leaves_nothing(tmp_path: Path):
    with (
        pytest.raises(KeyboardInterrupt),
        open_parquet(tmp_path / "people.parquet", {}) as writer,
    ):
        writer.write(CLIP, seen(0, 0.0))
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("missing", ["pyarrow", "pyarrow.parquet"])
def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
):
    monkeypatch.setitem(sys.modules, missing, None)
    with (
        pytest.raises(ConfigError, match=r"pip install 'pedpose\[parquet\]'"),
        open_writers(["json", "parquet"], tmp_path / "out", [CLIP], {}),
    ):
        pass
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from pedpose import People, Skeleton
from pedpose.reading.frame import Frame
from pedpose.reading.sources import Source
from pedpose.writing.parquet_writer import open_parquet
from pedpose.writing.seen import Seen

path = Path(sys.argv[1])
points = np.random.default_rng(0).uniform(0, 1, (500, 1, 3)).astype(np.float32)
people = People(Skeleton(("a",)), points, points[:, 0, [0, 1, 0, 1]], points[:, 0, 2])

def write(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    with open_parquet(path, {}) as table:
        table.write(Source(path, "picture", "a"), Seen(Frame(points[..., :0], 0, None), people))

write(resource.RLIM_INFINITY)
size = path.stat().st_size
path.unlink()
for limit in (0, 3, size // 2, size - 1):
    try:
        write(limit)
    except OSError as error:
        assert error.filename == str(path), error.filename
        assert not list(path.parent.iterdir())
    else:
        raise SystemExit(f"nothing was said at {limit} of {size} bytes")
print("refused")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of POSIX for the size of files")
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path):
    arguments = [sys.executable, "-c", FULL_DISK, str(tmp_path / "people.parquet")]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.stdout == "refused\n", done.stderr
