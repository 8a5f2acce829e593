"""Which joints there are, in formats that name each point but may have no order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pedpose.errors import ConfigError
from pedpose.skeleton import COCO_17, Skeleton


def named_skeleton(names: Sequence[str]) -> Skeleton:
    """Return the skeleton of these names in this order, with all that is known of the COCO joints.

    Raises:
        DataError: If a name occurs twice or there is none.
    """
    return COCO_17 if tuple(names) == COCO_17.names else Skeleton(tuple(names))


def skeleton_of_labels(
    path: Path, labels: Iterable[str], chosen: Skeleton | None, kind: str
) -> Skeleton:
    """Return the skeleton of a format that has labels in the data and no list of them.

    Only the names of the COCO joints have an order that everybody means. Others would get an order
    by chance, another one in each file, and a slip of the pen would become a joint.

    Args:
        path: The label file or folder, for messages.
        labels: Of all points.
        chosen: By the user, or None.
        kind: The format, for messages.

    Raises:
        ConfigError: If nobody has said which joints there are.
    """
    if chosen is not None:
        return chosen
    found = sorted(set(labels))
    if found and set(found) <= set(COCO_17.names):
        return COCO_17
    listed = f"the points are labelled {', '.join(found)}" if found else "no point is labelled"
    raise ConfigError(
        f"{path}: {kind} files have no list of joints, and {listed}: give the joints in their "
        "order by --skeleton FILE (a YAML file with 'names: [...]') or --skeleton coco17"
    )


def choose_labels(path: Path, found: Iterable[str], chosen: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that are people.

    Args:
        path: The label file, for messages.
        found: The labels that could be people.
        chosen: By the user; empty for the only one there is.

    Raises:
        ConfigError: If there are several and the user has not chosen, or what was chosen is not
            there.
    """
    labels = sorted(set(found))
    if unknown := [name for name in chosen if name not in labels]:
        raise ConfigError(
            f"--category: expected one of {', '.join(labels) or 'none'} as {path} has them, "
            f"found {unknown[0]}"
        )
    if not chosen and len(labels) > 1:
        raise ConfigError(
            f"{path}: several labels could be people: {', '.join(labels)}; choose by "
            "--category NAME (or NAME,NAME)"
        )
    return tuple(chosen or labels)
