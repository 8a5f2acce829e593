"""``detect``, ``eval`` and ``info`` with skeletons of any number of joints, on real files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools.coco import COCO
from typer.testing import CliRunner, Result

from pedpose.cli.main import app
from pedpose.files import write_json
from pedpose.model.architecture import Architecture
from pedpose.model.checkpoint import Checkpoint, save_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.skeleton import Skeleton

NAMES_9 = ("muzzle", "left_ear", "right_ear", "withers", "fl_hoof", "fr_hoof", "l_hip", "r_hip")
SKELETONS = {
    "one joint": Skeleton(("tip",)),
    "two without sides": Skeleton(("red", "blue"), swaps=()),
    "two with sides": Skeleton(("leftTip", "rightTip"), ((0, 1),), (0.05, 0.06)),
    "a horse": Skeleton(
        (*NAMES_9, "tail"), ((0, 1), (0, 2), (3, 8)), (0.05,) * 9, ((1, 2), (4, 5), (6, 7))
    ),
    "thirty numbers": Skeleton(tuple(str(n) for n in range(30))),
}
SIZE = 96


def pedpose(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def detect(*arguments: object) -> Result:
    return pedpose("detect", *arguments, "--device", "cpu")


def evaluate(*arguments: object) -> Result:
    return pedpose("eval", *arguments)


@pytest.fixture(params=SKELETONS.values(), ids=SKELETONS)
def skeleton(request: pytest.FixtureRequest) -> Skeleton:
    return request.param


@pytest.fixture
def make_weights(tmp_path: Path) -> Callable[[Skeleton], Path]:
    """Write an untrained network that finds the joints of a skeleton somewhere."""

    def make(skeleton: Skeleton) -> Path:
        torch.manual_seed(0)
        size = Architecture("joints", len(skeleton), width=8, height_px=64, width_px=48)
        network = HeatmapCNN(size).eval()
        network.head.weight.data *= 1e5  # one sharp peak a joint: in sight
        path = tmp_path / f"{len(skeleton)}.safetensors"
        save_checkpoint(path, Checkpoint(network, skeleton))
        return path

    return make


@pytest.fixture
def make_data(tmp_path: Path) -> Callable[[Skeleton], Path]:
    """Annotate two pictures: two beings in one, one in the other, small as one pixel."""

    def make(skeleton: Skeleton) -> Path:
        random = np.random.default_rng(0)
        boxes = [(1, [4, 6, 40, 60]), (1, [50, 10, 40, 80]), (2, [30, 30, 1, 1])]
        for number in (1, 2):
            picture = random.integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)
            Image.fromarray(picture).save(tmp_path / f"{number}.png")
        annotations = []
        for number, (image, (x, y, width, height)) in enumerate(boxes, start=1):
            points = random.uniform((x, y), (x + width, y + height), (len(skeleton), 2)).round(1)
            flat = np.column_stack([points, np.full(len(skeleton), 2)])
            annotations.append(
                {
                    **{"id": number, "image_id": image, "category_id": 1, "iscrowd": 0},
                    **{"bbox": [x, y, width, height], "keypoints": flat.ravel().tolist()},
                }
            )
        images = [{"id": n, "file_name": f"{n}.png", "width": SIZE, "height": SIZE} for n in (1, 2)]
        content = {
            "images": images,
            "annotations": annotations,
            "categories": [skeleton.to_coco_category()],
        }
        path = tmp_path / "truth.json"
        write_json(path, content)
        return path

    return make


Make = Callable[[Skeleton], Path]


def test_detect(skeleton: Skeleton, make_weights: Make, make_data: Make, tmp_path: Path):
    truth, out = make_data(skeleton), tmp_path / "out"
    pictures = tmp_path / "1.png", tmp_path / "2.png"
    weights = make_weights(skeleton)
    result = detect(*pictures, "--weights", weights, "--boxes", truth, "--out", out)
    assert result.exit_code == 0, result.output
    record = json.loads((out / "json/1.json").read_text())
    assert Skeleton.from_dict(record["header"]["skeleton"]) == skeleton
    assert len(record["people"]) == 2
    for person in record["people"]:
        assert tuple(joint["name"] for joint in person["keypoints"]) == skeleton.names
        assert 0 < person["score"] <= 1
    rows = list(csv.DictReader((out / "people.csv").open(newline="")))
    assert [row["joint"] for row in rows] == list(skeleton.names) * 3
    loaded = COCO(str(truth)).loadRes(str(out / "coco_results.json"))
    assert [len(a["keypoints"]) for a in loaded.anns.values()] == [3 * len(skeleton)] * 3
    drawn = np.asarray(Image.open(out / "overlay/1.jpg"))
    assert drawn.shape == (SIZE, SIZE, 3)


def test_eval(skeleton: Skeleton, make_weights: Make, make_data: Make, tmp_path: Path):
    truth, out = make_data(skeleton), tmp_path / "out"
    options = () if skeleton.sigmas else ("--default-sigma", 0.05)
    limit = f"pck@0.2/{skeleton.names[0]}=0"
    result = evaluate(
        *("--data", truth, "--weights", make_weights(skeleton), "--out", out, "--min", limit),
        *("--resamples", 100, "--device", "cpu", *options),
    )
    assert result.exit_code == 0, result.output
    report = json.loads((out / "report.json").read_text())
    assert report["skeleton"]["names"] == list(skeleton.names)
    assert len(report["skeleton"]["sigmas"]) == len(skeleton)
    source = report["skeleton"]["sigmas_source"]
    assert source == "annotation file" if skeleton.sigmas else "--default-sigma 0.05" in source
    assert set(report["metrics"]["pck@0.2"]["joints"]) == set(skeleton.names)
    page, text = (out / "report.html").read_text(), (out / "report.md").read_text()
    assert all(name in page and name in text for name in skeleton.names)
    assert len(ElementTree.parse(out / "junit.xml").findall(".//testcase")) >= 1


@pytest.mark.parametrize("which", ["one joint", "thirty numbers"])
def test_perfect_results_are_perfect(which: str, make_data: Make, tmp_path: Path):
    skeleton = SKELETONS[which]
    truth = make_data(skeleton)
    people = json.loads(truth.read_text())["annotations"]
    keys = ("image_id", "category_id", "keypoints")
    write_json(tmp_path / "all.json", [{k: a[k] for k in keys} | {"score": 0.9} for a in people])
    options = () if skeleton.sigmas else ("--default-sigma", 0.05)
    limits = ("--min", "ap=1", "--min", "pck@0.05=1", "--max", "epe=0.001")
    result = evaluate("--data", truth, "--predictions", tmp_path / "all.json", *limits, *options)
    assert result.exit_code == 0, result.output


def test_whole_pictures(make_weights: Make, make_data: Make, tmp_path: Path):
    skeleton = SKELETONS["a horse"]
    make_data(skeleton)
    source, out = tmp_path / "1.png", tmp_path / "out"
    weights = make_weights(skeleton)
    result = detect(source, "--weights", weights, "--whole-image", "--out", out, "--save", "csv")
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader((out / "people.csv").open(newline="")))
    assert [row["joint"] for row in rows] == list(skeleton.names)


def test_a_finder_of_ones_own(make_weights: Make, make_data: Make, tmp_path: Path):
    """The person finder is any network of its task; the joints may be of an animal."""
    horse = SKELETONS["a horse"]
    make_data(horse)
    finder, out = tmp_path / "finder.safetensors", tmp_path / "out"
    torch.manual_seed(0)
    network = HeatmapCNN(Architecture("person", 5, width=8, height_px=64, width_px=64)).eval()
    network.head.bias.data[0] = 3  # everywhere is one
    save_checkpoint(finder, Checkpoint(network, None))
    result = detect(
        *(tmp_path / "1.png", "--weights", make_weights(horse), "--person-weights", finder),
        *("--conf", 0, "--out", out, "--save", "json"),
    )
    assert result.exit_code == 0, result.output
    people = json.loads((out / "json/1.json").read_text())["people"]
    assert people
    assert all(len(person["keypoints"]) == 9 for person in people)


def test_pck_of_torsos_needs_a_torso(make_data: Make, tmp_path: Path):
    truth = make_data(SKELETONS["two with sides"])
    write_json(tmp_path / "none.json", [])
    result = evaluate(
        *("--data", truth, "--predictions", tmp_path / "none.json"),
        *("--metrics", "pck-torso@0.2"),
    )
    assert result.exit_code == 3
    message = "pck-torso@0.2 cannot be measured: the skeleton has no left_shoulder and right_hip"
    assert message in result.output


def test_sigmas_by_name(make_data: Make, tmp_path: Path):
    truth, out = make_data(SKELETONS["two without sides"]), tmp_path / "out"
    write_json(tmp_path / "none.json", [])
    options = "--data", truth, "--predictions", tmp_path / "none.json", "--out", out
    result = evaluate(*options, "--sigmas", "blue=0.1,red=0.02")
    assert result.exit_code == 0, result.output
    skeleton = json.loads((out / "report.json").read_text())["skeleton"]
    assert skeleton["sigmas"] == [0.02, 0.1]
    assert skeleton["sigmas_source"] == "given by --sigmas"
    result = evaluate(*options, "--sigmas", "blue=0.1,green=0.02")
    assert result.exit_code == 2
    assert "found none for red, one for green" in result.output.replace("\n", " ")


def test_a_report_says_where_sides_are_not_known(make_data: Make, tmp_path: Path):
    truth = make_data(Skeleton(("lpaw", "rpaw"), sigmas=(0.1, 0.1)))
    write_json(tmp_path / "none.json", [])
    options = "--data", truth, "--predictions", tmp_path / "none.json", "--out", tmp_path / "out"
    assert evaluate(*options).exit_code == 0
    notes = json.loads((tmp_path / "out/report.json").read_text())["notes"]
    assert any("not certain: lpaw / rpaw" in note for note in notes)


def test_info_names_the_pairs(make_weights: Make):
    result = pedpose("info", make_weights(SKELETONS["a horse"]), "--json")
    shown = json.loads(result.output)["skeleton"]
    assert shown["swap_pairs"] == [
        *(["left_ear", "right_ear"], ["fl_hoof", "fr_hoof"], ["l_hip", "r_hip"])
    ]


def test_info_says_why_there_are_no_pairs(make_weights: Make):
    result = pedpose("info", make_weights(SKELETONS["thirty numbers"]), "--json")
    assert result.exit_code == 0, result.output
    shown = json.loads(result.output)["skeleton"]
    assert shown["swap_pairs"] is None
    assert "do not say what the joints are: 0, 1, 2" in shown["why_no_swap_pairs"]


def test_help_says_what_joints_of_animals_need():
    shown = " ".join(pedpose("detect", "--help").output.replace("│", " ").split())
    assert "which finds people only" in shown
