"""What exporting needs beside pedpose itself."""

from __future__ import annotations

from importlib.util import find_spec

from pedpose.errors import ConfigError

_EXTRAS = {
    "export": ("onnx", "onnxscript"),
    "openvino": ("openvino",),
    "int8": ("nncf", "openvino"),
}


def require(*extras: str) -> None:
    """Make sure that the packages of extras are installed.

    Raises:
        ConfigError: With the command that installs them.
    """
    for extra in extras:
        missing = [name for name in _EXTRAS[extra] if find_spec(name) is None]
        if missing:
            raise ConfigError(
                f"export: expected {' and '.join(_EXTRAS[extra])}, found {' and '.join(missing)} "
                f"not installed: pip install 'pedpose[{','.join(extras)}]'"
            )


def extras_for(form: str, precision: str) -> tuple[str, ...]:
    """Return the extras that make a file of a format and precision."""
    if form == "onnx":
        return ("export",)
    return ("export", "int8") if precision == "int8" else ("export", "openvino")
