from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pedpose.describing.layout import lay_out
from pedpose.describing.skeleton_picture import GROUND, draw_skeleton, write_skeleton_picture
from pedpose.errors import ConfigError
from pedpose.pictures import read_picture
from pedpose.skeleton import COCO_17, Skeleton
from pedpose.writing.overlay import ORANGE, SKY_BLUE, WHITE


def centre_of(picture: np.ndarray, colour: tuple[int, int, int]) -> float:
    """Return the mean x of the pixels of a colour."""
    return float(np.nonzero((picture == colour).all(axis=2))[1].mean())


def test_the_file_is_the_drawing_in_the_colours_of_people(tmp_path: Path):
    path = tmp_path / "new/skeleton.png"
    write_skeleton_picture(path, COCO_17)
    picture = read_picture(path)
    assert np.array_equal(picture, draw_skeleton(COCO_17, lay_out(COCO_17)))
    assert [entry.name for entry in path.parent.iterdir()] == ["skeleton.png"]
    middle = picture.shape[1] / 2
    assert centre_of(picture, SKY_BLUE) < middle < centre_of(picture, ORANGE)
    assert centre_of(picture, WHITE) == pytest.approx(middle, abs=40)
    assert (picture[0] == GROUND).all() and (picture[:, 0] == GROUND).all()


def test_every_joint_has_its_name_beside_it():
    skeleton = Skeleton(tuple(f"joint {n}" for n in range(30)))
    named = draw_skeleton(skeleton, lay_out(skeleton))
    layout = lay_out(skeleton)
    bare = Skeleton(tuple(" " * (n + 1) for n in range(30)))
    # Names take room at the border, so compare how much is drawn.
    ink = [(p != GROUND).any(axis=2).sum() for p in (named, draw_skeleton(bare, layout))]
    assert ink[0] - ink[1] > 30 * 200


@pytest.mark.parametrize(
    "skeleton",
    [
        Skeleton(("tip",)),
        Skeleton(("red", "blue"), ((0, 1),)),
        Skeleton(("name " * 40, "other")),
        Skeleton(tuple(f"p{n}" for n in range(200)), tuple((n, n // 2) for n in range(200))),
    ],
)
def test_any_skeleton_can_be_drawn(skeleton: Skeleton):
    picture = draw_skeleton(skeleton, lay_out(skeleton))
    height, width = picture.shape[:2]
    assert 50 < height < 1200 and 50 < width < 2000
    assert (picture == WHITE).all(axis=2).any()


@pytest.mark.parametrize("name", ["skeleton.jpg", "skeleton", "skeleton.png.txt"])
def test_other_files_are_refused(tmp_path: Path, name: str):
    with pytest.raises(ConfigError, match=r"--skeleton: expected a name that ends in \.png"):
        write_skeleton_picture(tmp_path / name, COCO_17)
    assert not list(tmp_path.iterdir())
