"""Looking into a network, and the pictures of what is found there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from pedpose.data.coco import read_coco
from pedpose.learning.figure_set import write_figures
from pedpose.learning.moments import HeldOut, Moment, held_out, look_into
from pedpose.learning.page import chosen
from pedpose.learning.pictures import filter_sheet, heat_picture
from pedpose.learning.plan import STEPS, LearnSettings, make_plan
from pedpose.model.heatmap_cnn import HeatmapCNN


def test_a_moment_is_kept_when_the_network_goes_on(tmp_path: Path) -> None:
    files = write_figures(tmp_path, 2, 1, 0)
    config = make_plan(LearnSettings(tmp_path / "run", 2), files)
    network = HeatmapCNN(config.architecture(13)).eval()
    person = held_out(read_coco(files.val), network.architecture.input_size)
    assert person.crop.shape == (96, 72, 3)
    assert ((person.labels > 0) & (person.labels < (72, 96))).all()
    before = look_into(network, 0, 0.0, person)
    assert before.filters.shape == (12, 3, 5, 5)
    assert before.heatmaps.shape == (13, 24, 18)
    assert np.allclose(before.heatmaps.sum(axis=(1, 2)), 1, atol=1e-5)
    # A peak in cell 20, 9 is in the middle of the crop, at 4 pixels a cell.
    kept = before.filters.copy()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    assert (before.filters == kept).all()
    after = look_into(network, 5, 1.0, person)
    assert (after.filters == 0).all()
    assert np.allclose(after.heatmaps, 1 / (24 * 18))


def test_joints_are_read_in_pixels_of_the_crop(tmp_path: Path) -> None:
    class Peaked(HeatmapCNN):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            raw = torch.zeros(1, 13, 24, 18)
            raw[:, :, 20, 9] = 50
            return raw

    files = write_figures(tmp_path, 2, 1, 0)
    config = make_plan(LearnSettings(tmp_path / "run", 2), files)
    network = Peaked(config.architecture(13)).eval()
    person = held_out(read_coco(files.val), (96, 72))
    found = look_into(network, 0, 0.0, person)
    assert np.allclose(found.joints, (38, 82, 1), atol=1e-3)


def test_runs_of_any_size_have_as_many_steps(tmp_path: Path) -> None:
    files = write_figures(tmp_path, 2, 1, 0)
    for pictures in (2, 10, 33, 800, 1000):
        config = make_plan(LearnSettings(tmp_path, pictures), files)
        per_epoch = pictures // config.batch_size
        assert round(config.epochs * per_epoch) == STEPS
    assert make_plan(LearnSettings(tmp_path, 800), files).epochs == 10
    assert make_plan(LearnSettings(tmp_path, 10, 7.5), files).epochs == 7.5


def test_filters_are_colours_around_grey() -> None:
    filters = np.zeros((3, 3, 2, 2), np.float32)
    filters[0, 0, 0, 0], filters[1, 2, 1, 1] = 0.5, -0.5
    sheet = filter_sheet(filters, 2, 0.5)
    assert sheet.shape == (5, 5, 3)
    assert sheet[0, 0].tolist() == [255, 128, 128]
    assert sheet[1, 4].tolist() == [128, 128, 1]
    assert sheet[0, 1].tolist() == [128, 128, 128]
    assert sheet[2, 2].tolist() == [24, 24, 24] and sheet[4, 4].tolist() == [24, 24, 24]


def test_a_flat_heatmap_looks_flat_and_a_peak_bright() -> None:
    person = HeldOut(np.full((96, 72, 3), 100, np.uint8), np.zeros((13, 2), np.float32))
    flat = heat_picture(person, np.full((24, 18), 1 / 432, np.float32), 72)
    assert flat.shape == (96, 72, 3) and flat.std(axis=(0, 1)).max() == 0
    heatmap = np.zeros((24, 18), np.float32)
    heatmap[20, 9] = 0.07
    peak = heat_picture(person, heatmap, 144)
    assert peak.shape == (192, 144, 3)
    # Cell 20, 9 has its middle at 164, 76 of 192 x 144, and the warm colours begin with red.
    red, green, blue = peak[164, 76].astype(int)
    assert red > 200 and red > green > blue
    assert (peak[:80] == 75).all()


def test_chosen_moments_are_closest_at_the_start() -> None:
    moments = [Moment(n, float(n), *(np.zeros(1, np.float32) for _ in range(3))) for n in range(18)]
    assert [m.step for m in chosen(moments)] == [0, 1, 3, 6, 11, 17]
    assert [m.step for m in chosen(moments[:3])] == [0, 1, 2]
