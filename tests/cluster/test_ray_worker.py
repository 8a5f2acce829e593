"""One worker, without a cluster around it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pedpose import __version__
from pedpose.cluster.cluster_files import find_files
from pedpose.cluster.outcome import Ledger, Outcome
from pedpose.cluster.ray_worker import Worker, WorkOrder
from pedpose.cluster.store import Store
from pedpose.errors import ConfigError
from pedpose.inference.settings import DetectSettings, Known
from pedpose.reading.selection import Selection
from pedpose.runtime.choice import Wanted
from pedpose.shipped import shipped_weights

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
ORDER = WorkOrder(
    __version__,
    "out",
    DetectSettings(out=None, wanted=Wanted(device="cpu"), known=Known(whole_image=True)),
    "hash",
    tries=2,
)


class Called:
    """A method of an actor, called at once."""

    def __init__(self, method: Any) -> None:
        self.remote = method


class LocalLedger:
    def __init__(self, ledger: Ledger) -> None:
        self.weights, self.begin, self.end = map(Called, (ledger.weights, ledger.begin, ledger.end))


@pytest.fixture
def ledger() -> Ledger:
    return Ledger({"joints.safetensors": shipped_weights("joints").read_bytes()})


@pytest.fixture
def worker(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worker:
    ray = pytest.importorskip("ray", reason="needs the extra 'cluster'")
    monkeypatch.setattr(ray, "get", lambda answer: answer)
    Store(str(tmp_path / "out")).prepare()
    return Worker(replace(ORDER, out=str(tmp_path / "out")), LocalLedger(ledger))


def test_a_file_of_a_store_is_called_by_its_address(worker: Worker, tmp_path: Path):
    address = (SAMPLES / "portrait.jpg").as_uri()
    (file,) = find_files([address])
    outcome = Outcome(**worker(asdict(file)))
    assert outcome == Outcome(address, "portrait", frames=1, people=1)
    (part,) = (tmp_path / "out/parts").iterdir()
    table = pq.read_table(part)
    assert table.num_rows == 17 and set(table["source"].to_pylist()) == {address}
    header = json.loads(table.schema.metadata[b"pedpose"])
    assert header["boxes"] == "whole image"


def test_what_is_done_is_not_done_again(worker: Worker, tmp_path: Path):
    (file,) = find_files([str(SAMPLES / "portrait.jpg")])
    first = worker(asdict(file))
    (part,) = (tmp_path / "out/parts").iterdir()
    part.unlink()
    assert worker(asdict(file)) == first
    assert not part.exists()


def test_a_file_whose_workers_die_is_given_up(worker: Worker, ledger: Ledger, tmp_path: Path):
    (file,) = find_files([str(SAMPLES / "portrait.jpg")])
    for _ in range(2):
        ledger.begin(file.source)
    outcome = Outcome(**worker(asdict(file)))
    assert "given up: 2 workers died" in str(outcome.error) and not outcome.partial
    assert list((tmp_path / "out/parts").iterdir()) == []


def test_the_beginning_of_a_video_that_breaks_off_is_kept(worker: Worker, tmp_path: Path):
    content = (SAMPLES / "walk.mp4").read_bytes()
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content[: len(content) // 5])
    (file,) = find_files([str(broken)])
    outcome = Outcome(**worker(asdict(file)))
    assert outcome.error and outcome.partial
    (part,) = (tmp_path / "out/parts").iterdir()
    assert pq.read_table(part).num_rows == 17 * outcome.frames
    assert Store(str(tmp_path / "out")).read(part.stem).outcome == outcome


def test_errors_of_a_file_of_a_store_name_its_address(worker: Worker, tmp_path: Path):
    (tmp_path / "strange.jpg").write_bytes(b"no picture")
    (file,) = find_files([(tmp_path / "strange.jpg").as_uri()])
    error = str(Outcome(**worker(asdict(file))).error)
    assert error.startswith(file.source) and "pedpose-" not in error


def test_strange_files_do_not_end_the_run(worker: Worker, tmp_path: Path):
    strange = tmp_path / "strange.jpg"
    strange.write_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 100)
    (file,) = find_files([str(strange)])
    strange.unlink()
    outcome = Outcome(**worker(asdict(file)))
    assert outcome.frames == 0 and str(strange) in str(outcome.error)


def test_selections_hold_on_nodes_too(ledger: Ledger, tmp_path: Path, monkeypatch: Any):
    ray = pytest.importorskip("ray", reason="needs the extra 'cluster'")
    monkeypatch.setattr(ray, "get", lambda answer: answer)
    Store(str(tmp_path)).prepare()
    settings = replace(ORDER.settings, selection=Selection(stride=3, max_frames=2))
    worker = Worker(replace(ORDER, out=str(tmp_path), settings=settings), LocalLedger(ledger))
    (file,) = find_files([str(SAMPLES / "walk.mp4")])
    assert Outcome(**worker(asdict(file))).frames == 2
    (part,) = (tmp_path / "parts").iterdir()
    assert set(pq.read_table(part)["frame"].to_pylist()) == {0, 3}


def test_another_version_on_a_node_is_refused(ledger: Ledger):
    pytest.importorskip("ray", reason="needs the extra 'cluster'")
    with pytest.raises(ConfigError, match=f"expected pedpose 0.0.0, found {__version__}"):
        Worker(replace(ORDER, version="0.0.0"), LocalLedger(ledger))


def test_colours_are_in_the_parts(ledger: Ledger, tmp_path: Path, monkeypatch: Any):
    ray = pytest.importorskip("ray", reason="needs the extra 'cluster'")
    monkeypatch.setattr(ray, "get", lambda answer: answer)
    Store(str(tmp_path)).prepare()
    settings = replace(ORDER.settings, colours=True)
    worker = Worker(replace(ORDER, out=str(tmp_path), settings=settings), LocalLedger(ledger))
    (file,) = find_files([str(SAMPLES / "portrait.jpg")])
    assert Outcome(**worker(asdict(file))).error is None
    (part,) = (tmp_path / "parts").iterdir()
    table = pq.read_table(part)
    assert set(table["upper_colour"].to_pylist()) == {"dark brown"}
    assert json.loads(table.schema.metadata[b"pedpose"])["colours"].startswith("k-means")
