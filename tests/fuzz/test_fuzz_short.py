"""A short run of each target, and everything that once failed.

``python tools/fuzz.py TARGET --minutes 30`` runs one for longer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from all_targets import TARGETS
from cage import Cage, go_inside

CORPUS = Path(__file__).resolve().parent / "corpus"
EXECUTIONS = {
    **dict.fromkeys(("coco", "settings", "skeleton"), 250),
    **dict.fromkeys(("results", "image_ids", "boxes", "history", "metadata"), 400),
    **dict.fromkeys(("yolo", "cvat", "labelstudio", "labelme", "mpii_json"), 250),
    **dict.fromkeys(("lsp", "mpii_mat"), 2),
    **{"pictures": 600, "videos_av": 120, "videos_opencv": 120},
    **{"checkpoint": 150, "onnx": 150, "openvino": 30},
    **{"baseline": 4, "arguments": 6, "source_list": 4},
}
KEPT = sorted(path for path in CORPUS.glob("*/*"))


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Path]:
    """A folder for a target, with the current folder deep in another one."""
    before = Path.cwd()
    go_inside(tmp_path)
    folder = tmp_path / "work"
    folder.mkdir()
    yield folder
    os.chdir(before)


def test_each_target_has_a_short_run():
    assert set(EXECUTIONS) == set(TARGETS)


@pytest.mark.parametrize("name", EXECUTIONS)
def test_changed_inputs(name: str, inside: Path):
    target = TARGETS[name]
    random = Random(f"short {name}")
    seeds = target.seeds()
    inputs = [
        *seeds,
        *(target.mutate(random, random.choice(seeds)) for _ in range(EXECUTIONS[name])),
    ]
    if target.native:
        with Cage(name, target.seconds) as cage:
            found = [fault for data in inputs if (fault := cage.run(data))]
            assert not found, found[0]
    else:
        check = target.make(inside)
        for data in inputs:
            check(data)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_once_failed(path: Path, inside: Path):
    target = TARGETS[path.parent.name]
    if target.native:
        with Cage(target.name, target.seconds) as cage:
            assert cage.run(path.read_bytes()) is None
    else:
        target.make(inside)(path.read_bytes())


def test_the_corpus_is_small():
    assert sum(path.stat().st_size for path in KEPT) < 200_000


def test_a_cage_tells_of_a_crash_and_of_a_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A test that cannot fail is none: a target that does what it must not is found out."""
    (tmp_path / "broken_targets.py").write_text(
        "import os, time\n"
        "from target import Target\n"
        "def check(data):\n"
        "    {b'crash': os.abort, b'hang': lambda: time.sleep(60),\n"
        "     b'grow': lambda: bytes(10**10),\n"
        "     b'raise': lambda: 1 / 0, b'good': lambda: None}[data]()\n"
        "def seeds():\n"
        "    return [b'good']\n"
        "TARGETS = {'broken': Target('broken', seeds, None, lambda folder: check)}\n"
    )
    (tmp_path / "all_targets.py").write_text("from broken_targets import TARGETS\n")
    monkeypatch.setenv("FUZZ_TARGETS", str(tmp_path))
    with Cage("broken", 1.0) as cage:
        assert cage.run(b"good") is None
        for data, said in (
            (b"crash", "Crash: the process ended with -6"),
            (b"hang", "Hang: no end after 1 s"),
            (b"grow", "MemoryError"),
            (b"raise", "ZeroDivisionError"),
        ):
            assert said in (cage.run(data) or ""), data
        assert cage.run(b"good") is None
