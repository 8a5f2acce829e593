"""How numbers and names are written on a page of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 110
"""Most characters of a line, where it can be broken."""


def shown(text: object) -> str:
    """Return text on one line, without what could steer a terminal: files may hold anything."""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(text))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, as ``1 joint`` or ``17 joints``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def value_of(value: Any) -> str:
    """Return plain data of any depth in a few words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{shown(name)}={value_of(entry)}" for name, entry in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"({', '.join(map(value_of, value))})"
    return "none" if value is None else shown(value)
