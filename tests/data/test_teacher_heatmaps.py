from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coco_types import CocoContent, WriteCoco
from pedpose.data.augment import Augmentation
from pedpose.data.coco import read_coco
from pedpose.data.joint_dataset import JointDataset
from pedpose.data.mixing import Draw
from pedpose.data.teacher_heatmaps import CELLS, TeacherHeatmaps
from pedpose.errors import DataError
from pedpose.model.joint_codec import decode_keypoints, draw_cloud

JOINTS = ("head", "left_hand", "right_hand")
SIZE = (64, 48)


def heatmaps(ids: list[int], values: float = 0.02, kept: int = CELLS) -> TeacherHeatmaps:
    """Heatmaps of 10 columns, cells 2 pixels apart from (1, 3) on."""
    cells = np.arange(kept * 3, dtype=np.int32).reshape(1, kept, 3).repeat(len(ids), axis=0)
    grids = np.tile(np.array([1, 3, 2, 10], np.float32), (len(ids), 1))
    filled = np.full(cells.shape, values, np.float16)
    return TeacherHeatmaps(JOINTS, np.array(ids, np.int64), cells, filled, grids)


def test_a_file_read_back_gives_the_cells_in_the_picture(tmp_path: Path):
    heatmaps([7, 5]).write(tmp_path / "seen.safetensors")
    read = TeacherHeatmaps.read(tmp_path / "seen.safetensors")
    assert len(read) == 2
    cloud = read.cloud(5, JOINTS)
    assert cloud is not None
    assert cloud.shape == (CELLS, 3, 3)
    # Cell 4 * 3 + 1 = 13 is the fourth of the second row.
    assert cloud[4, 1].tolist() == pytest.approx([1 + 2 * 3, 3 + 2 * 1, 0.02], rel=1e-3)
    assert read.cloud(6, JOINTS) is None


def test_joints_are_matched_by_name():
    cloud = heatmaps([1]).cloud(1, ("right_hand", "tail", "head"))
    own = heatmaps([1]).cloud(1, JOINTS)
    assert cloud is not None
    assert own is not None
    assert (cloud[:, [0, 2]] == own[:, [2, 0]]).all()
    assert (cloud[:, 1] == 0).all()


def test_broken_files_are_refused(tmp_path: Path):
    path = tmp_path / "seen.safetensors"
    with pytest.raises(DataError, match="not a file of teacher heatmaps"):
        TeacherHeatmaps.read(path)
    path.write_bytes(b"\x08random bytes")
    with pytest.raises(DataError, match="not a file of teacher heatmaps"):
        TeacherHeatmaps.read(path)
    heatmaps([1], values=0.5).write(path)
    with pytest.raises(DataError, match="sum to at most 1 a joint"):
        TeacherHeatmaps.read(path)
    heatmaps([1], kept=5).write(path)
    with pytest.raises(DataError, match=r"expected arrays of .* found .*\(1, 5, 3\)"):
        TeacherHeatmaps.read(path)


def test_annotation_files_name_their_heatmaps(coco_content: CocoContent, write_coco: WriteCoco):
    coco_content["teacher_heatmaps"] = "seen.safetensors"
    path = write_coco(coco_content)
    with pytest.raises(
        DataError, match=r"the file seen\.safetensors on disk, found 'no such file'"
    ):
        read_coco(path)
    (path.parent / "seen.safetensors").touch()
    assert read_coco(path).teacher_heatmaps == path.parent / "seen.safetensors"


def test_what_the_teacher_saw_moves_with_the_crop(coco_content: CocoContent, write_coco: WriteCoco):
    """A teacher that is right must stay right however crops are turned and mirrored."""
    coco_content["teacher_heatmaps"] = "seen.safetensors"
    path = write_coco(coco_content)
    ids, cells, values, grids = [], [], [], []
    for person in coco_content["annotations"][:3]:
        x, y = np.array(person["keypoints"]).reshape(3, 3)[:, :2].T.astype(int)
        ids.append(person["id"])
        cells.append(np.tile(y * 100 + x, (CELLS, 1)))
        values.append(np.full((CELLS, 3), 1 / CELLS))
        grids.append([0.5, 0.5, 1, 100])
    TeacherHeatmaps(
        JOINTS,
        np.array(ids, np.int64),
        np.array(cells, np.int32),
        np.array(values, np.float16),
        np.array(grids, np.float32),
    ).write(path.parent / "seen.safetensors")
    data = read_coco(path)
    dataset = JointDataset([data], data.skeleton, SIZE, Augmentation(), with_teacher=True)
    for seed in range(60):
        sample = dataset[Draw(seed % 3, (0, seed))]
        labelled = sample.weights > 0
        off = (sample.cloud[..., :2] - sample.points).norm(dim=2).amax(dim=0)
        assert (off[labelled] < 1).all()  # labels lie up to a quarter pixel from whole cells


def test_asking_for_a_teacher_where_none_is_is_refused(
    coco_content: CocoContent, write_coco: WriteCoco
):
    data = read_coco(write_coco(coco_content))
    with pytest.raises(DataError, match="expected an entry 'teacher_heatmaps' in one, found none"):
        JointDataset([data], data.skeleton, SIZE, Augmentation(), with_teacher=True)


@given(x=st.floats(8, 32), y=st.floats(8, 40), spread=st.floats(0.5, 1.6), turn=st.floats(0, 6.28))
def test_a_drawn_cloud_peaks_where_the_heatmap_did(x: float, y: float, spread: float, turn: float):
    """However its cells are turned and moved apart, and with all of its mass."""
    grid = torch.cartesian_prod(torch.arange(-2.0, 2.5), torch.arange(-2.0, 2.5))
    values = torch.exp(-(grid**2).sum(dim=1) / (2 * 1.4**2))
    values = values / values.sum()
    turned = grid @ torch.tensor(
        [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]], dtype=torch.float32
    )
    points = spread * turned + torch.tensor([x, y])
    drawn = draw_cloud(points[None, :, None], values[None, :, None], (48, 40))
    assert float(drawn.sum()) == pytest.approx(1, abs=0.01)
    assert decode_keypoints(drawn)[0, 0, :2].tolist() == pytest.approx([x, y], abs=0.4)
