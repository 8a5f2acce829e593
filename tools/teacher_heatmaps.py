"""Store the heatmaps of a teacher network for the people of an annotation file.

usage: teacher_heatmaps.py MODEL.xml DATA.json OUT.json [--threads N]

MODEL.xml is PP-TinyPose 256x192 in OpenVINO's format. OUT.json becomes a copy of DATA.json that
names OUT.heatmaps.safetensors beside it, for ``pedpose train --distil``. Needs openvino, which
pedpose itself does not: ``pip install . openvino``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import openvino

from pedpose.data.coco import CocoData, read_coco
from pedpose.data.reading import read_annotated
from pedpose.data.teacher_heatmaps import CELLS, TeacherHeatmaps
from pedpose.files import write_json
from pedpose.skeleton import COCO_17

HEIGHT, WIDTH, STRIDE = 256, 192, 4
PADDING = 1.25
MEAN = 255 * np.array([0.485, 0.456, 0.406], np.float32)
STD = 255 * np.array([0.229, 0.224, 0.225], np.float32)
MIRROR_SHIFT = 1 / 8  # cells, see mirrored_too

Network = Callable[[np.ndarray], np.ndarray]


def load(path: Path, threads: int) -> Network:
    """Return a function from pictures (1, 3, 256, 192) to heatmaps (17, 64, 48)."""
    # On CPUs with bf16 OpenVINO computes in it unless told otherwise: peaks are off by a quarter.
    settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(path, "CPU", settings)

    def run(picture: np.ndarray) -> np.ndarray:
        return np.array(compiled(picture)[0][0])

    return run


def mirrored_too(network: Network) -> Network:
    """Return a network that sees each picture and its mirror image, and gives the mean.

    A cell i stands for the pixel 4 i, so that the mirror image of a map is 3/4 of a cell beside it:
    it is moved by one cell, and the mean lies 1/8 of a cell too far to the right (see ``look``).
    """
    mirror = COCO_17.flip_indices

    def run(picture: np.ndarray) -> np.ndarray:
        seen = network(np.ascontiguousarray(picture[..., ::-1]))[list(mirror)][..., ::-1]
        moved = np.concatenate([seen[..., :1], seen[..., :-1]], axis=2)
        return (network(picture) + moved) / 2

    return run


def look(network: Network, image: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Return the heatmaps (17, 64, 48) of a person, and their grid.

    The crop is cut as the teacher's makers do: by pixel indices, the centre of the first pixel
    being (0, 0), so that cell i lies on pixel 4 i of the crop.
    """
    centre = (box[:2] + box[2:]) / 2
    width, height = np.maximum(box[2:] - box[:2], 1)
    side = PADDING * max(height, width * HEIGHT / WIDTH)
    scale = HEIGHT / side
    corner = centre - np.array([side * WIDTH / HEIGHT, side]) / 2
    matrix = np.array([[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]]])
    crop = cv2.warpAffine(image, matrix, (WIDTH, HEIGHT))
    picture = ((crop - MEAN) / STD).transpose(2, 0, 1)[None].astype(np.float32)
    x, y = corner + 0.5
    return network(picture), [x - MIRROR_SHIFT * STRIDE / scale, y, STRIDE / scale, WIDTH / STRIDE]


def highest(heatmaps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the highest cells of heatmaps (K, H, W) and their values, both (CELLS, K).

    Values are squared, which makes a Gaussian of two cells one of 1.4, as narrow as those that
    are drawn around labels, and scaled to sum to the height of the peak: the teacher's certainty.
    """
    flat = heatmaps.reshape(len(heatmaps), -1).clip(0)
    cells = np.argpartition(-flat, CELLS, axis=1)[:, :CELLS]
    values = np.take_along_axis(flat, cells, axis=1) ** 2
    peaks = flat.max(axis=1, keepdims=True).clip(max=1)
    values *= peaks / values.sum(axis=1, keepdims=True).clip(1e-9)
    return cells.T, values.T


def collect(data: CocoData, network: Network) -> TeacherHeatmaps:
    """Return the heatmaps of all people of a data set."""
    ids, cells, values, grids = [], [], [], []
    for picture in data.pictures:
        if not picture.people:
            continue
        image = read_annotated(picture)
        for person in picture.people:
            heatmaps, grid = look(network, image, person.box)
            best, height = highest(heatmaps)
            ids.append(person.id)
            cells.append(best)
            values.append(height)
            grids.append(grid)
    return TeacherHeatmaps(
        COCO_17.names,
        np.array(ids, np.int64),
        np.array(cells, np.int32),
        np.array(values, np.float16),
        np.array(grids, np.float32),
    )


def main() -> None:
    """Parse the command line and write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    network = mirrored_too(load(arguments.model, arguments.threads))
    heatmaps = collect(read_coco(arguments.data), network)
    target = arguments.out.with_suffix(".heatmaps.safetensors")
    heatmaps.write(target)
    content = json.loads(arguments.data.read_text())
    for image in content["images"]:
        image["file_name"] = str((arguments.data.parent / image["file_name"]).resolve())
    write_json(arguments.out, content | {"teacher_heatmaps": target.name}, indent=None)
    print(f"{arguments.out}: heatmaps of {len(heatmaps)} people")


if __name__ == "__main__":
    main()
