"""Folders of results with made-up people, as ``pedpose detect`` writes them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pedpose import COCO_17, People
from pedpose.cluster.shard import Shard
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.writing.seen import Seen
from pedpose.writing.writers import open_writers

TEXT_KINDS = frozenset({"json", "csv", "coco", "parquet"})
HEADER = {
    "pedpose": "1.0",
    "weights": {"w/joints.safetensors": "aa", "w/person.safetensors": "bb"},
    "device": "cpu",
    "skeleton": COCO_17.to_dict(),
    "min_score": 0.3,
    "shard": None,
}


def picture(name: str) -> Source:
    return Source(Path("in", f"{name}.jpg"), "picture", name)


def clip(name: str) -> Source:
    return Source(Path("in", f"{name}.mp4"), "video", name)


def people_of(source: Source, index: int) -> People:
    """Always the same people for the same frame; of some there are none."""
    random = np.random.default_rng(zlib.crc32(f"{source.name} {index}".encode()))
    count = int(random.integers(0, 4))
    return People(
        COCO_17,
        random.uniform(0, 1, (count, 17, 3)).astype(np.float32) * np.float32([60, 40, 1]),
        np.tile(np.array([1.5, 2, 30, 40], np.float32), (count, 1)),
        np.full(count, 0.5, np.float32),
        np.arange(count) + 1 if source.moving else None,
    )


def write_run(
    out: Path,
    sources: Sequence[Source],
    kinds: frozenset[str] = TEXT_KINDS,
    header: Mapping[str, Any] = HEADER,
    shard: Shard | None = None,
    broken: Sequence[str] = (),
) -> Path:
    """Write results; sources whose names are in ``broken`` cannot be read."""
    settings = {**header, "shard": None if shard is None else str(shard)}
    chosen = sources if shard is None else shard.select(sources)
    with open_writers(kinds, out, chosen, settings) as writers:
        for source in chosen:
            if source.name in broken:
                writers.finish(source, End(error=f"{source.label}: broken"))
                continue
            writers.start(source, 10.0 if source.moving else None)
            frames = 3 if source.moving else 1
            for index in range(frames):
                image = np.zeros((40, 60, 3), np.uint8)
                frame = Frame(image, index, index / 10 if source.moving else None)
                writers.write(source, Seen(frame, people_of(source, index)))
            writers.finish(source, End(frames))
    return out


def write_shards(
    folder: Path,
    sources: Sequence[Source],
    count: int,
    kinds: frozenset[str] = TEXT_KINDS,
    broken: Sequence[str] = (),
) -> list[Path]:
    return [
        write_run(folder / f"shard{n}", sources, kinds, shard=Shard(n, count), broken=broken)
        for n in range(1, count + 1)
    ]
