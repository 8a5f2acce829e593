"""Write a copy of an annotation file that has the 17 joints of COCO, to evaluate weights on it.

usage: coco_joints.py DATA.json OUT.json

Joints are matched by name. Those of COCO that the data does not have (LSP has no face) become not
labelled and so are not measured; its others (neck, top of the head) are dropped.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pedpose.files import write_json
from pedpose.skeleton import COCO_17


def renamed(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the content of the copy; pictures are named by absolute paths."""
    (category,) = content["categories"]
    names = category["keypoints"]
    places = [names.index(name) if name in names else None for name in COCO_17.names]

    def joints(keypoints: list[float]) -> list[float]:
        triples = [[0, 0, 0] if p is None else keypoints[3 * p : 3 * p + 3] for p in places]
        return [number for triple in triples for number in triple]

    annotations = []
    for annotation in content["annotations"]:
        keypoints = joints(annotation["keypoints"])
        labelled = sum(v > 0 for v in keypoints[2::3])
        annotations.append({**annotation, "keypoints": keypoints, "num_keypoints": labelled})
    images = [
        {**image, "file_name": str((folder / image["file_name"]).resolve())}
        for image in content["images"]
    ]
    skeleton = [[a + 1, b + 1] for a, b in COCO_17.limbs]
    category = {**category, "keypoints": list(COCO_17.names), "skeleton": skeleton}
    return {"images": images, "annotations": annotations, "categories": [category]}


def main() -> None:
    """Parse the command line and write the copy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    content = json.loads(arguments.data.read_text())
    write_json(arguments.out, renamed(content, arguments.data.parent), indent=None)
    print(f"{arguments.out}: {len(content['annotations'])} people")


if __name__ == "__main__":
    main()
