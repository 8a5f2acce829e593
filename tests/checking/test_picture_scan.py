from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from clean_set import picture

from pedpose.checking.picture_scan import scan_picture, scan_pictures
from pedpose.data.likeness import NEAR_BITS, likeness_of
from pedpose.errors import SourceError
from pedpose.files import sha256_of
from pedpose.pictures import read_picture


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_a_picture_is_described(name: str, tmp_path: Path):
    path = tmp_path / name
    picture(1, 640, 480).save(path)
    scan = scan_picture(path)
    assert (scan.width, scan.height, scan.error, scan.turned) == (640, 480, None, False)
    assert scan.sha256 == sha256_of(path)
    # Decoded at a part of the size the hash is nearly that of the whole picture.
    whole = likeness_of(read_picture(path))
    assert (scan.likeness.hash ^ whole.hash).bit_count() <= NEAR_BITS


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize(
    ("name", "options"), [("a.jpg", {}), ("b.jpg", {"progressive": True}), ("c.png", {})]
)
def test_truncated_pictures_are_found_at_reduced_size(
    name: str, options: dict[str, bool], part: float, tmp_path: Path
):
    path = tmp_path / name
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    PIL.Image.fromarray(noise).save(path, **options)
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(SourceError):
        read_picture(path)
    error = scan_picture(path).error
    assert error is not None
    assert str(path) not in error


def test_exif_turns_the_size(tmp_path: Path):
    path = tmp_path / "a.jpg"
    exif = PIL.Image.Exif()
    exif[PIL.ExifTags.Base.Orientation] = 6
    picture(1, 640, 480).save(path, exif=exif)
    scan = scan_picture(path)
    assert (scan.width, scan.height, scan.turned) == (480, 640, True)


def test_broken_and_missing_files_are_told_apart(tmp_path: Path):
    (tmp_path / "text.jpg").write_text("no picture")
    scans = scan_pictures([tmp_path / "text.jpg", tmp_path / "none.jpg", tmp_path / "none.jpg"])
    assert [(scan.missing, bool(scan.error)) for scan in scans.values()] == [
        (False, True),
        (True, True),
    ]
