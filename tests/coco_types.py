"""Types of the fixtures that several rooms share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

CocoContent = dict[str, Any]
WriteCoco = Callable[..., Path]
CocoResults = list[dict[str, Any]]
