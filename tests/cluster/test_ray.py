"""A cluster of two nodes on this machine: workers and nodes die, and nothing is lost or twice."""

from __future__ import annotations

import builtins
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pandas
import psutil
import pyarrow.parquet as pq
import pytest

from pedpose import __version__
from pedpose.cluster.outcome import Outcome
from pedpose.cluster.ray_run import RayRun, RayTotals, detect_on_ray
from pedpose.cluster.ray_session import check_answers, ray_session
from pedpose.cluster.shard import Shard
from pedpose.errors import ConfigError
from pedpose.inference.detection import prepare
from pedpose.inference.settings import DetectSettings, Known
from pedpose.reading.frame import End
from pedpose.reading.selection import Selection
from pedpose.reading.sources import Source
from pedpose.runtime.choice import Wanted

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
needs_ray = pytest.mark.skipif(sys.platform == "win32", reason="Ray's clusters need Linux or macOS")
SMALL = {"num_cpus": 1, "object_store_memory": 80 * 2**20}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A node of one processor, to which others can be added; it notices soon if one is gone."""
    pytest.importorskip("ray", reason="needs the extra 'cluster'")
    from ray.cluster_utils import Cluster

    health = {
        "health_check_initial_delay_ms": 0,
        "health_check_period_ms": 500,
        "health_check_timeout_ms": 5000,
        "health_check_failure_threshold": 3,
    }
    head = {**SMALL, "include_dashboard": False, "_system_config": health}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        cluster = Cluster(initialize_head=True, head_node_args=head)
        yield cluster
        cluster.shutdown()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twelve small pictures with people or parts of them."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("plaza", "crosswalk", "portrait"):
        image = cv2.imread(str(SAMPLES / f"{name}.jpg"))
        height, width = image.shape[0] // 2, image.shape[1] // 2
        for corner in range(4):
            top, left = corner // 2 * height, corner % 2 * width
            crop = image[top : top + height, left : left + width]
            cv2.imwrite(str(folder / f"{name}{corner}.jpg"), cv2.resize(crop, (320, 240)))
    return folder


class Silent:
    def source(self, source: Source, frames: int | None) -> None: ...

    def frame(self, source: Source, people: int) -> None: ...

    def finished(self, source: Source, end: End) -> None: ...

    def idle(self) -> bool:
        return False


def plain_rows(folder: Path, out: Path, settings: DetectSettings) -> pandas.DataFrame:
    prepare([str(folder)], settings)(Silent())
    return sorted_rows([out / "people.parquet"])


def part_rows(out: Path) -> pandas.DataFrame:
    return sorted_rows(list((out / "parts").glob("*.parquet")))


def sorted_rows(paths: list[Path]) -> pandas.DataFrame:
    tables = pandas.concat([pq.read_table(path).to_pandas() for path in paths])
    tables["source"], tables["joint"] = tables["source"].astype(str), tables["joint"].astype(str)
    return tables.sort_values(["source", "frame", "person", "joint"]).reset_index(drop=True)


def check_same(found: pandas.DataFrame, expected: pandas.DataFrame) -> None:
    """The same rows, none twice; the last digits depend on how many threads compute."""
    assert len(expected) > 0
    pandas.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=0, atol=0.05)


def workers() -> list[psutil.Process]:
    """Processes of this test's nodes that hold networks."""
    return [p for p in psutil.Process().children(recursive=True) if "MapWorker" in p.name()]


def run(folder: Path, out: Path, address: str, report: Callable[[Outcome, int], None]) -> RayTotals:
    return detect_on_ray(RayRun([str(folder)], str(out), settings_for(None), address), report)


def settings_for(out: Path | None) -> DetectSettings:
    """One frame at a time: what is computed together decides the last digits."""
    return DetectSettings(
        out=out,
        kinds=None if out is None else frozenset({"parquet"}),
        wanted=Wanted(device="cpu"),
        selection=Selection(max_frames=2),
        frames_at_once=1,
    )


@needs_ray
def test_workers_and_nodes_die_and_every_file_is_done_once(
    cluster: Any, pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    (pictures / "broken.jpg").write_bytes(b"no picture")
    (pictures / "walk.mp4").write_bytes((SAMPLES / "walk.mp4").read_bytes())
    node = cluster.add_node(**SMALL)
    done: list[str] = []
    killed: list[int] = []

    def report(outcome: Outcome, files: int) -> None:
        assert files == 14
        done.append(outcome.source)
        if len(done) == 2:
            victim = workers()[0]
            killed.append(victim.pid)
            victim.send_signal(signal.SIGKILL)
        if len(done) == 6:
            cluster.remove_node(node, allow_graceful=False)

    out = tmp_path / "out"
    totals = run(pictures, out, cluster.address, report)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert killed and not psutil.pid_exists(killed[0])
    assert sorted(done) == sorted(str(path) for path in pictures.iterdir())
    assert (totals.sources, totals.failed, totals.skipped) == (14, 1, 0)
    assert totals.frames == 12 + 2
    assert not totals.interrupted
    expected = plain_rows(pictures, tmp_path / "plain", settings_for(tmp_path / "plain"))
    check_same(part_rows(out), expected)
    account = json.loads((out / "run.json").read_text())
    entries = {Path(entry["source"]).name: entry for entry in account["sources"]}
    assert len(entries) == 14
    assert entries["broken.jpg"]["part"] is None
    parts = {entry["part"] for entry in entries.values()} - {None}
    assert parts == {f"parts/{path.name}" for path in (out / "parts").iterdir()}
    assert len(parts) == 13
    (failed,) = json.loads((out / "failed.json").read_text())
    assert Path(failed["source"]).name == "broken.jpg" and not failed["partial"]


@needs_ray
def test_a_run_that_was_stopped_goes_on_where_it_was(cluster: Any, pictures: Path, tmp_path: Path):
    out = tmp_path / "out"
    count = 0

    def stop(outcome: Outcome, files: int) -> None:
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt

    first = run(pictures, out, cluster.address, stop)
    assert first.interrupted
    assert json.loads((out / "run.json").read_text())["interrupted"] is True
    before = {path: path.stat().st_mtime_ns for path in (out / "parts").iterdir()}
    assert 4 <= len(before) < 12
    changed = next(iter(sorted(pictures.iterdir())))
    os.utime(changed, (1, 1))
    again: list[str] = []
    second = run(pictures, out, cluster.address, lambda outcome, _: again.append(outcome.source))
    assert second.sources == second.frames == 12
    assert second.skipped == 12 - len(again)
    assert len(before) - 1 <= second.skipped <= len(before)
    assert str(changed) in again
    after = {path: path.stat().st_mtime_ns for path in (out / "parts").iterdir()}
    kept = [path for path in before if after[path] == before[path]]
    assert len(kept) == second.skipped
    expected = plain_rows(pictures, tmp_path / "plain", settings_for(tmp_path / "plain"))
    check_same(part_rows(out), expected)
    nobody: list[str] = []
    third = run(pictures, out, "no cluster is asked", lambda outcome, _: nobody.append(""))
    assert third.skipped == 12 and third.people == second.people and not nobody
    with pytest.raises(ConfigError, match="found others"):
        settings = DetectSettings(out=None, min_score=0.5)
        detect_on_ray(RayRun([str(pictures)], str(out), settings, "none"), stop)
    with pytest.raises(ConfigError, match="found those of"):
        run(pictures / "plaza0.jpg", out, "none", stop)


def test_ray_that_is_not_installed_is_asked_for(monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] == "ray":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with (
        pytest.raises(ConfigError, match=r"pip install 'pedpose\[cluster\]'"),
        ray_session("local"),
    ):
        pass


@needs_ray
def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("ray", reason="needs the extra 'cluster'")
    before = dict(os.environ)
    with pytest.raises(ConfigError, match="cannot connect"), ray_session("localhost"):
        pass
    assert dict(os.environ) == before


def test_nodes_that_do_not_fit_are_refused(tmp_path: Path):
    marker = tmp_path / "out/.marker"
    check_answers({"one": (__version__, True), "two": (__version__, True)}, marker)
    with pytest.raises(ConfigError, match=f"node two: expected pedpose {__version__}.*found 0.0.1"):
        check_answers({"one": (__version__, True), "two": ("0.0.1", True)}, marker)
    with pytest.raises(ConfigError, match="found none"):
        check_answers({"one": (None, True)}, marker)
    with pytest.raises(ConfigError, match="all nodes share"):
        check_answers({"one": (__version__, False)}, marker)
    with pytest.raises(ConfigError, match="with processors"):
        check_answers({}, marker)


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        (DetectSettings(out=Path("out"), kinds=frozenset({"csv"})), {}),
        (DetectSettings(out=Path("out"), heatmaps=True), {}),
        (DetectSettings(out=None, blur_faces=True), {}),
        (DetectSettings(out=None, shapes=True), {}),
        (DetectSettings(out=None, known=Known(Path("boxes.json"))), {}),
        (DetectSettings(out=None, sequence_fps=25.0), {}),
        (DetectSettings(out=None, shard=Shard(1, 2)), {}),
        (DetectSettings(out=None), {"cpus": 0}),
        (DetectSettings(out=None), {"tries": 0}),
    ],
)
def test_what_a_cluster_does_not_do_is_refused(settings: DetectSettings, more: dict[str, int]):
    with pytest.raises(ConfigError, match=r"--ray|expected 1 or more"):
        RayRun(["in"], "out", settings, **more)
