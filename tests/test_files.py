from pathlib import Path

import pytest

from pedpose.files import atomic_json_list, atomic_path, name_within, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made(tmp_path: Path):
    write_json(tmp_path / "deep/er/a.json", {"ä": 1})
    assert '"ä": 1' in (tmp_path / "deep/er/a.json").read_text(encoding="utf-8")


def test_json_has_no_nan(tmp_path: Path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", float("nan"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("items", [[], [1], [{"a": 1}, [2]]])
def test_json_lists_are_streamed(tmp_path: Path, items: list[object]):
    import json

    with atomic_json_list(tmp_path / "a.json") as append:
        for item in items:
            append(item)
    assert json.loads((tmp_path / "a.json").read_text()) == items


def test_names_within_a_folder():
    assert name_within(Path("data", "a", "b.jpg"), Path("data")) == "a/b.jpg"
    assert name_within(Path("data2", "b.jpg"), Path("data")) == "data2/b.jpg"
