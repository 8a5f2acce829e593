"""Let a user say what an annotation file leaves out: limbs, swap pairs and sigmas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pedpose.data.coco import CocoData
from pedpose.data.joint_order import with_skeleton
from pedpose.errors import ConfigError, DataError
from pedpose.skeleton import Skeleton


def with_declared(
    data: CocoData, skeleton: Skeleton | None, sigmas: tuple[float, ...] | None
) -> CocoData:
    """Return data with the skeleton and the sigmas that a user has given.

    Args:
        data: As its file says.
        skeleton: With the joints of the data, in any order; where it says no limbs, swap pairs or
            sigmas, those of the data stay. None for that of the data.
        sigmas: K sigmas of OKS in the order of the skeleton; None for those of the skeleton.

    Raises:
        DataError: If the joints of the data are not those of the skeleton.
        ConfigError: If there are not K sigmas, or one is no number above 0.
    """
    if skeleton is not None:
        missing = [name for name in skeleton.names if name not in data.skeleton.names]
        surplus = [name for name in data.skeleton.names if name not in skeleton.names]
        if missing or surplus:
            raise DataError(
                f"{data.path}: expected the joints of the skeleton that was given; "
                f"missing in the file: {', '.join(missing) or 'none'}; "
                f"missing in the skeleton: {', '.join(surplus) or 'none'}"
            )
        whole = _completed(skeleton, data.skeleton)
        data = replace(with_skeleton(data, whole), skeleton=whole)
    if sigmas is None:
        return data
    try:
        return replace(data, skeleton=replace(data.skeleton, sigmas=sigmas))
    except DataError as error:
        raise ConfigError(f"sigmas: {error}") from error


def _completed(skeleton: Skeleton, own: Skeleton) -> Skeleton:
    """Return a skeleton with what another one of the same joints says where it says nothing."""
    places = [skeleton.names.index(name) for name in own.names]

    def moved(pairs: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        return tuple((places[a], places[b]) for a, b in pairs)

    swaps, sigmas = skeleton.swaps, skeleton.sigmas
    if swaps is None and own.swaps is not None:
        swaps = moved(own.swaps)
    if sigmas is None and own.sigmas is not None:
        sigmas = tuple(own.sigmas[own.names.index(name)] for name in skeleton.names)
    return Skeleton(skeleton.names, skeleton.limbs or moved(own.limbs), sigmas, swaps)


def refuse_other_swaps(sets: Sequence[CocoData]) -> None:
    """Refuse data sets that contradict the first one about which joints change places.

    Its skeleton is that of the network: what others say of sides would not be heard.

    Raises:
        DataError: If one gives swap pairs of its own that are others.
    """
    first, *others = sets
    expected = _partners(first.skeleton)
    for data in others:
        if data.skeleton.swaps is None:
            continue
        found = _partners(data.skeleton)
        for name, partner in found.items():
            # A partner that the other file does not have cannot be a contradiction.
            if name not in expected or expected[name] not in found or partner not in expected:
                continue
            if partner != expected[name]:
                raise DataError(
                    f"{data.path}: 'swaps': expected {_said(name, expected[name])} as in "
                    f"{first.path}, found {_said(name, partner)}; correct one of them, or say "
                    "which is right by --skeleton"
                )


def _partners(skeleton: Skeleton) -> dict[str, str]:
    return {
        name: skeleton.names[mirror]
        for name, mirror in zip(skeleton.names, skeleton.mirrors, strict=True)
    }


def _said(name: str, partner: str) -> str:
    return f"no partner for {name}" if name == partner else f"{name} <-> {partner}"
