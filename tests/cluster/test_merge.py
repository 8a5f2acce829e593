"""Results of shards as one: what is joined equals one run over everything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runs import HEADER, TEXT_KINDS, clip, picture, write_run, write_shards
from typer.testing import CliRunner

from pedpose.cluster.merge import merge
from pedpose.cluster.shard import Shard
from pedpose.errors import ConfigError, DataError, PedposeError
from pedpose.inference.detection import prepare
from pedpose.inference.settings import DetectSettings
from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.runtime.choice import Wanted

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

SOURCES = [picture("a/first"), picture("b"), clip("walk"), picture("z"), clip("y.1"), picture("c")]
NUMBERS = [picture(f"{n:012d}") for n in (139, 7, 42, 1, 99)]


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def as_set(items: list[dict[str, Any]]) -> set[str]:
    return {json.dumps(item, sort_keys=True) for item in items}


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("sources", [SOURCES, NUMBERS], ids=["names", "numbers"])
@pytest.mark.parametrize("count", [2, 3, 9])
def test_shards_joined_equal_one_run(tmp_path: Path, sources: list[Any], count: int):
    sources = sorted(sources, key=lambda source: source.path)
    whole = write_run(tmp_path / "whole", sources)
    shards = write_shards(tmp_path, sources, count)
    before = [files_in(shard) for shard in shards]
    totals = merge(shards[::-1], tmp_path / "out")
    out = tmp_path / "out"
    for name in ("images.json", "coco_results.json"):
        assert as_set(read(out / name)) == as_set(read(whole / name)) != set()
    rows = (out / "people.csv").read_text().splitlines()
    expected = (whole / "people.csv").read_text().splitlines()
    assert rows[0] == expected[0] and sorted(rows) == sorted(expected)
    table = pq.read_table(out / "people.parquet")
    assert sorted(map(str, table.to_pylist())) == sorted(
        map(str, pq.read_table(whole / "people.parquet").to_pylist())
    )
    assert table.schema.equals(pq.read_schema(whole / "people.parquet"), check_metadata=True)
    assert sorted(files_in(out / "json")) == sorted(files_in(whole / "json"))
    account = read(out / "run.json")
    assert account["header"]["shard"] is None
    assert as_set(account["sources"]) == as_set(read(whole / "run.json")["sources"])
    assert [run["shard"] for run in account["merged_from"]] == [
        f"{n}/{count}" for n in range(1, count + 1)
    ]
    assert totals.sources == len(sources) and not totals.failed
    assert [files_in(shard) for shard in shards] == before
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_files_are_copied_with_their_content(tmp_path: Path):
    kinds = TEXT_KINDS | {"overlay", "mot", "tracks"}
    shards = write_shards(tmp_path, SOURCES, 2, kinds)
    merge(shards, tmp_path / "out")
    copied = files_in(tmp_path / "out")
    per_source = [name for name in copied if "/" in name]
    originals = {**files_in(shards[0]), **files_in(shards[1])}
    assert {name.split("/")[0] for name in per_source} == {"json", "overlay", "mot"}
    assert all(copied[name] == originals[name] for name in per_source)
    assert len(per_source) == len([name for name in originals if "/" in name])
    tracks = copied["tracks.csv"].splitlines()
    parts = [files_in(shard)["tracks.csv"].splitlines() for shard in shards]
    assert tracks == [*parts[0], *parts[1][1:]] and len(tracks) > 1


def test_what_earlier_runs_left_in_a_folder_is_not_joined(tmp_path: Path):
    shards = write_shards(tmp_path, SOURCES, 2)
    (shards[0] / "json/stale.json").write_text("{}")
    merge(shards, tmp_path / "out")
    assert not (tmp_path / "out/json/stale.json").exists()


def test_a_number_of_a_file_that_is_not_a_picture_makes_all_count_from_one(tmp_path: Path):
    sources = [*NUMBERS[:2], picture("name")]
    merge(write_shards(tmp_path, sources, 3), tmp_path / "out")
    images = {i["file_name"]: i["id"] for i in read(tmp_path / "out/images.json")}
    assert images == {"000000000007.jpg": 1, "000000000139.jpg": 2, "name.jpg": 3}


def test_failed_sources_are_listed_and_the_exit_code_says_so(tmp_path: Path):
    shards = write_shards(tmp_path, SOURCES, 2, broken=["b", "walk"])
    totals = merge(shards, tmp_path / "out")
    failed = read(tmp_path / "out/failed.json")
    assert {f["source"] for f in failed} == {os.path.join("in", n) for n in ("b.jpg", "walk.mp4")}
    assert totals.failed == failed


def test_the_command_joins_and_tells(tmp_path: Path):
    shards = write_shards(tmp_path, SOURCES, 2, broken=["b"])
    result = run_command([*map(str, shards), "--out", str(tmp_path / "out")])
    assert result.exit_code == 4
    assert "9 frames of 6 sources (1 failed) from 2 folders" in result.stdout
    assert "b.jpg: broken" in result.stderr
    result = run_command([*map(str, shards), "--out", str(tmp_path / "two"), "--json"])
    assert json.loads(result.stdout)["frames"] == 9
    result = run_command([str(shards[0]), str(shards[0]), "--out", str(tmp_path / "three")])
    assert result.exit_code == 2 and "found it twice" in result.stderr


def run_command(arguments: list[str]) -> Any:
    import typer

    from pedpose.cli.merge import merge as command

    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, arguments)


Spoil = Callable[[list[Path]], list[Path]]


def drop(shards: list[Path]) -> list[Path]:
    return [shards[0], shards[1], shards[3]]


def another_header(**entries: Any) -> Spoil:
    def spoil(shards: list[Path]) -> list[Path]:
        account = read(shards[1] / "run.json")
        account["header"].update(entries)
        (shards[1] / "run.json").write_text(json.dumps(account))
        return shards

    return spoil


def rename(shards: list[Path]) -> list[Path]:
    account = read(shards[1] / "run.json")
    account["sources"][0]["name"] = read(shards[0] / "run.json")["sources"][0]["name"].upper()
    (shards[1] / "run.json").write_text(json.dumps(account))
    return shards


def lead_out(shards: list[Path]) -> list[Path]:
    account = read(shards[1] / "run.json")
    account["sources"][0]["name"] = "../../secret"
    (shards[1] / "run.json").write_text(json.dumps(account))
    return shards


def interrupt(shards: list[Path]) -> list[Path]:
    account = read(shards[2] / "run.json")
    account["interrupted"] = True
    (shards[2] / "run.json").write_text(json.dumps(account))
    return shards


def remove(name: str) -> Spoil:
    def spoil(shards: list[Path]) -> list[Path]:
        (shards[1] / name).unlink()
        return shards

    return spoil


def cut(name: str, size: int) -> Spoil:
    def spoil(shards: list[Path]) -> list[Path]:
        path = shards[0] / name
        path.write_bytes(path.read_bytes()[:-size])
        return shards

    return spoil


def replace_text(name: str, old: str, new: str) -> Spoil:
    def spoil(shards: list[Path]) -> list[Path]:
        text = (shards[1] / name).read_text()
        assert old in text
        (shards[1] / name).write_text(text.replace(old, new, 1))
        return shards

    return spoil


@pytest.mark.parametrize(
    ("spoil", "kind", "words"),
    [
        (drop, ConfigError, r"1 to 4 of 4, found 1, 2, 4; missing: 3"),
        (lambda shards: [*shards, shards[0]], ConfigError, "found it twice"),
        (lambda shards: shards[:1], ConfigError, "found 1"),
        (another_header(pedpose="2.0"), ConfigError, r"shard2.run.json: header: pedpose.*'1.0'"),
        (another_header(min_score=0.4), ConfigError, r"min_score: expected 0.3 .*found 0.4"),
        (another_header(track=True), ConfigError, r"track: expected None .*found True"),
        (another_header(skeleton={}), ConfigError, "skeleton"),
        (another_header(weights={"a": "aa", "b": "cc"}), ConfigError, "weights"),
        (another_header(weights=[]), DataError, "weights"),
        (another_header(shard="2/5"), ConfigError, r"shard.*1/4.*found 2/5"),
        (another_header(shard=None), ConfigError, r"shard.*1/4.*found None"),
        (another_header(shard="1/4"), ConfigError, "each shard once"),
        (another_header(shard="9/4"), DataError, "1 <= N <= M"),
        (rename, DataError, "each source in one folder"),
        (lead_out, DataError, "relative path"),
        (interrupt, ConfigError, "interrupted"),
        (remove("run.json"), ConfigError, "run.json"),
        (remove("people.csv"), DataError, "people.csv"),
        (remove("images.json"), DataError, "images.json"),
        (remove("people.parquet"), DataError, "people.parquet"),
        (cut("run.json", 9), DataError, "JSON"),
        (cut("people.csv", 3), DataError, "cut off"),
        (cut("images.json", 3), DataError, "images.json: line"),
        (cut("coco_results.json", 30), DataError, "coco_results.json: line"),
        (cut("people.parquet", 30), DataError, "people.parquet"),
        (replace_text("people.csv", "joint", "jont"), DataError, "columns"),
        (replace_text("coco_results.json", "[\n", "["), DataError, "one item a line"),
        (replace_text("images.json", '"id": 1,', '"id": 2,'), DataError, "second time|image_id"),
    ],
)  # fmt: skip
def test_what_does_not_belong_together_is_refused_and_nothing_written(
    tmp_path: Path, spoil: Spoil, kind: type[PedposeError], words: str
):
    sources = [*SOURCES, *(picture(f"p{n}") for n in range(6))]
    shards = spoil(write_shards(tmp_path, sources, 4))
    before = files_in(tmp_path)
    with pytest.raises(kind, match=words):
        merge(shards, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert files_in(tmp_path) == before
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_weights_are_compared_by_content_and_the_device_may_differ(tmp_path: Path):
    elsewhere = {"/opt/joints": "aa", "/opt/person": "bb"}
    header = {**HEADER, "weights": elsewhere, "device": "NVIDIA H100"}
    one = write_run(tmp_path / "one", SOURCES, shard=Shard(1, 2))
    two = write_run(tmp_path / "two", SOURCES, header=header, shard=Shard(2, 2))
    merge([one, two], tmp_path / "out")
    account = read(tmp_path / "out/run.json")
    assert [run["device"] for run in account["merged_from"]] == ["cpu", "NVIDIA H100"]


def test_shards_may_be_missing_or_interrupted_where_that_is_said(tmp_path: Path):
    shards = interrupt(write_shards(tmp_path, SOURCES, 4))
    totals = merge([shards[0], shards[2]], tmp_path / "out", partial=True)
    assert totals.runs == 2 and totals.interrupted
    assert read(tmp_path / "out/run.json")["interrupted"] is True


def test_runs_that_are_no_shards_are_joined_too(tmp_path: Path):
    one = write_run(tmp_path / "one", SOURCES[:3])
    two = write_run(tmp_path / "two", SOURCES[3:])
    assert merge([one, two], tmp_path / "out").sources == len(SOURCES)


def test_the_folder_for_results_must_be_new(tmp_path: Path):
    shards = write_shards(tmp_path, SOURCES, 2)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine")
    with pytest.raises(ConfigError, match="new or empty"):
        merge(shards, tmp_path / "full")
    with pytest.raises(ConfigError, match="one of the inputs"):
        merge(shards, shards[0])
    with pytest.raises(ConfigError, match="one of the inputs"):
        merge(shards, shards[0] / "out")
    (tmp_path / "empty").mkdir()
    merge(shards, tmp_path / "empty")
    assert (tmp_path / "empty/run.json").is_file()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.integers(0, 40), min_size=2, max_size=9, unique=True),
    st.integers(2, 4),
    st.booleans(),
)
def test_every_result_keeps_its_picture(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int], count: int, named: bool
):
    folder = tmp_path_factory.mktemp("merge")
    sources = [picture(f"{'p' if named else ''}{n:03d}") for n in numbers]
    whole = write_run(folder / "whole", sources, frozenset({"coco"}))
    shards = write_shards(folder, sources, count, frozenset({"coco"}))
    merge(shards, folder / "out")
    assert results_by_file(folder / "out") == results_by_file(whole)
    ids = sorted(image["id"] for image in read(folder / "out/images.json"))
    assert ids == (list(range(1, len(numbers) + 1)) if named else sorted(numbers))


def results_by_file(folder: Path) -> dict[str, list[str]]:
    files = {image["id"]: image["file_name"] for image in read(folder / "images.json")}
    found: dict[str, list[str]] = {name: [] for name in files.values()}
    for result in read(folder / "coco_results.json"):
        found[files[result.pop("image_id")]].append(json.dumps(result, sort_keys=True))
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_kill_leaves_no_half_result(tmp_path: Path):
    sources = [picture(f"p{n:04d}") for n in range(1500)]
    shards = write_shards(tmp_path, sources, 2, frozenset({"json"}))
    code = (
        "import sys, pathlib; from pedpose.cluster.merge import merge; "
        "merge([pathlib.Path(p) for p in sys.argv[1:3]], pathlib.Path(sys.argv[3]))"
    )
    out = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", code, *map(str, shards), str(out)])
    while process.poll() is None and not list(tmp_path.glob(".*.tmp/json/*")):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not out.exists()
    merge(shards, out)
    assert len(list((out / "json").iterdir())) == 1500


class Silent:
    def source(self, source: Source, frames: int | None) -> None: ...

    def frame(self, source: Source, people: int) -> None: ...

    def finished(self, source: Source, end: End) -> None: ...

    def idle(self) -> bool:
        return False


def test_real_shards_joined_equal_one_real_run(tmp_path: Path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("plaza", "crosswalk", "portrait"):
        image = cv2.imread(str(SAMPLES / f"{name}.jpg"))
        cv2.imwrite(str(folder / f"{name}.jpg"), cv2.resize(image, (320, 240)))
    (folder / "broken.jpg").write_bytes(b"no picture")

    def detect(out: str, shard: Shard | None) -> Path:
        settings = DetectSettings(
            out=tmp_path / out,
            kinds=TEXT_KINDS,
            wanted=Wanted(device="cpu"),
            frames_at_once=1,
            shard=shard,
        )
        prepare([str(folder)], settings)(Silent())
        return tmp_path / out

    whole = detect("whole", None)
    totals = merge([detect("one", Shard(1, 2)), detect("two", Shard(2, 2))], tmp_path / "out")
    assert len(totals.failed) == 1 and totals.frames == 3 and totals.people > 3
    for name in ("images.json", "coco_results.json", "failed.json"):
        assert as_set(read(tmp_path / "out" / name)) == as_set(read(whole / name)) != set()
    rows = [sorted((f / "people.csv").read_text().splitlines()) for f in (tmp_path / "out", whole)]
    assert rows[0] == rows[1]
    tables = [pq.read_table(f / "people.parquet") for f in (tmp_path / "out", whole)]
    assert sorted(map(str, tables[0].to_pylist())) == sorted(map(str, tables[1].to_pylist()))
