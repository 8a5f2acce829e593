"""``report.md``: what a CI server shows without a click."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from pedpose.reporting.markdown import escape, markdown

Evaluate = Callable[..., Any]
Perfect = Callable[..., list[Any]]


def tables(text: str) -> list[list[list[str]]]:
    """Return the cells of all tables, as GitHub splits them: at each bar that is not escaped."""
    found: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            cells = re.split(r"(?<!\\)\|", line)[1:-1]
            found[-1].append([cell.strip() for cell in cells])
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


def test_headline_has_values_and_intervals(make_case: Any, evaluate: Evaluate) -> None:
    done = evaluate(*make_case(3))
    headline = tables(markdown(done.report, None))[0]
    assert headline[0] == ["metric", "value", "95 % interval"]
    for result, row in zip(done.report.metrics, headline[2:], strict=True):
        overall = result.overall
        assert row[0] == f"**{result.metric.name}**"
        assert float(row[1]) == pytest.approx(overall.value, abs=5e-4)
        ends = [float(end) for end in row[2].split(" to ")]
        assert ends == pytest.approx([overall.low, overall.high], abs=5e-4)


def test_what_fell_short_comes_first(make_case: Any, evaluate: Evaluate, perfect: Perfect) -> None:
    path, entries = make_case(3)
    limits = ("ap=0.99", "pck@0.5=0.01")
    done = evaluate(path, entries, limits, baseline=perfect(path))
    text = markdown(done.report, done.baseline)
    assert done.report.gate is not None
    short = sum(not result.passed for result in done.report.gate.results)
    total = len(done.report.gate.results)
    assert text.startswith(f"## pedpose eval: gate FAILED: {short} of {total} fell short\n\n- **")
    assert text.count("- **fell short**: ") == short
    assert text.index("expected at least 0.99") < text.index("| metric |")
    results = {row[1]: row[0] for row in tables(text)[1][2:]}
    assert results["ap &gt;= 0.99"] == "**FAIL**"
    assert results["pck@0.5 &gt;= 0.01"] == "pass"
    assert results["ap: drop &lt;= 0.01"] == "**FAIL**"
    assert re.search(
        r"Joints worse by more than 0.01 in pck@0.2, be it by chance: "
        r"\w+ -0\.\d+ \(1\.000 to 0\.\d+\)",
        text.replace("\\", ""),
    )


def test_a_passed_gate_says_so(make_case: Any, evaluate: Evaluate, perfect: Perfect) -> None:
    path, _ = make_case(3)
    done = evaluate(path, perfect(path), ("ap=0.9",), baseline=perfect(path))
    text = markdown(done.report, done.baseline)
    assert text.startswith("## pedpose eval: gate passed\n")
    assert "fell short" not in text
    assert "No joint is worse than in the baseline" in text


def test_details_are_collapsed(make_case: Any, evaluate: Evaluate) -> None:
    text = markdown(evaluate(*make_case(3)).report, None)
    assert text.count("<details>") == text.count("</details>") == 3
    joints = text.index("| joint |")
    assert text.index("<details>") < joints < text.index("</details>")
    assert "left\\_hand" not in text and "left_hand" in text, "names stay readable"


def test_names_cannot_break_out(
    coco_content: Any, write_coco: Any, evaluate: Evaluate, perfect: Perfect
) -> None:
    name = "a|b<img src=x>\n\n# *big* `code` _slanted_ ![x](http://example.org)"
    coco_content["categories"][0]["keypoints"][0] = name
    path = write_coco(coco_content)
    text = markdown(evaluate(path, perfect(path)).report, None)
    for table in tables(text):
        assert len({len(row) for row in table}) == 1, table
    assert "<img" not in text
    assert "\n# " not in text
    assert r"\!\[x\](" in text


def test_escape() -> None:
    assert escape("left_wrist") == "left_wrist"
    assert escape("_a_ *b* |") == r"\_a\_ \*b\* \|"
    assert escape("<b>&\x00") == "&lt;b&gt;&amp;\ufffd"
