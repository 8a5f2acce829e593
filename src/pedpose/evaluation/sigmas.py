"""Which OKS sigmas an evaluation uses, and where they come from."""

from __future__ import annotations

import math

from pedpose.data.coco import CocoData
from pedpose.errors import ConfigError, DataError
from pedpose.skeleton import COCO_17, Skeleton


def choose_sigmas(
    data: CocoData, given: str | None = None, default: float | None = None
) -> tuple[tuple[float, ...], str]:
    """Return K sigmas and a phrase that says where they come from.

    Args:
        data: The annotations, which may bring sigmas.
        given: K numbers separated by commas, or as many ``name=number``, which win over those of
            the data.
        default: One number for all joints, for data without sigmas only.

    Raises:
        ConfigError: If both are given, a number is no sigma, or there are not K of them.
        DataError: If sigmas come from nowhere: OKS means nothing without them.
    """
    joints = len(data.skeleton)
    if given is not None and default is not None:
        raise ConfigError("--sigmas and --default-sigma exclude each other")
    if given is not None:
        texts = _in_order(data, given) if "=" in given else given.split(",")
        sigmas = tuple(_sigma(text, "--sigmas") for text in texts)
        if len(sigmas) != joints:
            raise ConfigError(
                f"--sigmas: expected {joints} numbers, one for each joint of {data.path}, found "
                f"{len(sigmas)}"
            )
        return sigmas, "given by --sigmas"
    if data.skeleton.sigmas is not None:
        if default is not None:
            raise ConfigError(
                f"--default-sigma is for data without sigmas; {data.path} has them: leave it "
                "away, or replace them by --sigmas"
            )
        return data.skeleton.sigmas, source_of(data.skeleton)
    if default is None:
        raise DataError(
            f"{data.path}: 'categories': expected 'sigmas' for {joints} joints, found none; OKS "
            "means nothing without them: put them into the file, or give --sigmas 0.05,0.1,... or "
            "--default-sigma 0.05"
        )
    sigma = _sigma(str(default), "--default-sigma")
    return (sigma,) * joints, f"one default for all joints, given by --default-sigma {sigma:g}"


def source_of(skeleton: Skeleton) -> str:
    """Return a phrase that says where the sigmas of annotations come from."""
    published = skeleton.names == COCO_17.names and skeleton.sigmas == COCO_17.sigmas
    return "published for the 17 joints of COCO" if published else "annotation file"


def _in_order(data: CocoData, given: str) -> list[str]:
    """Return the numbers of ``name=number,name=number`` in the order of the joints."""
    pairs = [entry.rpartition("=") for entry in given.split(",")]
    named = {name.strip(): number for name, _, number in pairs}
    names = data.skeleton.names
    if len(named) != len(pairs) or set(named) != set(names):
        faults = [f"none for {n}" for n in names if n not in named]
        faults += [f"one for {n or 'no joint'}" for n in named if n not in names]
        faults += ["a joint twice"] if len(named) != len(pairs) else []
        raise ConfigError(
            f"--sigmas: expected one number for each joint of {data.path}, found "
            f"{', '.join(faults)}"
        )
    return [named[name] for name in names]


def _sigma(text: str, option: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ConfigError(f"{option}: expected numbers above 0, found {text!r}")
    return value
