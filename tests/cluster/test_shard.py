"""Parts of a list of sources."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedpose.cluster.shard import Shard, fingerprint, parse_shard
from pedpose.errors import ConfigError
from pedpose.reading.sources import Source, expand_sources


def sources(count: int) -> list[Source]:
    return [Source(Path(f"in/{n}.jpg"), "picture", str(n)) for n in range(count)]


@given(st.integers(0, 200), st.integers(1, 30))
def test_each_source_is_in_one_shard_and_shards_are_equal(count: int, shards: int):
    everything = sources(count)
    parts = [Shard(n, shards).select(everything) for n in range(1, shards + 1)]
    names = [source.name for part in parts for source in part]
    assert sorted(names) == sorted(source.name for source in everything)
    assert len(set(names)) == count
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    assert parts[0] == Shard(1, shards).select(everything)


def test_sources_are_dealt_out_in_turns_and_keep_their_order():
    assert [s.name for s in Shard(2, 3).select(sources(8))] == ["1", "4", "7"]


def test_streams_are_sources_too():
    streams = [Source(Path(), "stream", f"camera_{n}", url=f"rtsp://host/{n}") for n in range(3)]
    assert Shard(1, 2).select(streams) == [streams[0], streams[2]]


def test_names_given_before_stay_unique_over_all_shards(tmp_path: Path):
    for name in ("a.jpg", "a.png", "b.jpg", "B.png"):
        (tmp_path / name).write_bytes(b"")
    found = expand_sources([str(tmp_path)])
    names = [s.name.casefold() for n in (1, 2, 3) for s in Shard(n, 3).select(found)]
    assert len(set(names)) == 4


def test_it_is_read_as_it_is_written():
    assert parse_shard("2/5") == Shard(2, 5)
    assert str(parse_shard(" 05/5 ")) == "5/5"


@pytest.mark.parametrize(
    "text", ["", "2", "0/5", "6/5", "1/0", "-1/5", "a/b", "1/5/2", "1.0/5", "²/5"]
)
def test_anything_else_is_refused(text: str):
    with pytest.raises(ConfigError, match="--shard"):
        parse_shard(text)


def test_lists_are_told_apart_by_names_and_order():
    one = fingerprint(sources(3))
    elsewhere = [Source(Path(f"/mnt/{n}.jpg"), "picture", str(n)) for n in range(3)]
    assert fingerprint(elsewhere) == one
    assert fingerprint(sources(4)) != one
    assert fingerprint(sources(3)[::-1]) != one
