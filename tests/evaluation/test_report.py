"""The report: strict JSON with everything in it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pedpose.evaluation.oks import OksResult
from pedpose.evaluation.pck import PckResult
from pedpose.evaluation.report import FORMAT_VERSION, EvaluationReport
from pedpose.files import to_json

REPORT = EvaluationReport(
    data="dev.json",
    pictures=4,
    people=9,
    boxes="gt",
    weights="joints.safetensors (sha256 12ab)",
    device="cpu",
    joint_names=("head", "tail"),
    sigmas=(0.05, 0.1),
    sigmas_source="dev.json",
    oks=OksResult(0.6, 0.9, 0.7, None, 0.65, 0.68),
    pck=PckResult(
        thresholds=(0.05, 0.2),
        overall=(0.5, 0.8),
        per_joint=((0.5, None), (0.8, None)),
        joints=(10, 0),
        people=9,
        found=7,
    ),
    notes=("area of 2 people estimated",),
)


def test_report_is_strict_json_with_everything() -> None:
    assert json.loads(to_json(REPORT.to_dict())) == {
        "format_version": FORMAT_VERSION,
        "data": "dev.json",
        "pictures": 4,
        "people": 9,
        "boxes": "gt",
        "weights": "joints.safetensors (sha256 12ab)",
        "device": "cpu",
        "skeleton": {
            "names": ["head", "tail"],
            "sigmas": [0.05, 0.1],
            "sigmas_source": "dev.json",
        },
        "oks": {
            **{"ap": 0.6, "ap50": 0.9, "ap75": 0.7},
            **{"ap_medium": None, "ap_large": 0.65, "ar": 0.68},
        },
        "pck": {
            "people_found": 7,
            "joints": 10,
            "overall": {"0.05": 0.5, "0.2": 0.8},
            "per_joint": {
                "head": {"joints": 10, "0.05": 0.5, "0.2": 0.8},
                "tail": {"joints": 0, "0.05": None, "0.2": None},
            },
        },
        "notes": ["area of 2 people estimated"],
    }


@pytest.mark.parametrize("change", [{"sigmas": (0.1,)}, {"joint_names": ("head", "tail", "paw")}])
def test_parts_of_different_skeletons_are_refused(change: dict[str, tuple[object, ...]]) -> None:
    with pytest.raises(ValueError, match="EvaluationReport: expected"):
        replace(REPORT, **change)
