"""Write the training copies of the raw data sets that the shipped weights are trained on.

usage: prepare_data.py RAW OUT [--found FOLDER]

RAW holds one folder a data set, as described in the model card. Originals are never changed.
What is done to the copies:

- file names become absolute, so that a copy can lie anywhere;
- people whose box lies outside their picture are dropped (25 of ``fashion``);
- scores are limited to 1 (some of ``people`` are a few thousandths above);
- nose, eyes and ears that are hidden in ``synth`` become not labelled, as COCO has them;
- with --found, people that a detector found in COCO pictures where nobody is labelled become
  crowd regions: whether they are people or not, the person finder is not told they are none.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pedpose.data.coco import BOX_TOLERANCE
from pedpose.files import write_json

FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
SETS = ("coco", "coco_small", "people", "synth", "fashion", "lspet", "pelota")


def box_fits(box: list[float], image: dict[str, Any]) -> bool:
    """Return whether an xywh box lies in its picture."""
    x, y, w, h = box
    slack = BOX_TOLERANCE
    return (
        min(x, y) >= -slack and x + w <= image["width"] + slack and y + h <= image["height"] + slack
    )


def overlap(a: list[float], b: list[float]) -> float:
    """Return intersection over union of two xywh boxes."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(w, 0) * max(h, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def hide_face(annotation: dict[str, Any], names: list[str]) -> None:
    """Make hidden joints of the face not labelled."""
    keypoints = annotation["keypoints"]
    for place in map(names.index, FACE):
        if keypoints[3 * place + 2] == 1:
            keypoints[3 * place : 3 * place + 3] = [0, 0, 0]
    annotation["num_keypoints"] = sum(v > 0 for v in keypoints[2::3])


def crowds(content: dict[str, Any], found: dict[str, Any], joints: int) -> list[dict[str, Any]]:
    """Return crowd regions for found people that overlap no labelled one."""
    ids = {Path(image["file_name"]).name: image["id"] for image in content["images"]}
    labelled: dict[int, list[list[float]]] = {}
    for annotation in content["annotations"]:
        labelled.setdefault(annotation["image_id"], []).append(annotation["bbox"])
    names = {image["id"]: Path(image["file_name"]).name for image in found["images"]}
    regions = []
    for person in found["annotations"]:
        image_id = ids.get(names[person["image_id"]])
        if image_id is None:
            continue
        if any(overlap(person["bbox"], box) > 0.3 for box in labelled.get(image_id, [])):
            continue
        regions.append(
            {
                "id": 10_000_000 + len(regions),
                "image_id": image_id,
                "category_id": 1,
                "iscrowd": 1,
                "bbox": person["bbox"],
                "area": person["area"],
                "num_keypoints": 0,
                "keypoints": [0] * 3 * joints,
            }
        )
    return regions


def prepare(raw: Path, out: Path, name: str, found: Path | None) -> str:
    """Write the copy of one set and return a line about it."""
    content = json.loads((raw / name / "train.json").read_text())
    images = {image["id"]: image for image in content["images"]}
    for image in images.values():
        image["file_name"] = str((raw / name / image["file_name"]).resolve())
    kept = [a for a in content["annotations"] if box_fits(a["bbox"], images[a["image_id"]])]
    dropped = len(content["annotations"]) - len(kept)
    names = content["categories"][0]["keypoints"]
    for annotation in kept:
        if "scores" in annotation:
            annotation["scores"] = [min(score, 1.0) for score in annotation["scores"]]
        if name == "synth":
            hide_face(annotation, names)
    regions = []
    content["annotations"] = kept
    if found is not None and (found / f"{name}.json").is_file():
        seen = json.loads((found / f"{name}.json").read_text())
        regions = crowds(content, seen, len(names))
        content["annotations"] = kept + regions
    write_json(out / f"{name}.json", content, indent=None)
    return (
        f"{name}: {len(images)} pictures, {len(kept)} people, {dropped} dropped, "
        f"{len(regions)} crowd regions"
    )


def main() -> None:
    """Parse the command line and write all sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("raw", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--found", type=Path, help="folder of SET.json: people found by a detector")
    arguments = parser.parse_args()
    for name in SETS:
        print(prepare(arguments.raw, arguments.out, name, arguments.found))


if __name__ == "__main__":
    main()
