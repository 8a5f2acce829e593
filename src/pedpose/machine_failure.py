"""What a machine can fail in: memory, a GPU, a process that the system ends.

Libraries say so by classes and words of their own. Nothing is loaded here to know their classes:
a library that is not loaded raises nothing.
"""

from __future__ import annotations

import sys

# Words in messages of NumPy, OpenCV, PyTorch, ONNX Runtime, OpenVINO and the C++ library.
_MEMORY = (
    *("allocate memory", "bad_alloc", "bad allocation", "enough memory", "insufficient memory"),
    *("out of memory", "out_of_memory", "unable to allocate", "failed to allocate"),
    *("alloc_failed", "start new thread", "failed to map segment"),
)
_GPU = ("accelerator", "cublas", "cuda", "cudnn", "cusolver", "hip error", "mps backend", "nvidia")
_LOADER = ("dataloader worker",)

_ONNX_RUNTIME = "onnxruntime.capi.onnxruntime_pybind11_state"
_ONNX_RUNTIME_ERRORS = ("EPFail", "Fail", "RuntimeException")


def library_errors() -> tuple[type[BaseException], ...]:
    """Return what the libraries that are loaded raise where a machine fails, among other things."""
    found: list[type[BaseException]] = [MemoryError, RuntimeError, ImportError]
    if "cv2" in sys.modules:
        found.append(sys.modules["cv2"].error)
    if _ONNX_RUNTIME in sys.modules:
        failures = sys.modules[_ONNX_RUNTIME]
        found += [getattr(failures, name) for name in _ONNX_RUNTIME_ERRORS]
    return tuple(found)


def machine_failure(error: BaseException) -> str | None:
    """Return in a sentence what failed, None where it was not the machine.

    Args:
        error: One of :func:`library_errors`.
    """
    text = str(error)
    words = text.lower()
    reason = next((line.strip() for line in text.splitlines() if line.strip()), "")
    said = f" ({reason})" if reason else ""
    if isinstance(error, MemoryError) or any(sign in words for sign in _MEMORY):
        return f"memory: expected enough for this, found too little{said}"
    if isinstance(error, ImportError):
        return None
    if any(sign in words for sign in _LOADER):
        return f"loader process: expected it to last, found it ended by the system{said}"
    if any(sign in words for sign in _GPU):
        return f"GPU: expected one that works, found one that fails{said}"
    return None
