"""Files that a cluster looks at, found in folders and in stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from pedpose.cluster.cluster_files import fetched, find_files
from pedpose.errors import ConfigError, SourceError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b.png", "c.mp4", "note.txt", ".hidden.jpg", "deep/a.jpg", "deep/d.JPG"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "in"


def names(arguments: list[str]) -> list[str]:
    return [file.name for file in find_files(arguments)]


def test_a_store_is_searched_as_a_folder_is(folder: Path):
    local, remote = find_files([str(folder)]), find_files([folder.as_uri()])
    assert [(f.name, f.kind) for f in remote] == [(f.name, f.kind) for f in local]
    assert [f.stamp for f in remote] == [f.stamp for f in local]
    assert [f.source for f in remote] == [f"file://{f.source}" for f in local]
    assert names([(folder / "a.jpg").as_uri()]) == ["a"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jpg", ["a"]),
        ("**/*.jpg", ["a", "deep/a"]),
        ("*/*.[jJ]*", ["deep/a", "deep/d"]),
        ("deep/?.jpg", ["a"]),
        ("**", ["a", "b", "c", "deep/a", "deep/d"]),
    ],
)
def test_patterns_in_a_store(folder: Path, pattern: str, expected: list[str]):
    assert names([f"{folder.as_uri()}/{pattern}"]) == expected


def test_lists_hold_paths_and_addresses(folder: Path, tmp_path: Path):
    list_file = tmp_path / "list.txt"
    list_file.write_text(f"# remark\nin/b.png\n{(folder / 'a.jpg').as_uri()}\n")
    found = find_files([f"@{list_file}"])
    assert [file.source for file in found] == [
        str(folder / "b.png"),
        (folder / "a.jpg").as_uri(),
    ]


def test_names_are_unique_over_folders_and_stores(folder: Path):
    found = names([str(folder), folder.as_uri(), (folder / "deep").as_uri()])
    assert len(set(found)) == len(found) == 10


def test_nothing_to_find_is_refused(folder: Path):
    with pytest.raises(SourceError, match="none to read"):
        find_files([f"{folder.as_uri()}/*.bmp"])
    with pytest.raises(SourceError, match="cannot be listed"):
        find_files([f"{folder.as_uri()}/missing"])
    with pytest.raises(ConfigError, match="s3://"):
        find_files(["nonsense://bucket/a.jpg"])
    with pytest.raises(ConfigError, match="found a stream"):
        find_files(["rtsp://host/stream"])


def test_what_is_fetched_is_called_by_its_address_and_removed(folder: Path):
    (file,) = find_files([(folder / "a.jpg").as_uri()])
    with fetched(file) as source:
        assert source.path.read_bytes() == b"a.jpg"
        assert source.label == (folder / "a.jpg").as_uri()
        assert source.path.parent != folder
    assert not source.path.exists()
    (folder / "a.jpg").unlink()
    with pytest.raises(SourceError, match="cannot be fetched"), fetched(file):
        pass


def test_passwords_in_addresses_are_not_told():
    with pytest.raises(ConfigError, match="nonsense://bucket") as caught:
        find_files(["nonsense://user:secret@bucket/a.jpg"])
    assert "secret" not in str(caught.value)
