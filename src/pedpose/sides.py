"""What the names of joints say of left and right, and where they leave it open.

A side is a word of its own: names are split at ``_``, ``-``, ``.``, spaces and changes from small
to capital letters, so that ``left_wrist``, ``WristLeft``, ``Left-Wrist`` and ``hand.L`` all have
one. Words that mean a side are ``left`` and ``right``, ``l`` and ``r``.

Mirroring by wrong pairs teaches a network wrong sides, and no figure shows it afterwards.
:func:`doubts` therefore finds names that look like sides without being certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_OTHER = {"left": "right", "right": "left", "l": "r", "r": "l"}
_SIDE = {"left": "left", "l": "left", "right": "right", "r": "right"}
_WORD_ENDS = re.compile(r"([_\-. ]|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]))")

_SAYS_NOTHING = re.compile(
    r"(?:[a-z]|(?:keypoint|key[_\-. ]?point|kpts?|kps?|point|pt|p|joint|j|landmark|lm|marker|node|"
    r"part|vertex)?[_\-. #]*\d+)",
    re.IGNORECASE,
)

# A short form and other languages: likely sides, but nobody has said so.
_LIKELY = (
    *(("lft", "rgt"), ("links", "rechts"), ("linke", "rechte"), ("linker", "rechter")),
    *(("linkes", "rechtes"), ("gauche", "droite"), ("gauche", "droit")),
    *(("izquierda", "derecha"), ("izquierdo", "derecho"), ("sinistra", "destra")),
    *(("sinistro", "destro"), ("esquerda", "direita"), ("esquerdo", "direito")),
)

_SHOWN = 6


def mirrored_name(name: str) -> str:
    """Return the name of the joint on the other side of the body.

    Names without a side are their own mirror. Doing it twice gives the name again.
    """
    words = _WORD_ENDS.split(name)
    return "".join(
        _in_case_of(word, _OTHER[word.lower()]) if word.lower() in _OTHER else word
        for word in words
    )


def name_side(name: str, with_letters: bool = True) -> str:
    """Return ``left``, ``right``, ``both``, or ``middle`` for a name that has no side.

    Args:
        name: Of a joint.
        with_letters: Whether the words ``l`` and ``r`` count too.
    """
    words = (word.lower() for word in _WORD_ENDS.split(name))
    found = {_SIDE[word] for word in words if word in _SIDE and (with_letters or len(word) > 1)}
    if len(found) > 1:
        return "both"
    return found.pop() if found else "middle"


def plain_name(name: str) -> str:
    """Return a name in small letters with its side, if it has one, in front: ``left_wrist``."""
    words = [word.lower() for word in _WORD_ENDS.split(name) if word.strip("_-. ")]
    side = name_side(name)
    if side in ("left", "right"):
        words = [side, *(word for word in words if word not in _SIDE)]
    return "_".join(words)


def named_partners(names: Sequence[str]) -> tuple[int, ...]:
    """Return for each joint the index of its mirror joint by name, itself where there is none."""
    index = {name: i for i, name in enumerate(names)}
    return tuple(
        i if name_side(name) == "both" else index.get(mirrored_name(name), i)
        for i, name in enumerate(names)
    )


def doubts(names: Sequence[str]) -> list[str]:
    """Return what keeps these names from saying which joints change places in a mirror."""
    found = []
    if both := [name for name in names if name_side(name) == "both"]:
        found.append(f"names with both sides in them: {_listed(both)}")
    lone = [n for n in names if n not in both and mirrored_name(n) not in names]
    if lone:
        expected = [f"{name} (expected {mirrored_name(name)})" for name in lone]
        found.append(f"joints without a partner on the other side: {_listed(expected)}")
    if alike := _look_alikes(names):
        found.append(f"names that look like sides but are not certain: {_listed(alike)}")
    nothing = [name for name in names if _SAYS_NOTHING.fullmatch(name)]
    if len(nothing) > 1:
        found.append(f"names that do not say what the joints are: {_listed(nothing)}")
    return found


def _look_alikes(names: Sequence[str]) -> list[str]:
    """Return pairs such as ``lwrist / rwrist``: a side that is no word of its own."""
    plain = {name.lower(): name for name in names if name_side(name) == "middle"}
    return [
        f"{name} / {plain[other]}"
        for lower, name in plain.items()
        for other in dict.fromkeys(_likely_mirrors(lower, name))
        if other in plain
    ]


def _likely_mirrors(lower: str, name: str) -> Iterator[str]:
    """Give the names, in small letters, that a left joint's partner may have."""
    start = 0
    for word in _WORD_ENDS.split(name):
        before, after = lower[:start], lower[start + len(word) :]
        small = word.lower()
        for left, right in (("l", "r"), ("left", "right")):
            if small.startswith(left):
                yield before + right + small[len(left) :] + after
            if small.endswith(left):
                yield before + small[: -len(left)] + right + after
        yield from (before + right + after for left, right in _LIKELY if small == left)
        start += len(word)


def _in_case_of(model: str, word: str) -> str:
    """Return a word in capitals, capitalized or small as a model is."""
    if model.isupper():
        return word.upper()
    return word.capitalize() if model[0].isupper() else word


def _listed(items: Sequence[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more
