"""Processor and GPUs, as far as the networks can use them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pedpose.doctoring.children import Failed
from pedpose.doctoring.findings import Finding

_AREA = "devices"
_PYTORCH = "https://pytorch.org/get-started/locally"


def examine_devices(
    machine: Mapping[str, Any] | Failed, torch: Mapping[str, Any] | Failed
) -> Iterator[Finding]:
    """Tell which devices there are.

    Args:
        machine: The answer of the trial ``machine``.
        torch: That of the trial ``torch``.
    """
    if isinstance(machine, Failed):
        yield Finding(_AREA, "processor", "failed", machine.reason)
    else:
        yield Finding(_AREA, "processor", "ok", _processor(machine))
    if isinstance(torch, Failed):
        text = "not known: PyTorch cannot be asked"
        yield Finding(_AREA, "GPU", "absent", text)
        return
    devices = torch["devices"]
    bf16 = "yes" if devices["cpu_bf16"] else "no: fp32 is used"
    yield Finding(_AREA, "bf16 of the processor", "ok" if devices["cpu_bf16"] else "absent", bf16)
    yield from _gpus(devices)


def _processor(facts: Mapping[str, Any]) -> str:
    return (
        f"{facts['processor']}, {facts['cores'] or 'unknown'} cores, {facts['threads']} threads "
        f"for a network, {facts['memory_gib']} GiB"
    )


def _gpus(devices: Mapping[str, Any]) -> Iterator[Finding]:
    """Tell of GPUs, or why there is none."""
    for number, gpu in enumerate(devices["gpus"]):
        bf16 = "bf16" if gpu["bf16"] else "no bf16"
        text = f"{gpu['name']}, {gpu['memory_gib']} GiB, {bf16}, by PyTorch {devices['torch']}"
        yield Finding(_AREA, f"cuda:{number}", "ok", text)
    if devices["mps"]:
        yield Finding(_AREA, "mps", "ok", f"GPU of Apple, by PyTorch {devices['torch']}")
    if devices["gpus"] or devices["mps"]:
        return
    if not devices["gpu_at_hand"]:
        text = "none: no driver tells of one"
        yield Finding(_AREA, "GPU", "absent", text)
    elif devices["built_for"] is None:
        text = f"there is one, but PyTorch {devices['torch']} was built without GPUs"
        yield Finding(_AREA, "GPU", "warning", text, f"see {_PYTORCH}")
    else:
        text = f"there is one, but PyTorch {devices['torch']} (for {devices['built_for']}) cannot "
        text += f"use it: {devices['reason']}"
        yield Finding(_AREA, "GPU", "warning", text, f"update the driver, or see {_PYTORCH}")
