"""Small files that stand for a lot of memory or time."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pedpose.cli.main import app
from pedpose.errors import DataError
from pedpose.formats import mat_child
from pedpose.formats.mat_file import read_mat


def billion(first: str) -> str:
    """Return YAML of ten lines that stands for a billion entries."""
    lines = [f"a0: &a0 [{first}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join([*lines, "names: *a9", ""])


@pytest.mark.parametrize(
    "command",
    [
        ("train", "--config", "FILE"),
        ("train", "--data", "DOTS", "--out", "OUT", "--skeleton", "FILE"),
        ("data", "convert", "FOLDER", "--out", "OUT"),
    ],
)
def test_aliases_are_not_written_out(tmp_path: Path, dots: Path, command: tuple[str, ...]):
    folder = tmp_path / "yolo"
    folder.mkdir()
    (folder / "data.yaml").write_text(billion("nose"))
    words = {"FILE": folder / "data.yaml", "FOLDER": folder, "DOTS": dots, "OUT": tmp_path / "out"}
    result = CliRunner().invoke(app, [str(words.get(word, word)) for word in command])
    assert result.exit_code in (2, 3), result.output
    assert "entries" in result.output, result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no process")
def test_a_matlab_file_that_unfolds_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    io = pytest.importorskip("scipy.io")
    numpy = pytest.importorskip("numpy")
    path = tmp_path / "joints.mat"
    io.savemat(path, {"joints": numpy.zeros(4_000_000)}, do_compression=True)
    assert path.stat().st_size < 100_000
    assert read_mat(path)["joints"].shape == (4_000_000,)
    limited = tmp_path / "limited.py"
    limited.write_text(
        "import sys\nfrom pedpose.formats import mat_child\n"
        "import resource\n"
        "mat_child._MOST_BYTES = int(open('/proc/self/statm').read().split()[0]) * "
        "resource.getpagesize() + 2**24\nmat_child.main(*sys.argv[1:])\n"
    )
    assert mat_child._MOST_BYTES <= 2**32
    monkeypatch.setattr("pedpose.formats.mat_file._CHILD", (sys.executable, str(limited)))
    with pytest.raises(DataError, match=r"MemoryError|allocate"):
        read_mat(path)


def test_a_picture_that_unfolds_without_end(tmp_path: Path):
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + check

    side = (200_000).to_bytes(4, "big")
    path = tmp_path / "large.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", side + side + bytes([8, 2, 0, 0, 0]))
        + chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
        + chunk(b"IEND", b"")
    )
    result = CliRunner().invoke(app, ["detect", str(path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 3, result.output
    assert "large.png: expected a whole, readable picture" in result.output
