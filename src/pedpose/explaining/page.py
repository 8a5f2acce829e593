"""The page of ``pedpose explain``: one HTML file that loads nothing from anywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from pedpose.explaining.explanation import Explanation
from pedpose.explaining.page_joints import JointPanel, change_panels, joint_panels
from pedpose.explaining.page_layers import (
    change_message,
    change_rows,
    cost_message,
    cost_rows,
    size_of_change,
)
from pedpose.explaining.page_pictures import grey_ground
from pedpose.explaining.page_scene import LEAST_SCORE, draw_scene, skeleton_strokes
from pedpose.explaining.page_stages import extent_of, filters_of, stage_panels
from pedpose.files import write_text
from pedpose.reporting.embed import jpeg_uri
from pedpose.reporting.render import render

_NAMED = 3  # joints in a list of them


def write_explain_page(path: Path, explanation: Explanation) -> None:
    """Write the page; the same explanation gives the same bytes.

    Raises:
        OSError: If the page cannot be written.
    """
    write_text(path, explain_page(explanation))


def explain_page(explanation: Explanation) -> str:
    """Return the page."""
    subject, changes = explanation.subject, explanation.changes
    joints = joint_panels(explanation)
    costs = cost_rows(explanation.times, explanation.summary)
    skeleton = explanation.metadata.joint_skeleton
    scene = draw_scene(subject, skeleton)
    return render(
        "explain.html",
        "pedpose.explaining",
        found=explanation,
        size=subject.crop.shape[:2],
        scene=jpeg_uri(scene),
        scene_size=scene.shape[:2],
        crop=jpeg_uri(subject.crop),
        grey=jpeg_uri(grey_ground(subject.crop)),
        strokes=skeleton_strokes(explanation.joints, skeleton),
        least_score=LEAST_SCORE,
        drawn=sum(joint.view.score >= LEAST_SCORE for joint in joints),
        headline=_surest(joints),
        looked=_looked(joints),
        filters=filters_of(explanation.filters),
        filters_before=None if changes is None else filters_of(changes.filters),
        stages=stage_panels(explanation.stages, subject.crop.shape[:2]),
        joints=joints,
        costs=costs,
        most_cost=max((max(c.time, c.gflops or 0, c.parameters or 0) for c in costs), default=1.0),
        total_ms=sum(cost.ms for cost in costs),
        cost_message=cost_message(costs),
        size_of_change=size_of_change,
        changed_layers=[] if changes is None else change_rows(changes.layers),
        change_message="" if changes is None else change_message(changes.layers),
        changed_joints=[] if changes is None else change_panels(explanation.joints, changes.joints),
        extent_of=extent_of,
        even_spread=math.sqrt((subject.crop.shape[0] ** 2 + subject.crop.shape[1] ** 2) / 24),
    )


def _surest(joints: Sequence[JointPanel]) -> str:
    """Return which joints the network is surest of and which least."""
    order = sorted((joint.view for joint in joints), key=lambda view: -view.score)
    if len(order) < 2 * _NAMED:
        listed = ", ".join(f"{view.name} ({view.score:.2f})" for view in order)
        return f"The scores: {listed}."
    best = ", ".join(f"{view.name} ({view.score:.2f})" for view in order[:_NAMED])
    worst = ", ".join(f"{view.name} ({view.score:.2f})" for view in order[: -_NAMED - 1 : -1])
    return f"The network is surest of {best}, and least sure of {worst}."


def _looked(joints: Sequence[JointPanel]) -> str:
    """Return how many joints it knows by what is at their place, and how many by the rest."""
    told = [joint.on_joint for joint in joints if joint.on_joint is not None]
    words = f"For {sum(told)} of {len(joints)} joints hiding the joint itself hurts most"
    if not all(told):
        words += f", for {len(told) - sum(told)} hiding another place"
    if len(told) < len(joints):
        words += f"; for {len(joints) - len(told)} no single place matters much"
    return f"{words}."
