"""``junit.xml``, read back by an XML parser."""

from __future__ import annotations

from xml.etree import ElementTree

from pedpose.evaluation.gate import DropResult, GateResult, LimitResult
from pedpose.reporting.junit import junit_xml

GATE = GateResult(
    limits=(
        LimitResult("ap", "min", 0.5, 0.6123, True),
        LimitResult("pck@0.2/left_wrist", "min", 0.7, 0.5, False),
        LimitResult("pckh@0.5", "min", 0.7, None, False),
    ),
    drops=(
        DropResult("ar", 0.7, 0.68, 0.02, -0.01, 0.05, "noise", True),
        DropResult("epe", 4.0, 5.0, 0.25, 0.1, 0.4, "dropped", False),
    ),
    baseline="old/report.json",
    max_drop=0.01,
)


def test_each_demand_is_a_test_case() -> None:
    root = ElementTree.fromstring(junit_xml(GATE))
    (suite,) = root
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    for element in (root, suite):
        counts = [element.get(name) for name in ("tests", "failures", "errors")]
        assert counts == ["5", "3", "0"]
    names = [case.get("name") for case in suite]
    assert names == [
        *("ap >= 0.5", "pck@0.2/left_wrist >= 0.7", "pckh@0.5 >= 0.7"),
        *("ar: drop <= 0.01", "epe: drop <= 0.01"),
    ]
    assert {case.get("classname") for case in suite} == {
        *("pedpose.eval.limits", "pedpose.eval.baseline")
    }


def test_failures_say_what_was_expected_and_found() -> None:
    suite = ElementTree.fromstring(junit_xml(GATE))[0]
    failures = {
        case.get("name"): [failure.get("message") for failure in case.findall("failure")]
        for case in suite
    }
    assert failures == {
        "ap >= 0.5": [],
        "pck@0.2/left_wrist >= 0.7": ["pck@0.2/left_wrist: 0.5000, expected at least 0.7"],
        "pckh@0.5 >= 0.7": ["pckh@0.5: nothing to measure, expected at least 0.7"],
        "ar: drop <= 0.01": [],
        "epe: drop <= 0.01": [
            "epe: 5.0000, baseline 4.0000, worse by +25.0 % "
            "(95 % interval +10.0 % to +40.0 %): dropped"
        ],
    }
    passed = suite[3].findtext("system-out")
    assert passed is not None and "inside the noise" in passed


def test_no_demand_is_no_test_case() -> None:
    root = ElementTree.fromstring(junit_xml(None))
    assert root.get("tests") == "0"
    assert not root.findall("testsuite/testcase")


def test_any_name_gives_valid_xml() -> None:
    name = 'pck@0.2/<b>&"\x00\x1b\ud800]]>'
    gate = GateResult(limits=(LimitResult(name, "min", 0.7, 0.5, False),))
    root = ElementTree.fromstring(junit_xml(gate).encode())
    (case,) = root.iter("testcase")
    assert case.get("name") == 'pck@0.2/<b>&"\ufffd\ufffd\ufffd]]> >= 0.7'
