"""Pictures at the edge of what there is: tiny, huge, of all kinds, turned, cut off."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from media_targets import pictures
from PIL import Image

from pedpose.data.faults import Faults
from pedpose.errors import SourceError
from pedpose.formats.picture_files import upright_size
from pedpose.pictures import read_picture

RED, BLUE = (255, 0, 0), (0, 0, 255)


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def png(width: int, height: int, data: bytes = b"\0") -> bytes:
    """Return a PNG that says so much of its size, whatever its data."""

    def part(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = part(b"IHDR", head) + part(b"IDAT", zlib.compress(data)) + part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def corner() -> Image.Image:
    """Return 16 x 8 pixels, blue with a red square at the upper left."""
    pixels = np.full((8, 16, 3), BLUE, np.uint8)
    pixels[:4, :4] = RED
    return Image.fromarray(pixels)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_bomb_is_refused_before_it_takes_memory(tmp_path: Path):
    (tmp_path / "bomb.png").write_bytes(png(30_000, 30_000))
    code = (
        "import sys; from pathlib import Path\n"
        "from pedpose.errors import SourceError; from pedpose.pictures import read_picture\n"
        "try: read_picture(Path(sys.argv[1]))\n"
        "except SourceError as error: print(error)\n"
        "lines = Path('/proc/self/status').read_text().splitlines()\n"
        "print(next(int(line.split()[1]) // 1024 for line in lines if line.startswith('VmHWM')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "bomb.png"], capture_output=True, text=True
    )
    message, peak_mb = done.stdout.strip().splitlines()
    assert "900000000 pixels" in message, done.stderr
    assert int(peak_mb) < 400


def test_a_size_without_pixels_is_refused(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(png(4000, 3000))
    with pytest.raises(SourceError, match="expected a whole, readable picture, found"):
        read_picture(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(png(0, 5))
    with pytest.raises(SourceError, match=r"a\.png: expected"):
        read_picture(tmp_path / "a.png")


def test_a_single_pixel(tmp_path: Path):
    path = saved(tmp_path / "a.png", Image.new("RGB", (1, 1), RED))
    assert read_picture(path).tolist() == [[list(RED)]]


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("L", 77, (77, 77, 77)),
        ("LA", (77, 0), (255, 255, 255)),
        ("RGBA", (255, 0, 0, 0), (255, 255, 255)),
        ("RGBA", (255, 0, 0, 255), RED),
        ("1", 1, (255, 255, 255)),
        ("I;16", 40_000, (156, 156, 156)),
        ("I;16", 257, (1, 1, 1)),
    ],
)
def test_kinds_of_pixels(tmp_path: Path, mode: str, value: object, expected: tuple[int, int, int]):
    path = saved(tmp_path / "a.png", Image.new(mode, (5, 3), value))
    image = read_picture(path)
    assert image.shape == (3, 5, 3)
    assert (image == expected).all()


def test_a_palette_with_a_transparent_colour(tmp_path: Path):
    image = Image.new("P", (4, 2), 0)
    image.putpalette([*RED, *BLUE])
    image.putpixel((1, 0), 1)
    read = read_picture(saved(tmp_path / "a.png", image, transparency=1))
    assert read[0].tolist() == [list(RED), [255] * 3, list(RED), list(RED)]


def test_cmyk(tmp_path: Path):
    image = Image.new("RGB", (16, 16), RED).convert("CMYK")
    read = read_picture(saved(tmp_path / "a.jpg", image, quality=95))
    assert np.abs(read.astype(int) - RED).max() < 6


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
def test_of_moving_pictures_the_first_counts(tmp_path: Path, suffix: str):
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    more = {"lossless": True} if suffix == ".webp" else {}
    path = tmp_path / f"a{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], **more)
    assert (read_picture(path) == RED).all()


# Where the upper left square is, as it is shown: by rows and columns, 0 for the first half.
_SHOWN = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0), 5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)}


@pytest.mark.parametrize("mode", ["RGB", "L", "I;16"])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", _SHOWN)
def test_orientations(tmp_path: Path, orientation: int, suffix: str, mode: str):
    image = corner().convert("L").point(lambda v: 255 if v > 50 else 0)  # red is brighter
    if mode == "I;16":
        if suffix in (".jpg", ".webp"):
            pytest.skip("has no 16 bits")
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    elif mode == "RGB":
        image = image.convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / f"a{suffix}", image, exif=exif)
    read = read_picture(path)[:, :, 0]
    assert read.shape == ((16, 8) if orientation > 4 else (8, 16))
    rows, columns = np.nonzero(read > 128)
    down, right = _SHOWN[orientation]
    assert (rows.mean() > read.shape[0] / 2, columns.mean() > read.shape[1] / 2) == (down, right)
    assert 12 <= len(rows) <= 20
    faults = Faults(path)
    assert upright_size(path, "entry", faults) == read.shape[::-1]


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_there_is_not(tmp_path: Path, value: int):
    exif = Image.Exif()
    exif[0x0112] = value
    assert read_picture(saved(tmp_path / "a.jpg", corner(), exif=exif)).shape == (8, 16, 3)


@pytest.mark.parametrize("exif", [b"", b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"\xff" * 99])
def test_broken_exif_is_no_reason_to_refuse(tmp_path: Path, exif: bytes):
    path = saved(tmp_path / "a.jpg", corner(), exif=exif)
    assert read_picture(path).shape == (8, 16, 3)
    faults = Faults(path)
    assert upright_size(path, "entry", faults) == (16, 8)


@pytest.mark.parametrize("number", range(len(pictures())))
def test_a_picture_that_is_cut_off(tmp_path: Path, number: int):
    whole = pictures()[number]
    path = tmp_path / "a.png"
    path.write_bytes(whole)
    expected = read_picture(path)
    moving = number in (7, 11)  # their first picture may be whole
    for part in (1, 2, 10, len(whole) // 2, len(whole) * 3 // 4):
        path.write_bytes(whole[:part])
        try:
            assert np.array_equal(read_picture(path), expected) and moving
        except SourceError as error:
            assert "expected a" in str(error)


def test_formats_that_run_other_programs_are_no_pictures(tmp_path: Path):
    file = io.BytesIO()
    corner().save(file, "EPS")
    (tmp_path / "a.jpg").write_bytes(file.getvalue())
    with pytest.raises(SourceError, match="expected a picture, found"):
        read_picture(tmp_path / "a.jpg")
