"""Average precision: identical to plain pycocotools on the original files."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from pedpose.data.coco import CocoData, read_coco
from pedpose.errors import DataError
from pedpose.evaluation.oks import (
    BoxResult,
    OksResult,
    Prediction,
    evaluate_boxes,
    evaluate_oks,
    keypoint_matcher,
    truth_order,
)
from pedpose.evaluation.results_file import read_predictions
from pedpose.skeleton import COCO_17

Content = dict[str, Any]
Entries = list[dict[str, Any]]
Write = Callable[..., Path]

SIGMAS = {1: (0.07,), 3: (0.05, 0.1, 0.1), 17: COCO_17.sigmas or ()}


def plain_stats(
    truth: Path, entries: Entries, kind: str, sigmas: tuple[float, ...] = ()
) -> list[float | None]:
    """Return the metrics that pycocotools gives on the files themselves."""
    coco = COCO(str(truth))
    evaluation = COCOeval(coco, coco.loadRes(copy.deepcopy(entries)), kind)
    if sigmas:
        evaluation.params.kpt_oks_sigmas = np.array(sigmas)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return [None if value == -1 else value for value in evaluation.stats]


def as_list(result: OksResult) -> list[float | None]:
    return [
        *(result.ap, result.ap50, result.ap75),
        *(result.ap_medium, result.ap_large, result.ar),
    ]


def random_case(joints: int, seed: int) -> tuple[Content, Entries]:
    """Draw annotations with a crowd and unlabelled people, and results from poor to good."""
    random = np.random.default_rng(seed)
    annotations: Entries = []
    entries: Entries = []
    for image in range(1, 9):
        for _ in range(random.integers(0, 5)):
            x, y, width, height = random.integers([0, 0, 20, 20], [250, 200, 150, 150]).tolist()
            place = random.integers([x, y], [x + width, y + height], (joints, 2))
            visible = random.integers(0, 3, joints) * (random.random() > 0.2)
            crowd = int(random.random() < 0.15)
            flat = np.column_stack([place, visible * (1 - crowd)])
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": 1,
                    "iscrowd": crowd,
                    "bbox": [x, y, width, height],
                    "area": 0.6 * width * height,
                    "num_keypoints": int((flat[:, 2] > 0).sum()),
                    "keypoints": flat.ravel().tolist(),
                }
            )
            for _ in range(random.integers(0, 3)):
                noise = random.normal(0, random.choice([1, 4, 20]), (joints, 2))
                found = np.column_stack([place + noise, random.random(joints)]).round(2)
                entries.append(
                    {
                        "image_id": image,
                        "category_id": 1,
                        "keypoints": found.ravel().tolist(),
                        "score": round(float(random.random()), 3),
                    }
                )
    images = [{"id": i, "file_name": f"{i}.png", "width": 400, "height": 350} for i in range(1, 9)]
    names = list(COCO_17.names[:joints])
    category = {"id": 1, "name": "person", "keypoints": names, "sigmas": list(SIGMAS[joints])}
    return {"images": images, "annotations": annotations, "categories": [category]}, entries


@pytest.mark.parametrize("joints", [1, 3, 17])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("with_boxes", [False, True])
def test_oks_equals_plain_pycocotools(
    write_coco: Write, tmp_path: Path, joints: int, seed: int, with_boxes: bool
) -> None:
    content, entries = random_case(joints, seed)
    if with_boxes:
        random = np.random.default_rng(seed)
        for entry in entries:
            entry["bbox"] = random.integers([0, 0, 5, 5], [200, 200, 120, 120]).tolist()
    truth = write_coco(content)
    results = tmp_path / "results.json"
    results.write_text(json.dumps(entries))
    data = read_coco(truth)
    measured = as_list(evaluate_oks(data, read_predictions(results, data), SIGMAS[joints]))
    plain = plain_stats(truth, entries, "keypoints", SIGMAS[joints])[:6]
    assert measured == pytest.approx(plain, abs=1e-12)
    assert 0.05 < (measured[0] or 0) < 0.95, "the case is neither trivial nor hopeless"


@pytest.mark.parametrize(
    ("name", "ap", "ap50", "ar"),
    [("results_dev_true_boxes", 0.656, 0.884, 0.698), ("results_dev", 0.568, 0.748, 0.641)],
)
def test_oks_of_published_results(
    shared: Path, name: str, ap: float, ap50: float, ar: float
) -> None:
    truth, results = shared / "data/coco/dev.json", shared / f"teachers/{name}.json"
    data = read_coco(truth)
    assert data.skeleton.sigmas is not None
    result = evaluate_oks(data, read_predictions(results, data), data.skeleton.sigmas)
    plain = plain_stats(truth, json.loads(results.read_text()), "keypoints")[:6]
    assert as_list(result) == pytest.approx(plain, abs=1e-12)
    assert (result.ap, result.ap50, result.ar) == pytest.approx((ap, ap50, ar), abs=0.0006)


def predict_truth(data: CocoData) -> list[Prediction]:
    return [
        Prediction(picture.id, person.keypoints, person.box, 0.9, person.id)
        for picture in data.pictures
        for person in picture.people
    ]


def test_pycocotools_gets_the_numbers_of_the_files(
    coco_content: Content, write_coco: Write, tmp_path: Path
) -> None:
    # Boxes of crowds are compared with keypoints: both must be in the units of the file.
    annotations = coco_content["annotations"]
    keys = ("image_id", "category_id", "keypoints")
    entries = [{**{key: a[key] for key in keys}, "score": 0.5} for a in annotations]
    (tmp_path / "results.json").write_text(json.dumps(entries))
    data = read_coco(write_coco(coco_content))
    matcher = keypoint_matcher(data, read_predictions(tmp_path / "results.json", data), SIGMAS[3])
    found, truth = (coco.dataset["annotations"] for coco in (matcher.cocoDt, matcher.cocoGt))
    for given, one, other in zip(annotations, found, truth, strict=True):
        assert one["keypoints"] == given["keypoints"]
        assert (other["bbox"], other["area"]) == (given["bbox"], given["area"])
        assert (other["iscrowd"], other["num_keypoints"]) == (
            given["iscrowd"],
            given["num_keypoints"],
        )
        labels, expected = (np.reshape(e["keypoints"], (3, 3)) for e in (other, given))
        seen = expected[:, 2] > 0
        np.testing.assert_array_equal(labels[:, 2], expected[:, 2])
        np.testing.assert_array_equal(labels[seen], expected[seen])


def test_people_and_crowds_keep_the_order_of_the_file(
    coco_content: Content, write_coco: Write
) -> None:
    first, second, third, crowd = coco_content["annotations"]
    crowds = [{**crowd, "id": 30 + n, "image_id": 1, "bbox": [n, 2, 9, 9]} for n in range(2)]
    coco_content["annotations"] = [crowds[0], first, crowds[1], second, third]
    one, two = read_coco(write_coco(coco_content)).pictures
    assert truth_order(one) == [(None, 0), (0, 0), (None, 1), (1, 0)]
    assert truth_order(two) == [(0, 0)]


def test_perfect_predictions(coco_content: Content, write_coco: Write) -> None:
    data = read_coco(write_coco(coco_content))
    result = evaluate_oks(data, predict_truth(data), SIGMAS[3])
    assert (result.ap, result.ap50, result.ap75, result.ar) == (1, 1, 1, 1)
    assert result.ap_medium is None, "all people are below 32^2 square pixels"
    assert result.ap_large is None


def test_annotation_id_zero_counts_as_any_other(coco_content: Content, write_coco: Write) -> None:
    coco_content["annotations"][0]["id"] = 0
    data = read_coco(write_coco(coco_content))
    assert evaluate_oks(data, predict_truth(data), SIGMAS[3]).ap == 1


def test_no_predictions_and_nobody(coco_content: Content, write_coco: Write) -> None:
    data = read_coco(write_coco(coco_content))
    assert evaluate_oks(data, [], SIGMAS[3]) == OksResult(0, 0, 0, None, None, 0)
    coco_content["annotations"] = []
    data = read_coco(write_coco(coco_content))
    assert evaluate_oks(data, [], SIGMAS[3]) == OksResult(*[None] * 6)


def test_nothing_is_printed(
    coco_content: Content, write_coco: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    data = read_coco(write_coco(coco_content))
    evaluate_oks(data, predict_truth(data), SIGMAS[3])
    evaluate_boxes(data, [1], np.array([[1, 2, 3, 4]]), np.array([0.5]))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("change", "expected", "found"),
    [
        ({"keypoints": np.zeros((2, 3))}, r"keypoints of shape \(3, 3\)", r"\(2, 3\)"),
        ({"keypoints": np.zeros((3, 2))}, r"keypoints of shape \(3, 3\)", r"\(3, 2\)"),
        ({"picture_id": 9}, "the id of an annotated picture", "9"),
        ({"keypoints": np.full((3, 3), np.nan)}, "finite numbers", "NaN or infinity"),
        ({"box": np.array([0, 0, np.inf, 1])}, "finite numbers", "NaN or infinity"),
        ({"score": float("nan")}, "finite numbers", "NaN or infinity"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(
    coco_content: Content, write_coco: Write, change: Content, expected: str, found: str
) -> None:
    path = write_coco(coco_content)
    good = {"picture_id": 1, "keypoints": np.zeros((3, 3)), "box": np.ones(4), "score": 0.5}
    wrong = [Prediction(**good), Prediction(**{**good, **change})]
    with pytest.raises(DataError, match=f"prediction no. 2: expected {expected}.* found {found}"):
        evaluate_oks(read_coco(path), wrong, SIGMAS[3])


def test_sigmas_of_another_skeleton_are_refused(coco_content: Content, write_coco: Write) -> None:
    data = read_coco(write_coco(coco_content))
    with pytest.raises(DataError, match="expected 3 sigmas, one a joint, found 17"):
        evaluate_oks(data, [], SIGMAS[17])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_boxes_equal_plain_pycocotools(write_coco: Write, seed: int) -> None:
    content, _ = random_case(3, seed)
    random = np.random.default_rng(seed)
    entries = [
        {
            "image_id": annotation["image_id"],
            "category_id": 1,
            "bbox": (annotation["bbox"] + random.normal(0, 6, 4)).round(2).tolist(),
            "score": float(random.random()),
        }
        for annotation in content["annotations"] * 2
    ]
    truth = write_coco(content)
    boxes = np.array([entry["bbox"] for entry in entries])
    boxes[:, 2:] += boxes[:, :2]
    result = evaluate_boxes(
        read_coco(truth),
        [entry["image_id"] for entry in entries],
        boxes,
        np.array([entry["score"] for entry in entries]),
    )
    plain = plain_stats(truth, entries, "bbox")
    assert [result.ap, result.ap50] == pytest.approx(plain[:2], abs=1e-12)
    assert 0.1 < (result.ap or 0) < 0.95


CROWD = [52.0, 12.0, 70.0, 40.0]  # inside the crowd of picture 2


FIRST, SECOND = [4.0, 6.0, 24.0, 46.0], [30.0, 8.0, 54.0, 44.0]
THIRD, WRONG = [10.5, 5.0, 40.5, 55.0], [0.0, 0.0, 5.0, 5.0]
HALF_OF_FIRST = [4.0, 6.0, 24.0, 27.0]  # an IoU of 21/40
HALF_IN_CROWD = [67.5, 12.0, 87.5, 30.0]  # 10.5 of 20 pixels are in it


@pytest.mark.parametrize(
    ("found", "recall", "at_one_false_alarm"),
    [
        # All three people, no false alarm: boxes in the crowd are none.
        ([(1, FIRST, 0.9), (1, SECOND, 0.8), (2, THIRD, 0.7), (2, CROWD, 0.95)], 1, 1),
        # Two pictures allow two false alarms: what comes after the third is not counted.
        (
            [
                (1, FIRST, 0.9),
                *((2, WRONG, 0.8), (2, WRONG, 0.7)),
                *((1, SECOND, 0.6), (2, WRONG, 0.5), (2, THIRD, 0.4)),
            ],
            1,
            2 / 3,
        ),
        # Equal scores stand or fall together.
        (
            [(1, FIRST, 0.9), (1, SECOND, 0.5), *[(2, WRONG, 0.5)] * 3],
            2 / 3,
            1 / 3,
        ),
        # False alarms first: no threshold is low enough to find anybody.
        ([(1, WRONG, 0.9), (2, WRONG, 0.8), (2, WRONG, 0.7), (1, FIRST, 0.6)], 1 / 3, 0),
        # What is matched, and what is in a crowd, is told at an IoU of 0.5.
        ([(1, HALF_OF_FIRST, 0.9)], 1 / 3, 1 / 3),
        ([*[(2, HALF_IN_CROWD, 0.9)] * 3, (1, FIRST, 0.5)], 1 / 3, 1 / 3),
        ([], 0, 0),
    ],
)
def test_recall_of_boxes(
    coco_content: Content,
    write_coco: Write,
    found: list[tuple[int, list[float], float]],
    recall: float,
    at_one_false_alarm: float,
) -> None:
    result = evaluate_boxes(
        read_coco(write_coco(coco_content)),
        [picture for picture, _, _ in found],
        np.array([box for _, box, _ in found], np.float32).reshape(-1, 4),
        np.array([score for _, _, score in found], np.float32),
    )
    assert result.recall == pytest.approx(recall)
    assert result.recall_at_one_false_alarm == pytest.approx(at_one_false_alarm)


def test_recall_is_of_people_of_all_sizes_and_of_a_hundred_boxes(
    coco_content: Content, write_coco: Write
) -> None:
    coco_content["annotations"][0]["area"] = 2000  # medium; the others are small
    boxes = np.array([WRONG] * 50 + [FIRST])
    scores = np.linspace(0.9, 0.1, len(boxes))
    result = evaluate_boxes(read_coco(write_coco(coco_content)), [1] * len(boxes), boxes, scores)
    assert result.recall == pytest.approx(1 / 3)


def test_boxes_where_nobody_is(coco_content: Content, write_coco: Write) -> None:
    coco_content["annotations"] = []
    data = read_coco(write_coco(coco_content))
    result = evaluate_boxes(data, [1], np.array([FIRST]), np.array([0.5]))
    assert result == BoxResult(None, None, None, None)


@pytest.mark.parametrize(
    ("picture", "box", "score", "fault"),
    [
        (7, FIRST, 0.5, "box no. 1: expected the id of an annotated picture, found 7"),
        (1, [0, 0, np.nan, 1], 0.5, "box no. 1: expected finite numbers, found .*nan"),
        (1, FIRST, np.inf, "box no. 1: expected finite numbers, found .*inf"),
    ],
)
def test_boxes_that_do_not_fit_are_refused(
    coco_content: Content,
    write_coco: Write,
    picture: int,
    box: list[float],
    score: float,
    fault: str,
) -> None:
    data = read_coco(write_coco(coco_content))
    with pytest.raises(DataError, match=fault):
        evaluate_boxes(data, [picture], np.array([box]), np.array([score]))
