"""Weights files that strangers made: metadata, safetensors, ONNX and OpenVINO."""

from __future__ import annotations

import contextlib
import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
from mutators import mutate_bytes, mutate_json, mutate_text, mutate_tree, to_json
from target import Check, Target, refusals

from pedpose.exporting.opening import open_exported
from pedpose.model.checkpoint import load_checkpoint, read_metadata, read_tensors
from pedpose.model.metadata import KEY, read_metadata_text
from pedpose.runtime.choice import Wanted

SEEDS = Path(__file__).resolve().parent / "seeds"


def _metadata(folder: Path) -> Check:
    path = folder / "any.onnx"

    def run(content: bytes) -> None:
        text = content.decode("utf-8", "surrogateescape")
        with refusals():
            metadata = read_metadata_text(text, path)
            with contextlib.suppress(ValueError):  # NaN in what is for people
                assert read_metadata_text(metadata.to_json(), path) == metadata

    return run


def _checkpoint(folder: Path) -> Check:
    path = folder / "any.safetensors"

    def run(content: bytes) -> None:
        path.write_bytes(content)
        with refusals():
            read_metadata(path)
        with refusals():
            read_tensors(path)
        with refusals():
            checkpoint = load_checkpoint(path)
            tensors = checkpoint.network.state_dict().values()
            assert all(bool(t.isfinite().all()) for t in tensors)

    return run


def _exported(suffix: str, runtime: str) -> Callable[[Path], Check]:
    def make(folder: Path) -> Check:
        path = folder / f"any{suffix}"
        if suffix == ".xml":
            shutil.copy(SEEDS / "tiny.bin", path.with_suffix(".bin"))
        random = np.random.default_rng(0)
        pictures = random.integers(0, 255, (1, 32, 32, 3)).astype(np.uint8)

        def run(content: bytes) -> None:
            path.write_bytes(content)
            with refusals():
                network = open_exported(path, Wanted(runtime, "cpu"))
                if network.info.fixed_size == (32, 32):
                    maps = network.run(pictures)
                    assert maps.dtype == np.float32
                    joints = network.info.metadata.architecture.outputs
                    assert network.info.decoded or maps.shape == (1, joints, 8, 8), maps.shape

        return run

    return make


def metadata_text() -> bytes:
    """Return the metadata of the small network."""
    content = (SEEDS / "tiny.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + struct.unpack("<Q", content[:8])[0]])
    return header["__metadata__"][KEY].encode()


def _mutate_safetensors(random: Random, data: bytes) -> bytes:
    """Change the header as a tree, the metadata in it as a tree, or bytes."""
    way = random.random()
    try:
        size = struct.unpack("<Q", data[:8])[0]
        header, tensors = json.loads(data[8 : 8 + size]), data[8 + size :]
        if way < 0.4:
            header = mutate_tree(random, header)
        elif way < 0.75:
            text = mutate_json(random, header["__metadata__"][KEY].encode())
            header["__metadata__"][KEY] = text.decode("utf-8", "replace")
        else:
            return mutate_bytes(random, data)
    except (ValueError, KeyError, TypeError, struct.error):
        return mutate_bytes(random, data)
    text = to_json(header)
    return struct.pack("<Q", len(text)) + text + tensors


def _seed(name: str) -> Callable[[], tuple[bytes, ...]]:
    return lambda: ((SEEDS / name).read_bytes(),)


TARGETS = (
    Target("metadata", lambda: (metadata_text(),), mutate_json, _metadata),
    Target("checkpoint", _seed("tiny.safetensors"), _mutate_safetensors, _checkpoint, native=True),
    Target("onnx", _seed("tiny.onnx"), mutate_bytes, _exported(".onnx", "onnx"), native=True),
    Target("openvino", _seed("tiny.xml"), mutate_text, _exported(".xml", "openvino"), native=True),
)
