"""The gate as JUnit's XML, which every CI server reads: one test case for each demand.

The format has no standard. What is written here fits ``junit-10.xsd``, the schema that Jenkins'
xUnit plugin (https://github.com/jenkinsci/xunit-plugin) validates against.
"""

from __future__ import annotations

from xml.etree import ElementTree

from pedpose.evaluation.gate import GateResult, LimitResult
from pedpose.reporting.text import demand, finding, printable

_SUITE = "pedpose eval"


def junit_xml(gate: GateResult | None) -> str:
    """Return the test report of a gate; without a gate it holds no test case."""
    results = () if gate is None else gate.results
    failed = sum(not result.passed for result in results)
    counts = {
        "tests": str(len(results)),
        "failures": str(failed),
        "errors": "0",
        # Times would make two reports of the same figures differ.
        "time": "0",
    }
    root = ElementTree.Element("testsuites", counts, name=_SUITE)
    suite = ElementTree.SubElement(root, "testsuite", counts, name=_SUITE, skipped="0")
    for result in results:
        kind = "limits" if isinstance(result, LimitResult) else "baseline"
        name = printable(demand(result, None if gate is None else gate.max_drop))
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"pedpose.eval.{kind}", name=name, time="0"
        )
        found = printable(finding(result))
        if not result.passed:
            failure = ElementTree.SubElement(case, "failure", message=found, type="FellShort")
            failure.text = found
        ElementTree.SubElement(case, "system-out").text = found
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'
