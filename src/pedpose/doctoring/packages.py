"""The libraries that pedpose stands on: which are there, how old, and which can be used."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from pedpose import __version__
from pedpose.doctoring.children import LONGEST_S, reason_of
from pedpose.doctoring.findings import Finding, State
from pedpose.own_process import run_python

_AREA = "packages"
_LEAST_PYTHON = "3.11"
_IMPORT = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    print("imported", name, flush=True)
"""


@dataclass(frozen=True, slots=True)
class Package:
    """A library.

    Attributes:
        name: What pip calls it.
        module: What Python calls it; empty where it is not imported to try it: that takes
            seconds, or tells its makers. PyTorch is tried by detecting.
        floor: Oldest version that will do.
        extra: With which extra of pedpose it comes; empty for what always comes.
        use: What it is for.
        others: Other distributions that bring the same module.
    """

    name: str
    module: str
    floor: str
    extra: str = ""
    use: str = ""
    others: tuple[str, ...] = ()


PACKAGES = (
    Package("numpy", "numpy", "2.0"),
    Package("opencv-python", "cv2", "4.12", others=("opencv-python-headless",)),
    Package("onnxruntime", "onnxruntime", "1.20", others=("onnxruntime-gpu",)),
    Package("torch", "", "2.10"),
    Package("torchvision", "", "0.25"),
    Package("pillow", "PIL.Image", "11.3"),
    Package("safetensors", "safetensors", "0.5"),
    Package("pycocotools", "pycocotools.mask", "2.0.8"),
    Package("matplotlib", "matplotlib", "3.10"),
    Package("jinja2", "jinja2", "3.1.6"),
    Package("pyyaml", "yaml", "6.0"),
    Package("psutil", "psutil", "6.0"),
    Package("rich", "rich", "13.7"),
    Package("typer", "typer", "0.15"),
    Package("openvino", "openvino", "2025.4", "openvino", "the fastest on most processors"),
    Package("av", "av", "17.0", "video", "video that browsers play, true times of frames"),
    Package("pyarrow", "pyarrow", "18.0", "parquet", "results as Parquet"),
    Package("ray", "ray", "2.40", "cluster", "--ray: many machines"),
    Package("onnx", "onnx", "1.18", "export", "pedpose export"),
    Package("onnxscript", "", "0.5", "export", "pedpose export"),
    Package("nncf", "", "3.0", "int8", "pedpose export --precision int8"),
    Package("scipy", "scipy", "1.13", "mat", "labels in MATLAB files"),
    Package("tensorboard", "", "2.18", "tensorboard", "curves of training"),
)

_TORCH_PIN = re.compile(r"torch\s*\(?(==|>=)\s*([0-9.]+)\)?")


def examine_packages(broken: Mapping[str, str]) -> Iterator[Finding]:
    """Tell of Python, pedpose and each library.

    Args:
        broken: Of modules that cannot be imported, why; see :func:`failed_imports`.
    """
    python = platform.python_version()
    system = f"{python} on {platform.system()} {platform.machine()}"
    if is_older(python, _LEAST_PYTHON):
        yield Finding(_AREA, "Python", "failed", system, f"install Python {_LEAST_PYTHON} or newer")
    else:
        yield Finding(_AREA, "Python", "ok", system)
    yield Finding(_AREA, "pedpose", "ok", __version__)
    for package in PACKAGES:
        yield _examine(package, broken.get(package.module))
    if (misfit := _torchvision_misfit()) is not None:
        yield misfit


def failed_imports(modules: Sequence[str]) -> dict[str, str]:
    """Import modules in processes of their own; return why those fail that do."""
    failed = {}
    left = list(modules)
    while left:
        ended = run_python(["-c", _IMPORT, *left], longest_s=LONGEST_S)
        if not ended.failed:
            break
        # It ended while it imported the first module that it does not tell of.
        done = len(re.findall(r"^imported ", ended.output, re.MULTILINE))
        if done < len(left):
            failed[left[done]] = reason_of(ended)
        left = left[done + 1 :]
    return failed


def modules_to_try() -> list[str]:
    """Return the modules of what is installed."""
    return [p.module for p in PACKAGES if p.module and _installed(p) is not None]


def is_older(found: str, floor: str) -> bool:
    """Tell whether a version such as ``2.15.0+cpu`` is below another one."""
    return _numbers(found) < _numbers(floor)


def _examine(package: Package, why: str | None) -> Finding:
    installed = _installed(package)
    if installed is None and package.extra:
        advice = f"pip install 'pedpose[{package.extra}]' for {package.use}"
        return Finding(_AREA, package.name, "absent", "not installed", advice)
    if installed is None:
        advice = f"pip install '{package.name}>={package.floor}'"
        return Finding(_AREA, package.name, "failed", "not installed", advice)
    name, found = installed
    if why is not None:
        state: State = "warning" if package.extra else "failed"
        advice = f"pip install --force-reinstall '{name}>={package.floor}'"
        return Finding(_AREA, name, state, f"{found}, cannot be imported: {why}", advice)
    if is_older(found, package.floor):
        advice = f"pip install --upgrade '{name}>={package.floor}'"
        text = f"{found}, expected {package.floor} or newer"
        return Finding(_AREA, name, "warning", text, advice)
    return Finding(_AREA, name, "ok", found)


def _torchvision_misfit() -> Finding | None:
    """Return a warning where torchvision was built for another PyTorch."""
    try:
        wanted, torch = requires("torchvision") or [], version("torch")
    except PackageNotFoundError:
        return None
    for pin in filter(None, map(_TORCH_PIN.fullmatch, wanted)):
        other = pin[1] == "==" and _numbers(torch) != _numbers(pin[2])
        if other or is_older(torch, pin[2]):
            text = f"torchvision needs torch {pin[1]} {pin[2]}, found {torch}"
            advice = "pip install --upgrade torch torchvision"
            return Finding(_AREA, "torchvision", "warning", text, advice)
    return None


def _installed(package: Package) -> tuple[str, str] | None:
    """Return the distribution that brings a module, and its version."""
    for name in (package.name, *package.others):
        try:
            return name, version(name)
        except PackageNotFoundError:
            continue
    return None


def _numbers(text: str) -> list[int]:
    public = re.match(r"[0-9.]*", text)
    return [int(part) for part in public[0].split(".") if part] if public else []
