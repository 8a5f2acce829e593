"""Skeletons as YAML, for what reads them."""

from __future__ import annotations

from typing import Any

import yaml

from pedpose.skeleton import Skeleton


def skeleton_to_yaml(skeleton: Skeleton) -> str:
    """Return the content of a YAML file that ``read_skeleton`` reads as this skeleton."""
    names = skeleton.names
    content: dict[str, Any] = {"names": list(names)}
    if skeleton.limbs:
        content["limbs"] = [[names[a], names[b]] for a, b in skeleton.limbs]
    if skeleton.swaps is not None:
        content["swaps"] = [[names[a], names[b]] for a, b in skeleton.swaps]
    if skeleton.sigmas is not None:
        content["sigmas"] = dict(zip(names, skeleton.sigmas, strict=True))
    # PyYAML writes some line breaks of Unicode so that it reads spaces: these are escaped.
    as_they_are = all(name.isprintable() for name in names)
    return yaml.safe_dump(
        content, sort_keys=False, allow_unicode=as_they_are, default_flow_style=None
    )
