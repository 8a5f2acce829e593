"""What the page shows and says of each stage of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pedpose.explaining.explanation import FeatureStage, FilterSheet
from pedpose.explaining.page_pictures import feature_uri, filter_sheet_uri
from pedpose.geometry import Image

_LARGEST = 6.0  # crops that a drawing shows beside or above each other at most
_MARGIN = 1.06

# Largest share of the crop's longer side that a cell may depend on, and what that is enough for.
# A crop shows a person at four fifths of its height, whose head is an eighth of that.
_ENOUGH_FOR = (
    (0.1, "edges, corners and texture"),
    (0.4, "a part of the body, such as a head or a hand with its arm"),
    (0.999, "most of the body"),
)
_EVERYTHING = "the whole person and what is around"

_GREY = 127.5  # zero in a tile
_READABLE = 2.0  # levels from grey below which a filter is not stretched: that would be rounding
_FAINT = 0.1  # of the strongest filter's strength
_COLOURLESS = 0.5  # of a filter's energy


@dataclass(frozen=True, slots=True)
class Field:
    """A receptive field drawn over the crop, in pixels of the crop.

    Attributes:
        view: x, y, width and height of what the drawing shows.
        square: x, y, width and height of the field; None where it does not fit in.
    """

    view: tuple[float, float, float, float]
    square: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class StagePanel:
    """One stage on the page.

    Attributes:
        stage: Its figures.
        tiles: Number and data URI of each map.
        size: Height and width of the maps in cells.
        field: The receptive field as a drawing.
        extent: The receptive field in words.
        enough_for: What so much of the crop is enough for.
        coarser: Whether its cells are larger than those of the stage before.
        finer: Whether they are smaller.
    """

    stage: FeatureStage
    tiles: tuple[tuple[int, str], ...]
    size: tuple[int, int]
    field: Field
    extent: str
    enough_for: str
    coarser: bool
    finer: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of the first layer on the page.

    Attributes:
        layer: Its name.
        sheet: All of them on one scale, as a data URI.
        stretched: All of them, each on its own scale, as a data URI.
        count: How many there are.
        size: Height and width of one.
        brightness: How many answer to brightness more than to colour.
        colour: How many answer to colour more than to brightness.
        faint: How many are almost empty.
    """

    layer: str
    sheet: str
    stretched: str
    count: int
    size: tuple[int, int]
    brightness: int
    colour: int
    faint: int


def stage_panels(stages: Sequence[FeatureStage], crop: tuple[int, int]) -> list[StagePanel]:
    """Return what is shown of each stage.

    Args:
        stages: In the order of the forward pass.
        crop: Its height and width in pixels.
    """
    before = [stages[0].stride, *(stage.stride for stage in stages)] if stages else []
    return [_panel(stage, old, crop) for stage, old in zip(stages, before, strict=False)]


def filters_of(sheet: FilterSheet) -> Filters:
    """Return a sheet of filters with what can be counted in it."""
    values = sheet.tiles.astype(np.float64) - _GREY
    grey = values.mean(axis=3, keepdims=True)
    energy = np.square(values).sum(axis=(1, 2, 3))
    colourless = 3 * np.square(grey).sum(axis=(1, 2, 3))
    faint = np.sqrt(energy) < _FAINT * np.sqrt(energy.max(initial=1e-9))
    bright = (colourless >= _COLOURLESS * energy) & ~faint
    return Filters(
        layer=sheet.layer,
        sheet=filter_sheet_uri(sheet.tiles),
        stretched=filter_sheet_uri(_stretch(values)),
        count=len(values),
        size=(values.shape[1], values.shape[2]),
        brightness=int(bright.sum()),
        colour=int((~bright & ~faint).sum()),
        faint=int(faint.sum()),
    )


def extent_of(field: tuple[int, int] | None) -> str:
    """Return a receptive field as ``35 x 35 px``, or that it is the whole picture."""
    return "whole picture" if field is None else f"{field[0]} x {field[1]} px"


def _stretch(values: NDArray[np.float64]) -> Image:
    """Return filters (C, k, k, 3) around zero, each so large that it reaches black or white."""
    largest = abs(values).max(axis=(1, 2, 3), keepdims=True)
    scale = np.divide(_GREY, largest, out=np.ones_like(largest), where=largest > _READABLE)
    return np.asarray(np.round(_GREY + values * scale), np.uint8)


def _panel(stage: FeatureStage, before: int, crop: tuple[int, int]) -> StagePanel:
    return StagePanel(
        stage=stage,
        tiles=tuple(
            (name, feature_uri(tile)) for name, tile in zip(stage.names, stage.tiles, strict=True)
        ),
        size=(stage.tiles.shape[1], stage.tiles.shape[2]),
        field=_draw_field(stage.receptive_field, crop),
        extent=extent_of(stage.receptive_field),
        enough_for=_enough_for(stage.receptive_field, crop),
        coarser=stage.stride > before,
        finer=stage.stride < before,
    )


def _enough_for(field: tuple[int, int] | None, crop: tuple[int, int]) -> str:
    if field is None:
        return _EVERYTHING
    share = max(field) / max(crop)
    return next((words for most, words in _ENOUGH_FOR if share <= most), _EVERYTHING)


def _draw_field(field: tuple[int, int] | None, crop: tuple[int, int]) -> Field:
    """Draw a field around the middle of the crop, and as much around the crop as it takes."""
    height, width = crop if field is None else field
    fits = max(height / crop[0], width / crop[1]) <= _LARGEST
    shown = (max(height, crop[0]), max(width, crop[1])) if fits else crop
    tall, wide = _MARGIN * shown[0], _MARGIN * shown[1]
    square = ((crop[1] - width) / 2, (crop[0] - height) / 2, float(width), float(height))
    view = ((crop[1] - wide) / 2, (crop[0] - tall) / 2, wide, tall)
    return Field(view, square if fits else None)
