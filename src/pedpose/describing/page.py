"""A weights file or an export as a page of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from textwrap import wrap
from typing import Any

import numpy as np

from pedpose.calibration import Calibration
from pedpose.describing.characters import Paper
from pedpose.describing.facts import Facts
from pedpose.describing.skeleton_lines import skeleton_lines
from pedpose.describing.words import WIDTH, counted, shown, value_of
from pedpose.model.architecture import STRIDE, Architecture
from pedpose.model.metadata import Exported
from pedpose.model.text_table import aligned

_TASKS = {
    "joints": "joints: finds the joints of the one person in a crop",
    "person": "person: finds the boxes of people in a picture",
}
_METRICS = {
    "ap": "average precision of keypoints by OKS",
    "box_ap": "average precision of boxes, mean of IoU 0.5 to 0.95",
    "box_ap50": "average precision of boxes at IoU 0.5",
    "recall_at_1_false_alarm": "share of people found at one false alarm a picture",
}
_SCORES = (0.1, 0.3, 0.5, 0.7, 0.9)
# What the part on the network says already.
_OF_ARCHITECTURE = frozenset(Architecture.__dataclass_fields__)


def page_lines(facts: Facts, paper: Paper) -> list[str]:
    """Return all that a file tells, in parts with an empty line between them."""
    metadata = facts.metadata
    parts = [_file(facts), _network(facts)]
    if metadata.exported is not None:
        parts.append(_exported(metadata.exported))
    if metadata.skeleton is not None:
        parts.append(skeleton_lines(metadata.skeleton, paper))
    parts += [_training(metadata.training), _metrics(metadata.metrics)]
    if metadata.skeleton is not None:
        parts.append(_calibration(metadata.calibration))
    return [line for part in parts for line in (*part, "")][:-1]


def _file(facts: Facts) -> list[str]:
    return [
        shown(facts.path),
        *_entries(
            {
                "task": _TASKS[facts.metadata.architecture.task],
                "format": facts.format,
                "size": f"{facts.size / 1e6:.2f} MB ({facts.size:,} bytes)",
                "SHA-256": facts.sha256,
            }
        ),
    ]


def _network(facts: Facts) -> list[str]:
    """Return what it is made of, and its stages where they are known."""
    made = facts.metadata.architecture
    high, wide = made.heatmap_size
    width, height = made.width_px, made.height_px
    entries = {
        "backbone": f"{made.backbone}, stride {made.backbone_stride}",
        "input": f"{width} x {height} pixels (width x height)",
        "output": f"{counted(made.outputs, 'map')} of {wide} x {high} cells, stride {STRIDE}",
        "decoder": f"{made.width} channels, {made.kernel} x {made.kernel} kernels, "
        f"{made.activation}, dropout {made.dropout:g}",
    }
    if facts.network is None:
        return ["network", *_entries(entries)]
    # Imported here: it needs PyTorch, which exports do without.
    from pedpose.model.convolutions import convolutions
    from pedpose.model.summary import summarise, summary_lines

    found = convolutions(facts.network)
    field = found[-1].receptive_field
    seen = "the whole picture"
    if field is not None:
        seen = f"{field[1]} x {field[0]} pixels"
        if field[0] > height and field[1] > width:
            seen += ", more than the picture has"
    summary = summarise(facts.network)
    deepest = max(each.depth for each in found)
    entries |= {
        "parameters": f"{summary.parameters:,}",
        "GFLOPs": f"{summary.gflops:.3f} (multiplications and additions for one picture)",
        "depth": f"{counted(len(found), 'convolution')}, {deepest} on the longest way",
        "sees": f"each cell of the output can depend on {seen}",
    }
    return ["network", *_entries(entries), "", *summary_lines(summary)]


def _exported(exported: Exported) -> list[str]:
    """Return how it was exported, and what checking it gave."""
    size = "any multiple of the backbone's stride"
    if exported.size is not None:
        size = f"{exported.size[1]} x {exported.size[0]} pixels"
    entries = {
        "made of": f"weights with SHA-256 {shown(exported.source_sha256)}",
        "precision": shown(exported.precision),
        "input": size,
        "returns": "keypoints or boxes" if exported.decoded else "maps",
    }
    return ["export", *_entries(entries | _flat("check ", exported.check))]


def _training(training: Mapping[str, Any]) -> list[str]:
    """Return the data and settings of its training."""
    if not training:
        return ["training: the file tells nothing of it"]
    rest = dict(training)
    entries: dict[str, str] = {}
    if isinstance(config := rest.get("config"), Mapping):
        del rest["config"]
        entries |= _config(config)
    done, total, seconds = (rest.get(name) for name in ("step", "total_steps", "seconds"))
    if isinstance(done, int) and isinstance(total, int):
        del rest["step"], rest["total_steps"]
        entries["steps"] = f"{done:,} of {total:,}"
    if isinstance(seconds, int) and 0 <= seconds < 10**9:
        del rest["seconds"]
        entries["time"] = f"{timedelta(seconds=seconds)} (hours:minutes:seconds)"
    return ["training", *_entries(entries | _flat("", rest))]


def _config(config: Mapping[str, Any]) -> dict[str, str]:
    """Return what a training was told, but for the network."""
    rest = {
        name: value
        for name, value in config.items()
        if name not in _OF_ARCHITECTURE and value is not None and value != []
    }
    entries = {}
    for name, title in (("data", "data"), ("val", "validation"), ("augmentation", "changes")):
        if name in rest:
            entries[title] = _data(rest.pop(name))
    return {**entries, "settings": value_of(rest)} if rest else entries


def _data(value: Any) -> str:
    """Return annotation files with what each counts, or else plain data as it is."""
    files = value if isinstance(value, list) else []
    named = [
        f"{shown(file['path'])} (weight {value_of(file['weight'])})"
        for file in files
        if isinstance(file, Mapping) and file.keys() == {"path", "weight"}
    ]
    if named and len(named) == len(files):
        return ", ".join(named)
    return value_of(value)


def _metrics(metrics: Mapping[str, Any]) -> list[str]:
    if not metrics:
        return ["metrics: the file tells none"]
    rows = [
        (
            f"  {shown(name)}",
            f"{value:.4f}" if isinstance(value, float) else value_of(value),
            _meaning(name),
        )
        for name, value in metrics.items()
    ]
    return ["metrics on its validation data", *aligned(rows)]


def _meaning(metric: str) -> str:
    """Return what a metric is, as far as it is known."""
    if metric.startswith("pck@"):
        return f"share of joints within {shown(metric[4:])} of the size that PCK measures by"
    return _METRICS.get(metric, "")


def _calibration(calibration: Mapping[str, Calibration]) -> list[str]:
    """Return what the scores mean."""
    if not calibration:
        return ["calibration: none; scores are as the network gives them"]
    rows = [("  score of the network", *(f"{score:.0%}" for score in _SCORES))]
    notes = []
    for name, found in calibration.items():
        chances = found(np.array(_SCORES))
        rows.append((f"  chance of {shown(name)}", *(f"{chance:.0%}" for chance in chances)))
        notes.append(f"{shown(name)} slope {found.slope:.4g}, offset {found.offset:.4g}")
    return [
        "calibration: how likely a score of the network is right; detection tells the chance",
        *aligned(rows, right=range(1, len(_SCORES) + 1)),
        f"  ({'; '.join(notes)}, in log odds)",
    ]


def _flat(prefix: str, data: Mapping[str, Any]) -> dict[str, str]:
    """Return plain data as entries, one for each item of a list of mappings."""
    entries = {}
    for name, value in data.items():
        if isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value):
            for number, entry in enumerate(value, start=1):
                entries[f"{prefix}{shown(name)} {number}"] = value_of(entry)
        else:
            entries[f"{prefix}{shown(name)}"] = value_of(value)
    return entries


def _entries(entries: Mapping[str, str]) -> Iterable[str]:
    """Give each entry with its name in front, in as many lines as it takes."""
    width = max(map(len, entries), default=0)
    for name, text in entries.items():
        first, rest = f"  {name.ljust(width)}  ", " " * (width + 4)
        yield from wrap(
            first + text,
            WIDTH,
            subsequent_indent=rest,
            drop_whitespace=True,
            break_on_hyphens=False,
            break_long_words=False,
        ) or [first.rstrip()]
