"""Pictures and videos that strangers made, through the real readers."""

from __future__ import annotations

import io
import math
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from mutators import mutate_bytes
from PIL import Image
from target import Check, Target, refusals

from pedpose.checking.picture_scan import scan_picture
from pedpose.data.faults import Faults
from pedpose.formats.picture_files import upright_size
from pedpose.pictures import read_picture
from pedpose.reading.av_reader import open_av_video
from pedpose.reading.reader import Reader
from pedpose.reading.selection import Selection
from pedpose.reading.video_reader import Video

_HEIGHT, _WIDTH = 24, 32
_MOST_FRAMES = 2000


def _image(seed: int = 0) -> Image.Image:
    random = np.random.default_rng(seed)
    rough = random.integers(0, 255, (6, 8, 3)).astype(np.uint8)
    return Image.fromarray(rough).resize((_WIDTH, _HEIGHT))


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pictures() -> Sequence[bytes]:
    """Return small pictures of all formats that are read."""
    image = _image()
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "maker"
    frames = [_image(n) for n in (1, 2)]
    deep = Image.fromarray((np.asarray(image.convert("L")).astype(np.uint16)) * 257)
    palette = image.quantize(16)
    return (
        _saved(image, "JPEG", exif=exif, quality=70),
        _saved(image, "JPEG", progressive=True),
        _saved(image.convert("CMYK"), "JPEG"),
        _saved(image, "PNG"),
        _saved(deep, "PNG"),
        _saved(palette, "PNG", transparency=3),
        _saved(image.convert("RGBA"), "PNG", exif=exif),
        _saved(image, "PNG", save_all=True, append_images=frames),
        _saved(image, "WEBP", exif=exif),
        _saved(image, "WEBP", lossless=True),
        _saved(image, "WEBP", save_all=True, append_images=frames),
        _saved(palette, "GIF", save_all=True, append_images=[f.quantize(16) for f in frames]),
        _saved(image, "BMP"),
        _saved(palette, "BMP"),
        *(_saved(image, "TIFF", compression=c) for c in (None, "tiff_lzw", "tiff_deflate", "jpeg")),
        _saved(deep, "TIFF", exif=exif),
        _saved(image.convert("1"), "TIFF", compression="group4"),
    )


def _video(suffix: str, codec: str, frames: int = 12) -> bytes:
    import av

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"a{suffix}")
        with av.open(str(path), "w") as out:
            stream = out.add_stream(codec, rate=Fraction(10))
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            if codec == "mjpeg":
                stream.pix_fmt = "yuvj420p"
            stream.codec_context.gop_size = 6
            for number in range(frames):
                picture = np.asarray(_image(number).resize((64, 48)))
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
        return path.read_bytes()


def videos() -> Sequence[bytes]:
    """Return short videos: MP4, AVI, Matroska."""
    return (
        _video(".mp4", "libx264"),
        _video(".mp4", "mpeg4"),
        _video(".avi", "mpeg4"),
        _video(".avi", "mjpeg"),
        _video(".mkv", "libx264"),
        _video(".webm", "libvpx"),
    )


def _pictures(folder: Path) -> Check:
    path = folder / "a.jpg"

    def run(content: bytes) -> None:
        path.write_bytes(content)
        shape = None
        with refusals():
            image = read_picture(path)
            shape = image.shape
            assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
            assert min(image.shape) > 0 and image.flags.c_contiguous
        faults = Faults(path)
        size = upright_size(path, "entry", faults)
        assert (size is None) == bool(len(faults))
        scan = scan_picture(path)
        if shape is not None:
            assert size == (shape[1], shape[0]), (size, shape)
            assert (scan.width, scan.height) == size or scan.error is not None, (scan, size)

    return run


def _suffix(content: bytes) -> str:
    if content[:4] == b"RIFF":
        return ".avi"
    return ".mkv" if content[:4] == b"\x1a\x45\xdf\xa3" else ".mp4"


def _look(reader: Reader) -> None:
    last = (-1, -math.inf)
    with reader:
        for number, frame in enumerate(reader):
            assert frame.image.dtype == np.uint8 and frame.image.shape[2:] == (3,)
            now = (frame.index, frame.time_s)
            assert now[1] is not None and math.isfinite(now[1]) and now[1] >= 0, now
            assert now[0] > last[0] and now[1] >= last[1], (last, now)
            last = now
            if number > _MOST_FRAMES:
                break


def _videos(reading: str) -> object:
    def make(folder: Path) -> Check:
        def run(content: bytes) -> None:
            path = folder / f"a{_suffix(content)}"
            path.write_bytes(content)
            for selection in (Selection(), Selection(0.7, 1.1, 1, None)):
                with refusals():
                    _look(
                        open_av_video(path, selection)
                        if reading == "av"
                        else Video(path, selection)
                    )

        return run

    return make


TARGETS = (
    Target("pictures", pictures, mutate_bytes, _pictures, native=True, seconds=40, memory_mb=4000),
    Target("videos_av", videos, mutate_bytes, _videos("av"), native=True, seconds=20),
    Target("videos_opencv", videos, mutate_bytes, _videos("opencv"), native=True, seconds=20),
)
