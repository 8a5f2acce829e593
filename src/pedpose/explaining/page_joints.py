"""What the page shows and says of each joint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pedpose.explaining.explanation import Explanation, JointChange, JointView
from pedpose.explaining.page_pictures import difference_uri, heat_uri
from pedpose.explaining.page_places import Place, name_place
from pedpose.geometry import Floats

_FAINTEST = 0.1
"""Full colour of occlusion maps at least, so that noise does not look like a finding."""

_WORTH_TELLING = 0.05
"""Change of the probability from which on a place is told of."""

# A cell is hidden by patches of two by two cells, which reach a cell and a half from its middle.
_REACH = 0.75


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of an occlusion map.

    Attributes:
        x: Of its left side in pixels of the crop.
        y: Of its upper side.
        width: In pixels.
        height: In pixels.
    """

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class JointPanel:
    """One joint on the page.

    Attributes:
        view: Its figures.
        heat: The heatmap as a data URI; its highest cell has the full colour.
        occlusion: The occlusion map as a data URI.
        full: Change of the probability at which its colours are full.
        costly: Hiding this cell costs the most; None where none costs much.
        helpful: Hiding this cell helps the most; None where none helps much.
        grad_cam: As a data URI; None where nothing speaks for the joint.
        on_joint: Whether the costly cell lies on the joint; None where there is none.
        found: What occlusion found, in words.
        seen: Where Grad-CAM is strongest, in words.
    """

    view: JointView
    heat: str
    occlusion: str
    full: float
    costly: Cell | None
    helpful: Cell | None
    grad_cam: str | None
    on_joint: bool | None
    found: str
    seen: str


@dataclass(frozen=True, slots=True)
class ChangePanel:
    """One joint before and after training.

    Attributes:
        change: Its figures.
        before: Heatmap of the initial weights as a data URI.
        after: Heatmap of the trained ones.
    """

    change: JointChange
    before: str
    after: str


def joint_panels(explanation: Explanation) -> list[JointPanel]:
    """Return what is shown of each joint, in the order of the skeleton."""
    size = explanation.subject.crop.shape[:2]
    joints, patch_px = explanation.joints, explanation.patch_px
    return [_panel(joint, joints, patch_px, size) for joint in joints]


def change_panels(joints: Sequence[JointView], changes: Sequence[JointChange]) -> list[ChangePanel]:
    """Return what training did to each joint, both heatmaps on one scale."""
    panels = []
    for joint, change in zip(joints, changes, strict=True):
        both = _of_peak(np.stack([change.before, joint.heatmap]))
        panels.append(ChangePanel(change, heat_uri(both[0]), heat_uri(both[1])))
    return panels


def _panel(
    joint: JointView, joints: Sequence[JointView], patch_px: int, size: tuple[int, int]
) -> JointPanel:
    cost = joint.occlusion
    full = max(_FAINTEST, float(abs(cost).max()))
    worst, best = float(cost.max()), float(cost.min())

    def place(values: Floats) -> Place:
        cell = _highest_cell(values, size)
        middle = cell.x + cell.width / 2, cell.y + cell.height / 2
        return name_place(*middle, joint, joints, _REACH * patch_px)

    at_worst, at_best = place(cost), place(-cost)
    costly = _highest_cell(cost, size) if worst >= _WORTH_TELLING else None
    helpful = _highest_cell(-cost, size) if best <= -_WORTH_TELLING else None
    speaks = bool(joint.grad_cam.any())
    return JointPanel(
        view=joint,
        heat=heat_uri(_of_peak(joint.heatmap)),
        occlusion=difference_uri(cost / full),
        full=full,
        costly=costly,
        helpful=helpful,
        grad_cam=heat_uri(joint.grad_cam) if speaks else None,
        on_joint=None if costly is None else at_worst.own,
        found=_found(joint, at_worst, at_best),
        seen=_seen(joint, place(joint.grad_cam)) if speaks else "",
    )


def _found(joint: JointView, worst: Place, best: Place) -> str:
    """Return what occlusion found, as one or two sentences."""
    fall, rise = float(joint.occlusion.max()), -float(joint.occlusion.min())
    shift = f"one patch moves it by {joint.occlusion_shift_px:.0f} px"
    if fall < _WORTH_TELLING:
        most = abs(max(fall, 0.0))
        told = f"Hiding any one place lowers its probability by {most:.2f} at most; {shift}."
    else:
        told = f"Hiding {worst.words} lowers its probability by {fall:.2f}; {shift}."
    if rise >= _WORTH_TELLING:
        told += f" Hiding {best.words} raises it by {rise:.2f}."
    return told


def _seen(joint: JointView, strongest: Place) -> str:
    told = f"Grad-CAM is strongest at {strongest.words}"
    alike = _likeness(joint)
    if alike is None:
        return f"{told}."
    return f"{told}; likeness of both maps {round(alike, 2) + 0.0:+.2f}."


def _likeness(joint: JointView) -> float | None:
    """Return the correlation of both maps on the cells of occlusion; None where one is even."""
    rows, columns = joint.occlusion.shape
    coarse = cv2.resize(joint.grad_cam, (columns, rows), interpolation=cv2.INTER_AREA)
    costs = np.clip(joint.occlusion, 0, None)
    if coarse.std() < 1e-6 or costs.std() < 1e-6:
        return None
    return float(np.corrcoef(coarse.ravel(), costs.ravel())[0, 1])


def _of_peak(heatmap: Floats) -> Floats:
    """Return heatmaps of any shape as parts of their highest cell."""
    scaled: Floats = heatmap / max(float(heatmap.max()), 1e-12)
    return scaled


def _highest_cell(values: Floats, size: tuple[int, int]) -> Cell:
    """Return the highest cell of a map (rows, columns) over a crop of this height and width."""
    rows, columns = values.shape
    row, column = divmod(int(values.argmax()), columns)
    height, width = size[0] / rows, size[1] / columns
    return Cell(column * width, row * height, width, height)
