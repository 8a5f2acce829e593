"""A joint is lost where what it depends on is hidden, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from dot_finder import BLUE, LOGIT, RED, as_tensor, dot_finder, dots_picture

from pedpose.explaining.occlusion import cell_edges, mean_over_patches, occlude

CELLS = 16 * 12
BRIGHT = float(np.exp(LOGIT))
BEFORE = (BRIGHT + 24) / (BRIGHT + CELLS - 1)  # mass of 5 x 5 cells, one of which is bright
FALL = BEFORE - 25 / CELLS


def test_the_dot_is_needed_and_nothing_else():
    found = occlude(dot_finder(), as_tensor(dots_picture()))
    assert found.patch_px == 8
    for joint, (row, column) in enumerate((RED, BLUE)):
        # Cells of the map are as large as dots. Of the four patches over the dot's own cell all
        # hide it, of those over a cell beside it two, of those over one across a corner one.
        expected = np.zeros((16, 12))
        around = np.array([[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]])
        expected[row - 1 : row + 2, column - 1 : column + 2] = FALL * around
        np.testing.assert_allclose(found.falls[joint], expected, atol=1e-4)


def test_a_joint_without_its_dot_goes_where_a_flat_map_has_its_peak():
    found = occlude(dot_finder(), as_tensor(dots_picture()))
    for joint, (row, column) in enumerate((RED, BLUE)):
        there = np.array([4 * column + 2, 4 * row + 2])
        # The first of equal cells, whose parabola is read at the next one inside.
        assert found.shifts_px[joint] == pytest.approx(np.linalg.norm(there - 6), abs=0.1)


def test_the_patch_is_what_the_network_takes_for_nothing():
    seen: list[torch.Tensor] = []

    def network(pictures: torch.Tensor) -> torch.Tensor:
        seen.append(pictures)
        return torch.zeros(len(pictures), 1, 16, 12)

    picture = as_tensor(np.full((64, 48, 3), 7, np.uint8))
    occlude(network, picture)
    hidden = torch.cat(seen[1:])
    assert len(hidden) == 15 * 11
    mean = dot_finder().mean
    for one in hidden:
        assert int((one != 7).all(dim=0).sum()) == 64
        torch.testing.assert_close(one[:, (one != 7).all(dim=0)], mean[0, :, :, 0].expand(3, 64))
    # Together the patches leave nothing out, and the picture given stays as it is.
    assert (hidden != 7).any(dim=0).all()
    assert (picture == 7).all()


@pytest.mark.parametrize(
    ("size", "cells", "first"), [((256, 192), (16, 12), 16), ((100, 60), (16, 10), 6)]
)
def test_cells_divide_the_crop(size: tuple[int, int], cells: tuple[int, int], first: int):
    for edges, length, count in zip(cell_edges(*size), size, cells, strict=True):
        assert (edges[0], edges[-1], len(edges)) == (0, length, count + 1)
        assert edges[1] == first
        assert np.ptp(np.diff(edges)) <= 1


def test_a_cell_is_the_mean_of_its_patches():
    found = mean_over_patches(np.array([[[1.0, 3.0]]], np.float32))
    np.testing.assert_array_equal(found, [[[1, 2, 3], [1, 2, 3]]])
