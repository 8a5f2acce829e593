"""The page of ``pedpose explain``, read by an HTML parser."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from made_explanations import HEIGHT, WIDTH, heatmap, made, sheet

from html_page import Page
from pedpose.explaining.explanation import LayerChange
from pedpose.explaining.page import explain_page, write_explain_page
from pedpose.explaining.page_joints import joint_panels
from pedpose.explaining.page_layers import change_message, change_rows, cost_message, cost_rows
from pedpose.explaining.page_pictures import difference_uri, feature_uri, heat_uri
from pedpose.explaining.page_places import name_place
from pedpose.explaining.page_scene import draw_scene
from pedpose.explaining.page_stages import filters_of, stage_panels
from pedpose.skeleton import COCO_17

HOSTILE = '"><script>alert(1)</script><img src=x onerror="alert(2)">&\x00\ud800'


def decoded(uri: str) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1])))


def rgba(uri: str) -> np.ndarray:
    return np.asarray(decoded(uri).convert("RGBA")).astype(int)


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(explain_page(made(limbs=COCO_17.limbs)))


def test_it_tells_a_story_in_order(page: Page) -> None:
    sections = [attributes["id"] for attributes in page.all("section")]
    assert sections == ["picture", "filters", "stages", "heatmaps", "looked", "time", "tables"]
    assert page.text("message") == (
        "The network is surest of nose (0.95), left_eye (0.92), right_eye (0.89), and least sure "
        "of right_ankle (0.47), left_ankle (0.50), right_knee (0.53). For 17 of 17 joints hiding "
        "the joint itself hurts most."
    )
    assert "person 2 of 2" in page.source
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    reading = page.text("reading")
    for words in ("Zeiler", "ECCV 2014", "Selvaraju", "ICCV 2017", "no proof", "runtime"):
        assert words in reading
    assert "0123456789abcdef" * 4 in reading


def test_facts_are_those_of_the_network(page: Page) -> None:
    text = page.text("picture")
    for words in ("lite_hrnet", "joints.safetensors", "6,000", "0.600 GFLOPs", "192 x 256", "cpu"):
        assert words in text
    assert "in 2 convolutions" in text and "depth 37" in text and "(16 of 17)" in text


def test_every_joint_has_its_figures(page: Page) -> None:
    heats, labels = page.text("heatmaps"), page.labels()
    for number, joint in enumerate(made().joints):
        x, y = joint.peak
        assert (
            f"Heatmap of {joint.name}: peak at {x:.0f}, {y:.0f}, score {joint.score:.2f}, "
            f"spread {joint.spread_px:.1f} px." in labels
        )
        assert f"at {x:.0f}, {y:.0f}; spread {joint.spread_px:.0f} px" in heats
        found = [label for label in labels if label.startswith(f"Occlusion of {joint.name}: ")]
        assert len(found) == 1 and f"one patch moves it by {10 + number} px" in found[0]
        assert sum(label.startswith(f"Grad-CAM of {joint.name}: ") for label in labels) == 1
    assert "0.47 unsure" in heats and heats.count("unsure") == 1


def test_every_stage_has_its_figures(page: Page) -> None:
    text = page.text("stages")
    assert "1. stem 40 maps of 64 x 48 Stride 4, depth 2, receptive field 7 x 7 px: enough" in text
    assert "2. middle 40 maps of 32 x 24 Stride 8, depth 9, receptive field 90 x 90 px" in text
    assert "3. deep 40 maps of 8 x 6" in text
    assert "700 x 700 px: larger than the crop, enough for the whole person" in text
    assert "4. all" in text and "receptive field whole picture" in text
    assert text.count("Coarser than before.") == 2 and text.count("Finer again") == 1
    assert sum(str(picture.get("alt")).startswith("map ") for picture in page.all("img")) == 24
    table = page.text("tables")
    assert "deep 32 40 8 x 6 30 700 x 700 px" in table
    row = "head.1 32 to 32 3 x 3 2 x 2 1 x 1 1 x 1 32 37 299 x 299 px 64 x 48 288 0.00177"
    assert row in table


def test_the_costs_stand_side_by_side(page: Page) -> None:
    text = page.text("time")
    assert "deep takes the most: 70 % of the time, with 33 % of the operations" in text
    assert "stem is dearer than its operations say: 25 % of the time for 17 %" in text
    assert "stem 1.25 25.0 % 16.7 % 16.7 %" in text and "deep 3.50 70.0 % 33.3 % 33.3 %" in text
    assert "upsample 0.25 5.0 % – –" in text and "Together 5.0 ms" in text  # noqa: RUF001
    assert "training" not in [attributes["id"] for attributes in page.all("section")]


def test_what_training_changed_is_shown_where_it_is_known() -> None:
    page = Page(explain_page(made(trained=True)))
    text = page.text("training")
    assert "deep moved the most: by 25.0 % of its size; 1 of 3 layers were kept" in text
    assert "stem kept deep 25.0 % head was zero" in text and "1,200 steps of runs/one" in text
    labels = page.labels()
    for number, name in enumerate(COCO_17.names):
        assert f"Heatmap of {name} before training, score 0.12." in labels
        assert f"Heatmap of {name} after training, score 0.75." in labels
        assert f"The peak moved by {12 + number} px." in text
    assert "before training" in page.text("filters") and "after training" in page.text("filters")
    sheets = [p["src"] for p in page.all("img") if p.get("class") == "filters"]
    assert len(sheets) == 4 and len(set(sheets)) == 4


@pytest.mark.parametrize("count", [1, 30])
def test_any_number_of_joints(count: int) -> None:
    names = tuple(f"joint {n}" for n in range(count))
    source = explain_page(made(names, trained=True))
    page = Page(source)
    assert sum(label.startswith("Occlusion of ") for label in page.labels()) == count
    assert len(source) < 1_500_000
    if count == 1:
        assert "The scores: joint 0 (0.95). For 1 of 1 joints" in page.text("message")


def test_nothing_is_loaded_from_anywhere(page: Page) -> None:
    assert "http" not in page.source.replace("http-equiv", "")
    assert not re.search(r"url\(|@import", page.source)
    assert "default-src 'none'; img-src data:" in page.source
    for tag in ("script", "link", "iframe", "object", "embed", "base", "form"):
        assert not page.all(tag)
    ids = [str(attributes["id"]) for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href", "srcset"):
            if (value := attributes.get(name)) is not None:
                inside = value.startswith("#") and value[1:] in ids
                assert inside or value.startswith("data:image/"), value


def test_all_pictures_are_described(page: Page) -> None:
    assert all(picture.get("alt") for picture in page.all("img"))
    drawings = [a for a in page.all("svg") if a.get("aria-hidden") != "true"]
    assert all(a.get("role") == "img" and a.get("aria-label") for a in drawings)


def test_hostile_names_are_only_text() -> None:
    names = (HOSTILE, "</style><b>", "{{ 7 * 7 }}")
    harmless = Page(explain_page(made(("a", "b", "c"), trained=True)))
    explanation = made(names, Path(f"{HOSTILE.replace('/', '|')}.jpg"), trained=True)
    stages = tuple(replace(stage, layer=HOSTILE) for stage in explanation.stages)
    times = tuple(replace(time, layer=HOSTILE) for time in explanation.times)
    found = replace(explanation, stages=stages, times=times, weights=Path(HOSTILE), device=HOSTILE)
    page = Page(explain_page(found))
    assert [tag for tag, _ in page.elements if tag in ("script", "b", "style")] == [
        tag for tag, _ in harmless.elements if tag in ("script", "b", "style")
    ]
    assert "<script" not in page.source and 'onerror="' not in page.source
    assert len(page.all("img")) == len(harmless.all("img"))
    assert "{{ 7 * 7 }}" in page.text("heatmaps") and "49" not in page.text("message")
    page.source.encode("utf-8")
    assert "\x00" not in page.source


def test_the_same_explanation_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        write_explain_page(tmp_path / name, made(trained=True))
    first = (tmp_path / "one.html").read_bytes()
    assert first == (tmp_path / "two.html").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.html", "two.html"]


def test_heat_is_clear_at_zero_and_differences_have_two_sides() -> None:
    heat = rgba(heat_uri(np.array([[0, 0.5, 1]], np.float32)))
    assert heat[0, :, 3].tolist() == sorted(heat[0, :, 3].tolist()) and heat[0, 0, 3] == 0
    assert heat[0, 2, :3].sum() > heat[0, 1, :3].sum()
    two = rgba(difference_uri(np.array([[-1, -0.25, 0, 0.25, 1]], np.float32)))
    assert two[0, 2, 3] == 0 and (two[0, [0, 4], 3] == 235).all()
    assert (two[0, :2, 2] > two[0, :2, 0]).all() and (two[0, 3:, 0] > two[0, 3:, 2]).all()
    assert two[0, 1, 3] == two[0, 3, 3] < 100
    assert decoded(feature_uri(np.zeros((5, 3), np.float32))).size == (3, 5)


def test_occlusion_is_told_by_its_cells() -> None:
    explanation = made(("a", "b"))
    cost = np.zeros((16, 12), np.float32)
    cost[1, 2], cost[15, 11] = 0.61, -0.3
    near = replace(explanation.joints[0], peak=(40.0, 24.0), occlusion=cost)
    there = replace(explanation.joints[1], peak=(190.0, 240.0), occlusion=0 * cost)
    first, second = joint_panels(replace(explanation, joints=(near, there)))
    assert first.found == (
        "Hiding the joint itself lowers its probability by 0.61; one patch moves it by 10 px. "
        "Hiding b (266 px away) raises it by 0.30."
    )
    assert first.costly is not None and first.helpful is not None
    cell = first.costly
    assert (cell.x, cell.y, cell.width, cell.height) == (32.0, 16.0, 16.0, 16.0)
    assert (first.helpful.x, first.helpful.y) == (176.0, 240.0)
    assert first.on_joint and first.full == pytest.approx(0.61)
    assert second.costly is None and second.helpful is None and second.on_joint is None
    assert second.found.startswith("Hiding any one place lowers its probability by 0.00 at most")
    assert second.full == 0.1  # noise keeps faint


def test_silent_grad_cam_is_said() -> None:
    explanation = made(("a",))
    silent = replace(explanation.joints[0], grad_cam=np.zeros((16, 12), np.float32))
    (panel,) = joint_panels(replace(explanation, joints=(silent,)))
    assert panel.grad_cam is None and panel.seen == ""
    text = Page(explain_page(replace(explanation, joints=(silent,)))).text("looked")
    assert "nothing in this layer speaks for the joint" in text
    (panel,) = joint_panels(explanation)
    alike = re.fullmatch(
        r"Grad-CAM is strongest at the joint itself; likeness of both maps \+(0\.\d\d)\.",
        panel.seen,
    )
    assert alike and float(alike[1]) > 0.8


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (50, 60, "the joint itself"),
        (55, 160, "a place 100 px below"),
        (10, 60, "a place 40 px to the left"),
        (110, 60, "b (60 px away)"),
    ],
)
def test_places_are_named_by_joints(x: float, y: float, words: str) -> None:
    joints = made(("a", "b", "c")).joints
    a = replace(joints[0], peak=(50.0, 60.0))
    b = replace(joints[1], peak=(112.0, 60.0), score=0.9)
    unsure = replace(joints[2], peak=(55.0, 160.0), score=0.1)
    place = name_place(x, y, a, [a, b, unsure], 24)
    assert place.words == words and place.own == (words == "the joint itself")


def test_receptive_fields_are_drawn_to_scale() -> None:
    stem, middle, deep, whole = stage_panels(made().stages, (HEIGHT, WIDTH))
    assert stem.field.square == (92.5, 124.5, 7.0, 7.0)
    assert middle.enough_for.startswith("a part of the body")
    assert stem.enough_for == "edges, corners and texture"
    assert deep.field.square == (-254.0, -222.0, 700.0, 700.0)
    x, y, wide, high = deep.field.view
    assert x <= -254 and y <= -222 and x + wide >= 446 and y + high >= 478
    assert whole.field.square == (0.0, 0.0, 192.0, 256.0)
    vast = replace(made().stages[2], receptive_field=(5000, 5000))
    (panel,) = stage_panels([vast], (HEIGHT, WIDTH))
    assert panel.field.square is None
    text = Page(explain_page(replace(made(), stages=(vast,)))).text("stages")
    assert "5000 x 5000 px: larger than the crop, too large to draw" in text


def test_filters_are_counted_and_stretched() -> None:
    tiles = np.full((3, 3, 3, 3), 128, np.uint8)
    tiles[0, 0] = 255
    tiles[1, :, 0] = (178, 78, 128)
    tiles[2, 0, 0, 0] = 133
    found = filters_of(replace(sheet(0), tiles=tiles))
    assert (found.count, found.brightness, found.colour, found.faint) == (3, 1, 1, 1)
    assert (np.asarray(rgba(found.sheet))[6, 6] == 255).all()
    stretched = rgba(found.stretched)
    assert stretched[6, 86, 0] == 255 and rgba(found.sheet)[6, 86, 0] == 133


def test_messages_of_layers() -> None:
    explanation = made(trained=True)
    assert cost_message([]) == "No layer was measured."
    alone = cost_rows(explanation.times[2:], explanation.summary)
    assert cost_message(alone) == "upsample takes the most: 5 % of the time."
    assert explanation.changes is not None
    assert change_message(explanation.changes.layers[:1]) == "No layer was changed."


def test_the_scene_shows_the_person_and_all_boxes() -> None:
    black = np.zeros((1600, 1200, 3), np.uint8)
    explanation = made(image=black, limbs=COCO_17.limbs)
    scene = draw_scene(explanation.subject, explanation.metadata.joint_skeleton)
    assert scene.shape == (1000, 750, 3)
    yellow = (abs(scene.astype(int) - (240, 228, 66)).sum(axis=2) < 60).nonzero()
    assert yellow[1].max() <= WIDTH * 1000 / 1600 + 3
    white = (scene.min(axis=2) > 200).nonzero()
    assert abs(white[1].max() - 400 * 1000 / 1600) <= 3
    assert not black.any()


def test_flat_heatmaps_do_not_fail() -> None:
    explanation = made(("a",))
    flat = np.full((64, 48), 1 / (64 * 48), np.float32)
    joint = replace(
        explanation.joints[0],
        heatmap=flat,
        occlusion=np.zeros((16, 12), np.float32),
        grad_cam=np.zeros((16, 12), np.float32),
        peak=(0.0, 256.0),
        score=0.0,
    )
    page = Page(explain_page(replace(explanation, joints=(joint,))))
    assert "For 0 of 1 joints" in page.text("message") and "0.00 unsure" in page.text("heatmaps")
    assert heatmap(96, 128).sum() == pytest.approx(1, abs=1e-4)


def test_a_layer_that_began_near_zero_does_not_hide_the_others():
    changes = (LayerChange("stem", 0.5), LayerChange("deep", 0.0), LayerChange("head", 282.4))
    assert [row.bar for row in change_rows(changes)] == [0.5, 0.0, 1.0]
    assert change_message(changes).startswith("head moved the most: by 282 times its size; 1 of 3")
