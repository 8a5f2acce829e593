"""Disks that are full or read only: whole files or none, no temporary ones, one sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from small_disks import files_in, mounted
from typer.testing import CliRunner

from coco_types import CocoContent, WriteCoco
from pedpose.cli.main import app
from pedpose.files import check_writable

ROOT = Path(__file__).resolve().parents[2]


def pedpose(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_parts_that_find_no_room_are_all_absent(
    tmp_path: Path, coco_content: CocoContent, write_coco: WriteCoco
):
    data = write_coco(coco_content)
    with mounted(tmp_path / "disk", "4k") as disk:
        (disk / "ballast").write_bytes(bytes(4096))
        code, output = pedpose(
            *("data", "split", data, "--out", disk / "parts", "--parts", "a=0.5,b=0.5"),
            *("--group", "none"),
        )
        assert (code, files_in(disk)) == (3, ["ballast"])
    assert re.search(r"error: .*No space left on device: '.*/parts/a\.json'", output)


def test_a_folder_that_finds_no_room_is_absent_and_named(
    tmp_path: Path, coco_content: CocoContent, write_coco: WriteCoco
):
    data = write_coco(coco_content)
    with mounted(tmp_path / "disk", "4k") as disk:
        code, output = pedpose("data", "convert", data, "--to", "yolo", "--out", disk / "yolo")
        assert (code, files_in(disk)) == (3, [])
    assert "No space left on device: '" in output
    assert ".tmp" not in output


@pytest.mark.parametrize(
    "arguments",
    [
        ("info", ROOT / "weights/joints.safetensors", "--skeleton", "DISK/figure.png"),
        ("detect", ROOT / "samples/portrait.jpg", "--out", "DISK/out"),
    ],
    ids=["a file", "a folder"],
)
def test_what_can_be_read_only_is_named(tmp_path: Path, arguments: tuple[object, ...]):
    with mounted(tmp_path / "disk", "64k", read_only=True) as disk:
        code, output = pedpose(*(str(word).replace("DISK", str(disk)) for word in arguments))
    assert code == 3, output
    assert "Read-only file system: '" in output
    assert ".tmp" not in output


def test_places_are_tried_before_much_is_done(tmp_path: Path):
    check_writable(tmp_path / "new/file.json")
    assert files_in(tmp_path) == []
    (tmp_path / "file").write_text("mine")
    for name, kind in (("file/below", FileExistsError), ("new", IsADirectoryError)):
        with pytest.raises(kind) as caught:
            check_writable(tmp_path / name)
        assert str(tmp_path / name.partition("/")[0]) in str(caught.value)
    with mounted(tmp_path / "disk", "4k", read_only=True) as disk:
        for command in (
            ("bench", "--json"),
            ("export", ROOT / "weights/joints.safetensors", "--out"),
        ):
            code, output = pedpose(*command, disk / "file.onnx")
            assert code == 3, output
            assert f"Read-only file system: '{disk / 'file.onnx'}'" in output


def test_tensorboard_says_nothing_beside_the_error(tmp_path: Path, dots: Path):
    with mounted(tmp_path / "disk", "4k") as disk:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pedpose", "train", "--data", dots, "--out", disk / "run"),
                *("--backbone", "plain", "--stages", "8x1,8x1", "--width", "8"),
                *("--input-size", "32x32", "--batch", "4", "--workers", "0", "--device", "cpu"),
            ],
            capture_output=True,
            text=True,
        )
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "No space left on device; stopped after step 0" in done.stderr


def test_openvino_that_finds_no_room_names_the_file(tmp_path: Path):
    openvino = pytest.importorskip("openvino")
    from pedpose.exporting.openvino_file import write_openvino
    from pedpose.model.checkpoint import load_checkpoint

    weights = openvino.op.Constant(openvino.Type.f32, openvino.Shape([50_000]), [0.5] * 50_000)
    model = openvino.Model([weights.output(0)], [], "large")
    metadata = load_checkpoint(ROOT / "weights/joints.safetensors").metadata
    with (
        mounted(tmp_path / "disk", "8k") as disk,
        pytest.raises(OSError, match=r"the disk may be full: '.*/network\.xml'"),
    ):
        write_openvino(disk / "network.xml", model, metadata)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_standard_output_is_said():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pedpose", "--version"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        )
    assert done.returncode == 3
    assert re.fullmatch(r"error: .*No space left on device\n", done.stderr)
