"""What it costs and saves to search for people in each n-th frame only.

    python benchmarks/find_every.py samples/walk.mp4 samples/walk_tracks.json

Runs ``pedpose detect`` with several ``--find-every`` on a clip whose people are known and prints
OKS AP and AR (pycocotools) beside frames a second.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def figures(truth: Path, out: Path) -> tuple[float, float]:
    """Return AP and AR of the results in a folder; frames tell which picture is which."""
    content = json.loads(truth.read_text())
    ids = {image["frame"]: image["id"] for image in content["images"]}
    frames = {i["id"]: i["frame"] for i in json.loads((out / "images.json").read_text())}
    results = json.loads((out / "coco_results.json").read_text())
    for result in results:
        result["image_id"] = ids[frames[result["image_id"]]]
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        known.dataset = content
        known.createIndex()
        judge = COCOeval(known, known.loadRes(results), "keypoints")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return float(judge.stats[0]), float(judge.stats[5])


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--values", default="1,2,3,5,8,auto")
    arguments = parser.parse_args()
    print(
        f"{arguments.clip.name}\n"
        "| --find-every | AP | AR | frames/s | finder |\n|---|---|---|---|---|"
    )
    for value in arguments.values.split(","):
        with tempfile.TemporaryDirectory() as folder:
            command = [
                *(sys.executable, "-m", "pedpose", "detect", str(arguments.clip), "--json"),
                *("--out", folder, "--save", "coco", "--find-every", value),
            ]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            report = json.loads(done.stdout)
            ap, ar = figures(arguments.truth, Path(folder))
        rate = report["frames"] / report["seconds"]
        share = report["busy"]["finder"] / report["seconds"]
        print(f"| {value} | {ap:.3f} | {ar:.3f} | {rate:.1f} | {share:.0%} |", flush=True)


if __name__ == "__main__":
    main()
