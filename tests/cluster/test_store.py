"""Parts of a cluster run, and where they are written."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from pedpose.cluster.outcome import Ledger, Outcome
from pedpose.cluster.parts import Part, part_name, settings_hash
from pedpose.cluster.store import Store
from pedpose.errors import ConfigError, DataError

PART = Part(Outcome("/in/ä b.jpg", "ä b", 1, 2), "10 20", "abc")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "rows.parquet"
    rows = pa.table({"x": [1.5, 2.5, 3.5]}).replace_schema_metadata({"mine": "kept"})
    pq.write_table(rows, path, row_group_size=2)
    return path


@pytest.fixture(params=["folder", "address", "object store"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The object store is a folder behind pyarrow's interface: a real one needs a network."""
    out = tmp_path / "out"
    if request.param == "object store":
        out.mkdir()
        files = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
        monkeypatch.setattr("pedpose.cluster.store.open_store", lambda address: (files, "out"))
        opened = Store("s3://bucket/out/")
        assert opened.folder is None
    else:
        opened = Store(str(out) if request.param == "folder" else out.as_uri())
        assert opened.folder == out
    opened.prepare()
    return opened


def test_a_part_tells_what_it_is_of_and_keeps_its_rows(store: Store, table: Path, tmp_path: Path):
    name = part_name(PART.outcome.source)
    store.put(name, table, PART)
    assert store.names() == {name}
    assert store.read(name) == PART
    written = pq.ParquetFile(tmp_path / f"out/parts/{name}.parquet")
    assert written.read().to_pydict() == {"x": [1.5, 2.5, 3.5]}
    assert written.num_row_groups == 2
    assert written.schema_arrow.metadata[b"mine"] == b"kept"
    assert [p.name for p in (tmp_path / "out/parts").iterdir()] == [f"{name}.parquet"]


def test_a_part_is_replaced_as_a_whole(store: Store, table: Path):
    store.put("one", table, PART)
    again = Part(Outcome("/in/ä b.jpg", "ä b", 3), "30 40", "abc")
    store.put("one", table, again)
    assert store.names() == {"one"}
    assert store.read("one") == again


def test_other_tables_are_no_parts(store: Store, table: Path, tmp_path: Path):
    (tmp_path / "out/parts/foreign.parquet").write_bytes(table.read_bytes())
    with pytest.raises(DataError, match="expected a part"):
        store.read("foreign")


def test_accounts_are_written_beside(store: Store, tmp_path: Path):
    store.write_json("run.json", {"a": "ä"})
    assert json.loads((tmp_path / "out/run.json").read_text(encoding="utf-8")) == {"a": "ä"}
    store.remove("run.json")
    store.remove("run.json")
    assert not (tmp_path / "out/run.json").exists()


def test_leftovers_of_killed_workers_go(tmp_path: Path):
    store = Store(str(tmp_path))
    store.prepare()
    (tmp_path / f"parts/.{'0' * 16}.tmp.parquet").write_text("half")
    (tmp_path / f".{'1' * 16}.tmp").write_text("half")
    store.prepare()
    assert [path.name for path in tmp_path.rglob("*")] == ["parts"]


def test_where_nothing_can_be_written_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="found a file"):
        Store(str(tmp_path / "file"))
    with pytest.raises(ConfigError, match="nonsense"):
        Store("nonsense://bucket/out")


def test_names_of_parts_are_readable_and_each_its_own():
    names = {
        part_name(s) for s in ("/a/x.jpg", "/b/x.jpg", "s3://b/x.jpg", "/a/x_jpg", "C:\\x.jpg")
    }
    assert len(names) == 5
    assert all(name.startswith("x_jpg-") for name in names)


def test_settings_are_told_apart_by_content():
    header = {"weights": {"a": "1", "b": "2"}, "device": "cpu", "min_score": 0.3}
    same = {**header, "weights": {"/else/a": "1", "/else/b": "2"}, "device": "cuda"}
    assert settings_hash(same) == settings_hash(header)
    assert settings_hash({**header, "min_score": 0.4}) != settings_hash(header)
    assert settings_hash({**header, "weights": {"a": "1", "b": "3"}}) != settings_hash(header)


def test_the_ledger_counts_tries_and_keeps_the_first_outcome():
    ledger = Ledger({"joints": b"weights"})
    assert ledger.weights() == {"joints": b"weights"}
    assert ledger.begin("a") == (1, None)
    assert ledger.begin("b") == (1, None)
    assert ledger.begin("a") == (2, None)
    first = Outcome("a", "a", frames=1)
    assert ledger.end(first) == first
    assert ledger.end(Outcome("a", "a", frames=2)) == first
    assert ledger.begin("a") == (2, first)
