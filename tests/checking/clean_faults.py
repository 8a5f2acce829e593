"""One function a fault: puts it into a clean set and tells the code and the place expected.

No two faults touch the same entry, so that they can be put in together as well.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import PIL.Image
from clean_set import Content, entry, joint, picture

Fault = Callable[[Content, Path], str]


def set_joint(content: Content, number: int, name: str, values: list[object]) -> None:
    entry(content, number)["keypoints"][joint(content, number, name)] = values


def limb_outside(content: Content, folder: Path) -> str:
    content["categories"][0]["skeleton"].append([1, 18])
    return "file"


def missing_teacher_heatmaps(content: Content, folder: Path) -> str:
    content["teacher_heatmaps"] = "gone.npz"
    return "file"


def bad_image(content: Content, folder: Path) -> str:
    content["images"].append({"id": "one", "file_name": "images/1.png"})
    return "image no. 13"


def bad_image_name(content: Content, folder: Path) -> str:
    content["images"].append({"id": 50, "file_name": None, "width": 120, "height": 90})
    return "image 50"


def bad_image_size(content: Content, folder: Path) -> str:
    picture(50).save(folder / "images/50.png")
    content["images"].append({"id": 51, "file_name": "images/50.png", "width": "120", "height": 90})
    return "image 51"


def duplicate_image_id(content: Content, folder: Path) -> str:
    picture(52).save(folder / "images/52.png")
    content["images"].append({**content["images"][0], "file_name": "images/52.png"})
    return "image 1"


def duplicate_file_name(content: Content, folder: Path) -> str:
    content["images"].append({**content["images"][1], "id": 53, "file_name": "./images/2.png"})
    return "image 53"


def missing_picture(content: Content, folder: Path) -> str:
    (folder / "images/3.png").unlink()
    return "image 3"


def unreadable_picture(content: Content, folder: Path) -> str:
    path = folder / "images/4.png"
    path.write_bytes(path.read_bytes()[:-400])
    return "image 4"


def wrong_size(content: Content, folder: Path) -> str:
    picture(5, 120, 100).save(folder / "images/5.png")
    return "image 5"


def duplicate_picture(content: Content, folder: Path) -> str:
    shutil.copy(folder / "images/6.png", folder / "images/copy.png")
    content["images"].append({**content["images"][5], "id": 54, "file_name": "images/copy.png"})
    return "image 54"


def near_duplicate_picture(content: Content, folder: Path) -> str:
    with PIL.Image.open(folder / "images/7.png") as image:
        image.resize((240, 180)).save(folder / "images/near.jpg", quality=60)
    near = {"id": 55, "file_name": "images/near.jpg", "width": 240, "height": 180}
    content["images"].append(near)
    return "image 7"


def bad_annotation(content: Content, folder: Path) -> str:
    content["annotations"].append({**entry(content, 101), "id": None})
    return f"annotation no. {len(content['annotations'])}"


def duplicate_annotation_id(content: Content, folder: Path) -> str:
    entry(content, 117)["id"] = 118
    return "image 9, annotation 118"


def unknown_image(content: Content, folder: Path) -> str:
    content["annotations"].append({**entry(content, 101), "id": 201, "image_id": 999})
    return "image 999, annotation 201"


def unknown_category(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 202, category_id=7))
    return "image 10, annotation 202"


def nan_in_bbox(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 203, bbox=[1, 2, float("nan"), 4]))
    return "image 10, annotation 203"


def text_in_keypoints(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 204))
    set_joint(content, 204, "left_hip", ["12", 3, 2])
    return "image 10, annotation 204, left_hip"


def infinity_in_keypoints(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 205))
    set_joint(content, 205, "nose", [float("inf"), 3, 2])
    return "image 10, annotation 205, nose"


def nan_in_area(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 206, area=float("nan")))
    return "image 10, annotation 206"


def nan_elsewhere(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 207, segmentation=[[1, float("nan")]]))
    return "image 10, annotation 207"


def bad_iscrowd(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 208, iscrowd=2))
    return "image 10, annotation 208"


def bad_box(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 209, bbox=[1, 2, 3]))
    return "image 10, annotation 209"


def empty_box(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 210, bbox=[10, 10, -5, 20]))
    return "image 10, annotation 210"


def box_outside(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 211, bbox=[0, 0, 119, 95]))
    return "image 10, annotation 211"


def no_area(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 212))
    del entry(content, 212)["area"]
    return "image 10, annotation 212"


def area_of_zero(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 213, area=0))
    return "image 10, annotation 213"


def area_larger_than_box(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 214, area=3200))
    return "image 10, annotation 214"


def joint_count(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 215, keypoints=[0] * 48))
    return "image 10, annotation 215"


def bad_visibility(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 216))
    set_joint(content, 216, "left_knee", [30, 30, 3])
    return "image 10, annotation 216, left_knee"


def unlabelled_coordinates(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 217, num_keypoints=16))
    set_joint(content, 217, "left_knee", [30, 30, 0])
    return "image 10, annotation 217, left_knee"


def no_num_keypoints(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 218))
    del entry(content, 218)["num_keypoints"]
    return "image 10, annotation 218"


def wrong_num_keypoints(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 219, num_keypoints=3))
    return "image 10, annotation 219"


def bad_scores(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 220, scores=[1.5] * 17))
    return "image 10, annotation 220"


def bad_head_box(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 221, headbox=[10, 10, 5, 20]))
    return "image 10, annotation 221"


def joint_outside(content: Content, folder: Path) -> str:
    set_joint(content, 121, "left_wrist", [40, 95, 2])
    return "image 11, annotation 121, left_wrist"


def joint_off_box(content: Content, folder: Path) -> str:
    set_joint(content, 122, "right_wrist", [5, 42, 2])
    return "image 11, annotation 122, right_wrist"


def no_joints(content: Content, folder: Path) -> str:
    content["annotations"].append(_other(content, 222, keypoints=[0] * 51, num_keypoints=0))
    return "file"


def duplicate_person(content: Content, folder: Path) -> str:
    content["annotations"].append({**entry(content, 123), "id": 223})
    return "image 12, annotation 223"


def near_duplicate_person(content: Content, folder: Path) -> str:
    moved = [v + 0.5 * (n % 3 == 0) for n, v in enumerate(entry(content, 124)["keypoints"])]
    content["annotations"].append({**entry(content, 124), "id": 224, "keypoints": moved})
    return "image 12, annotation 224"


def _other(content: Content, number: int, **changes: object) -> Content:
    """Return one more person of image 10, as far from all others as boxes allow."""
    person = {**entry(content, 119), "id": number, "keypoints": [], "bbox": [], **changes}
    down = number - 200
    shift = (down * 7.0 % 73, down % 3 * 2.0)
    flat = list(entry(content, 119)["keypoints"])
    flat[0::3] = [x - 10 + shift[0] for x in flat[0::3]]
    flat[1::3] = [y - 5 + shift[1] for y in flat[1::3]]
    person["keypoints"] = person["keypoints"] or flat
    person["bbox"] = person["bbox"] or [*shift, 36, 80]
    return person


# Each with its code; the same code may stand for several faults.
FAULTS: dict[Fault, str] = {
    limb_outside: "limb-outside",
    missing_teacher_heatmaps: "missing-teacher-heatmaps",
    bad_image: "bad-image",
    bad_image_name: "bad-image",
    bad_image_size: "bad-image",
    duplicate_image_id: "duplicate-image-id",
    duplicate_file_name: "duplicate-file-name",
    missing_picture: "missing-picture",
    unreadable_picture: "unreadable-picture",
    wrong_size: "wrong-size",
    duplicate_picture: "duplicate-picture",
    near_duplicate_picture: "near-duplicate-picture",
    bad_annotation: "bad-annotation",
    duplicate_annotation_id: "duplicate-annotation-id",
    unknown_image: "unknown-image",
    unknown_category: "unknown-category",
    nan_in_bbox: "not-a-number",
    text_in_keypoints: "not-a-number",
    infinity_in_keypoints: "not-a-number",
    nan_in_area: "not-a-number",
    nan_elsewhere: "not-a-number",
    bad_iscrowd: "bad-iscrowd",
    bad_box: "bad-box",
    empty_box: "empty-box",
    box_outside: "box-outside",
    no_area: "no-area",
    area_of_zero: "bad-area",
    area_larger_than_box: "bad-area",
    joint_count: "joint-count",
    bad_visibility: "bad-visibility",
    unlabelled_coordinates: "unlabelled-coordinates",
    no_num_keypoints: "no-num-keypoints",
    wrong_num_keypoints: "wrong-num-keypoints",
    bad_scores: "bad-scores",
    bad_head_box: "bad-head-box",
    joint_outside: "joint-outside",
    joint_off_box: "joint-off-box",
    no_joints: "no-joints",
    duplicate_person: "duplicate-person",
    near_duplicate_person: "near-duplicate-person",
}
