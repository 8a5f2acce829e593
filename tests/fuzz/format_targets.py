"""Labels of other tools, converted to COCO; what comes out must be what the strict reader takes.

An input is JSON: the files of a folder with their text. Matlab files are bytes.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from mutators import mutate_bytes, mutate_json, mutate_text, to_json
from PIL import Image
from target import Check, Target, refusals

from pedpose.data.coco import read_coco
from pedpose.formats.convert import ConvertSettings, convert
from pedpose.formats.labelled import ReadOptions
from pedpose.skeleton import Skeleton

_THREE = Skeleton(("head", "left_hand", "right_hand"))

_YAML = """train: images/train
val: images/val
kpt_shape: [3, 3]
flip_idx: [0, 2, 1]
names: [person]
kpt_names: {0: [head, left_hand, right_hand]}
"""
YOLO = {
    "data.yaml": _YAML,
    "labels/train/a.txt": "0 0.5 0.5 0.4 0.8  0.5 0.2 2  0.4 0.5 1  0 0 0\n",
}
CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><labels>
<label><name>person</name><type>skeleton</type></label>
<label><name>head</name><type>points</type><parent>person</parent></label>
<label><name>left_hand</name><type>points</type><parent>person</parent></label>
</labels></task></meta><image id="0" name="a.png" width="100" height="50">
<box label="person" occluded="0" xtl="10" ytl="5" xbr="60.5" ybr="45" group_id="7"></box>
<skeleton label="person" source="manual" z_order="0" group_id="7">
<points label="left_hand" outside="0" occluded="1" points="20.50,30.25"></points>
<points label="head" outside="0" occluded="0" points="40.00,10.00"></points>
</skeleton></image></annotations>"""


def _mark(kind: str, label: str, more: dict[str, Any], **value: float) -> dict[str, Any]:
    return {
        **{"type": kind, "original_width": 100, "original_height": 50, "image_rotation": 0},
        **{"value": {**value, kind: [label]}, **more},
    }


LABEL_STUDIO = [
    {
        **{"id": 3, "data": {"image": "/data/upload/1/1a2b3c4d-a.png"}},
        "annotations": [
            {
                **{"id": 5, "was_cancelled": False},
                "result": [
                    _mark(
                        "rectanglelabels", "person", {"id": "A"}, x=10, y=20, width=30, height=40
                    ),
                    _mark("keypointlabels", "head", {"parentID": "A"}, x=20, y=30, width=0.5),
                    _mark("keypointlabels", "left_hand", {"parentID": "A"}, x=12.5, y=50),
                ],
            }
        ],
    }
]
LABELME = {
    **{"version": "5.4", "flags": {}, "imagePath": "a.png", "imageData": None},
    **{"imageHeight": 50, "imageWidth": 100},
    "shapes": [
        {"label": "head", "points": [[40, 10]], "group_id": 1, "shape_type": "point"},
        {"label": "left_hand", "points": [[20.5, 30]], "group_id": 1, "shape_type": "point"},
        {
            "label": "person",
            "points": [[60, 45], [10, 5]],
            "group_id": 1,
            "shape_type": "rectangle",
        },
    ],
}
MPII_JSON = [
    {
        **{"image": "a.png", "center": [50, 25], "scale": 0.2},
        **{"joints": [[20 + j, 10 + j] for j in range(16)], "joints_vis": [1] * 15 + [0]},
    }
]


def _paint(folder: Path) -> None:
    for name in ("images/a.png", "images/train/a.png", "images/val/b.png", "a.png"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((50, 100, 3), np.uint8)).save(path)
    for number in (1, 2):
        shutil.copy(folder / "a.png", folder / f"images/im{number:04}.png")


def _converter(kind: str, options: ReadOptions | None = None) -> Callable[..., None]:
    """Return what converts a source and reads the result strictly."""

    def run(source: Path, out: Path) -> None:
        for path in (out, out.with_suffix(".json")):
            path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
        for chosen in (kind, "auto"):
            with refusals():
                settings = ConvertSettings((source,), out, chosen, options=options or ReadOptions())
                report = convert(settings)
                for path, split in zip(report.files, report.splits, strict=True):
                    data = read_coco(path)
                    assert data.people == split.people
                    assert len(data.pictures) == split.pictures
                return

    return run


def _one_file(kind: str, name: str, options: ReadOptions | None = None) -> Callable[[Path], Check]:
    def make(folder: Path) -> Check:
        source = folder / "set"
        _paint(source)
        read = _converter(kind, options)

        def run(content: bytes) -> None:
            (source / name).write_bytes(content)
            read(source if kind == "labelme" else source / name, folder / "out.json")

        return run

    return make


def _yolo(folder: Path) -> Check:
    source = folder / "set"
    _paint(source)
    for name in YOLO:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
    read = _converter("yolo")

    def run(content: bytes) -> None:
        try:
            texts = json.loads(content)
            for name in YOLO:
                text = texts[name].encode("utf-8", "surrogatepass")
                (source / name).write_bytes(text)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return  # no such folder
        read(source, folder / "out")

    return run


def _mutate_files(random: Random, data: bytes) -> bytes:
    """Change the text of one file."""
    texts = json.loads(data)
    name = random.choice(sorted(texts))
    changed = mutate_text(random, texts[name].encode("utf-8", "replace"))
    return to_json({**texts, name: changed.decode("utf-8", "replace")})


def _mat_seeds(kind: str) -> list[bytes]:
    from scipy.io import savemat

    seeds = []
    for compressed in (False, True):
        file = io.BytesIO()
        savemat(file, _LSP if kind == "lsp" else _mpii(), do_compression=compressed)
        seeds.append(file.getvalue())
    return seeds


_JOINTS = np.zeros((3, 14, 2))
_JOINTS[0] = 10 + 5 * np.arange(14)[:, None]
_JOINTS[1] = 20 + np.arange(14)[:, None]
_LSP = {"joints": _JOINTS}


def _structs(*items: dict[str, Any]) -> Any:
    array = np.empty((1, len(items)), dtype=[(name, object) for name in items[0]])
    for place, item in enumerate(items):
        for name, value in item.items():
            array[0, place][name] = value
    return array


def _mpii() -> dict[str, Any]:
    points = _structs(*({"x": 20.0 + j, "y": 10.0 + j, "id": j, "is_visible": 1} for j in range(4)))
    person = {"x1": 5.0, "y1": 5.0, "x2": 9.0, "y2": 9.0}
    people = _structs({**person, "annopoints": _structs({"point": points})})
    entry = _structs({"image": _structs({"name": "a.png"}), "annorect": people})
    return {"RELEASE": _structs({"annolist": entry, "img_train": np.array([[1]])})}


_STUDIO = ReadOptions(skeleton=_THREE)

TARGETS = (
    Target("yolo", lambda: (to_json(YOLO),), _mutate_files, _yolo),
    Target("cvat", lambda: (CVAT.encode(),), mutate_text, _one_file("cvat", "annotations.xml")),
    Target(
        "labelstudio",
        lambda: (to_json(LABEL_STUDIO),),
        mutate_json,
        _one_file("labelstudio", "export.json", _STUDIO),
    ),
    Target(
        "labelme",
        lambda: (to_json(LABELME),),
        mutate_json,
        _one_file("labelme", "a.json", _STUDIO),
    ),
    Target(
        "mpii_json", lambda: (to_json(MPII_JSON),), mutate_json, _one_file("mpii", "train.json")
    ),
    Target(
        "lsp", lambda: _mat_seeds("lsp"), mutate_bytes, _one_file("lsp", "joints.mat"), native=True
    ),
    Target(
        "mpii_mat",
        lambda: _mat_seeds("mpii"),
        mutate_bytes,
        _one_file("mpii", "m.mat"),
        native=True,
    ),
)
