"""Cut the people of samples/ into the sheet of crops that pedpose export compares networks on.

usage: export_crops.py SHEET.jpg
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import PIL.Image

from pedpose.data.coco import read_coco
from pedpose.exporting.crops import COLUMNS, CROP_SIZE, ROWS
from pedpose.geometry import crop_matrices, warp
from pedpose.pictures import read_picture

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
ASTRONAUT = (40, 0, 400, 512)  # x1, y1, x2, y2 in her picture


def main() -> None:
    """Parse the command line and write the sheet: the largest people, the photograph first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sheet", type=Path)
    sheet = parser.parse_args().sheet
    found = [(SAMPLES / "astronaut.jpg", np.array(ASTRONAUT, np.float32))]
    people = [
        (person.area, picture.path, person.box)
        for picture in read_coco(SAMPLES / "samples.json").pictures
        for person in picture.people
    ]
    found += [(path, box) for _, path, box in sorted(people, key=lambda entry: -entry[0])]
    crops = []
    for path, box in found[: ROWS * COLUMNS]:
        matrix = crop_matrices(box[None], CROP_SIZE)[0]
        crops.append(warp(read_picture(path), matrix, CROP_SIZE))
    rows = [np.concatenate(crops[i : i + COLUMNS], axis=1) for i in range(0, len(crops), COLUMNS)]
    PIL.Image.fromarray(np.concatenate(rows)).save(sheet, quality=88, subsampling=0)
    print(f"{sheet}: {len(crops)} crops, {sheet.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
