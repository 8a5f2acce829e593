from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from coco_types import CocoContent, WriteCoco
from pedpose.data.augment import Augmentation
from pedpose.data.coco import read_coco
from pedpose.data.joint_dataset import JointDataset
from pedpose.data.joint_order import with_skeleton
from pedpose.data.mixing import Draw
from pedpose.errors import DataError
from pedpose.skeleton import Skeleton

SIZE = (64, 48)
PLAIN = Augmentation(
    **dict.fromkeys(
        (
            *("mirror_chance", "shift", "rotation_chance", "half_body_chance", "colour"),
            *("grey_chance", "dropout_chance", "blur_chance", "coarse_chance"),
        ),
        0.0,
    ),
    scale=(1.0, 1.0),
)
GEOMETRY = Augmentation(
    colour=0, grey_chance=0, dropout_chance=0, blur_chance=0, coarse_chance=0, half_body_chance=0.5
)


@pytest.fixture
def marked(tmp_path: Path, coco_content: CocoContent, write_coco: WriteCoco) -> Path:
    """The three people, each joint marked in its own colour: red, green, blue."""
    path = write_coco(coco_content)
    for image in coco_content["images"]:
        picture = np.zeros((image["height"], image["width"], 3), np.uint8)
        for person in coco_content["annotations"]:
            if person["image_id"] == image["id"]:
                for joint in range(3):
                    x, y, v = person["keypoints"][3 * joint : 3 * joint + 3]
                    if v:
                        picture[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2, joint] = 255
        Image.fromarray(picture).save(tmp_path / image["file_name"])
    return path


def test_points_stay_on_their_marks_however_the_crop_is_turned(marked: Path):
    data = read_coco(marked)
    dataset = JointDataset([data], data.skeleton, SIZE, GEOMETRY)
    assert len(dataset) == 3
    checked = mirrored = 0
    for seed in range(60):
        sample = dataset[Draw(seed % 3, (0, seed))]
        crop = sample.image.permute(1, 2, 0).numpy()
        assert crop.shape == (*SIZE, 3)
        for joint in range(3):
            x, y = sample.points[joint].numpy()
            if not sample.weights[joint] or not (2 < x < 46 and 2 < y < 62):
                continue
            colour = crop[int(y), int(x)]
            checked += 1
            # Mirroring swaps the two hands by name, so a left hand is marked as the right one.
            mirrored += joint > 0 and colour[3 - joint] > 60
            expected = {joint} if joint == 0 else {1, 2}
            assert int(colour.argmax()) in expected
            assert colour.max() > 60
    assert checked > 60
    assert mirrored > 10


def test_without_augmentation_the_box_is_centred(marked: Path):
    data = read_coco(marked)
    sample = JointDataset([data], data.skeleton, SIZE, PLAIN)[Draw(0, (0, 0))]
    # Box 4, 6, 20 x 40 becomes 37.5 x 50 around (14, 26); the head is at (14.5, 10.5).
    assert sample.points[0].tolist() == pytest.approx([24 + 0.5 * 1.28, 32 - 15.5 * 1.28])
    assert sample.weights.tolist() == [1, 1, 1]


def test_joints_without_label_or_outside_the_crop_do_not_count(marked: Path):
    data = read_coco(marked)
    dataset = JointDataset([data], data.skeleton, SIZE, PLAIN)
    assert dataset[Draw(1, (0, 0))].weights.tolist() == [1, 1, 0]
    tight = JointDataset(
        [data], data.skeleton, SIZE, Augmentation(scale=(0.3, 0.3), rotation_chance=0)
    )
    for seed in range(20):
        sample = tight[Draw(0, (0, seed))]
        inside = ((sample.points >= 0) & (sample.points <= sample.points.new_tensor([48, 64]))).all(
            1
        )
        assert (sample.weights > 0).tolist() == inside.tolist()


def test_scores_of_pseudo_labels_become_weights(
    marked: Path, coco_content: CocoContent, write_coco: WriteCoco
):
    coco_content["annotations"][0]["scores"] = [0.9, 0.2, 0.5]
    data = read_coco(write_coco(coco_content))
    sample = JointDataset([data], data.skeleton, SIZE, PLAIN)[Draw(0, (0, 0))]
    assert sample.weights.tolist() == pytest.approx([0.9, 0.2, 0.5])


def test_joints_are_matched_by_name(marked: Path):
    data = read_coco(marked)
    wanted = Skeleton(names=("right_hand", "nose", "head"))
    matched = with_skeleton(data, wanted)
    before, after = data.pictures[0].people[0], matched.pictures[0].people[0]
    assert (after.keypoints[[0, 2]] == before.keypoints[[2, 0]]).all()
    assert (after.keypoints[1] == 0).all()
    assert after.weights.tolist() == [1, 0, 1]


def test_nothing_in_common_is_refused(marked: Path):
    with pytest.raises(DataError, match="expected some of the joints wing, beak, found head"):
        with_skeleton(read_coco(marked), Skeleton(names=("wing", "beak")))


def test_data_without_labels_is_refused(coco_content: CocoContent, write_coco: WriteCoco):
    for annotation in coco_content["annotations"]:
        annotation.update(keypoints=[0] * 9, num_keypoints=0)
    data = read_coco(write_coco(coco_content))
    with pytest.raises(DataError, match="expected people with labelled joints, found none"):
        JointDataset([data], data.skeleton, SIZE, PLAIN)


def test_small_people_are_left_out(marked: Path):
    data = read_coco(marked)
    # The longer sides are 40, 36 and 50.
    assert len(JointDataset([data], data.skeleton, SIZE, PLAIN, min_side_px=40)) == 2
    with pytest.raises(DataError, match="expected people of 51 pixels or more with labelled"):
        JointDataset([data], data.skeleton, SIZE, PLAIN, min_side_px=51)
