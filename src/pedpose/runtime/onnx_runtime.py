"""Run a network by ONNX Runtime, without PyTorch."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# ONNX Runtime sends statistics of its use to its makers (1.31 does), unless it is told not to
# before it is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as failures

from pedpose.errors import CheckpointError, ConfigError
from pedpose.machine_failure import machine_failure
from pedpose.model.metadata import KEY, read_metadata_text
from pedpose.runtime.graph import INPUT, check_graph
from pedpose.runtime.runtime import Floats, NetworkInfo, OpenNetwork
from pedpose.runtime.threads import cpu_threads

# ONNX Runtime's errors have no common base; where names or messages in a file are not UTF-8, it
# fails to hand them over.
_REFUSALS = (
    *(failures.Fail, failures.InvalidArgument, failures.InvalidGraph, failures.InvalidProtobuf),
    *(failures.NoModel, failures.NotImplemented, failures.RuntimeException),
    UnicodeDecodeError,
)
_LOG_FATAL = 4


class OnnxRuntime:
    """A network in a session of ONNX Runtime."""

    def __init__(self, session: onnxruntime.InferenceSession, path: Path) -> None:
        """Wrap a session of a graph that was checked, of a file."""
        self._session = session
        self._path = path

    def __call__(self, pictures: NDArray[np.uint8]) -> Floats:
        """Map RGB pictures (N, H, W, 3) uint8 to what the graph makes of them, in fp32.

        Raises:
            CheckpointError: If it has a step that cannot be run, which opening does not tell.
        """
        try:
            (output,) = self._session.run(None, {INPUT: pictures})
        except _REFUSALS as error:
            if machine_failure(error) is not None:
                raise
            raise CheckpointError(
                f"{self._path}: expected a network that can be run, found a damaged one: "
                f"{_first_line(error)}"
            ) from error
        return np.asarray(output, np.float32)


def open_onnx(path: Path, device: str, precision: str) -> OpenNetwork:
    """Open an ONNX file that pedpose has exported.

    Args:
        path: The file. It is read into memory: it cannot make ONNX Runtime open others.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        precision: ``auto`` or that of the file.

    Raises:
        CheckpointError: If the file is damaged, of another program, or is not what it says.
        ConfigError: If the device or the precision cannot be had.
    """
    content = path.read_bytes()
    providers, place = _providers(device)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cpu_threads()
    # Else the threads of one network keep a processor busy, waiting for more work, while those of
    # the other one need it: both networks take turns, and that would take twice the time.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # A graph can name other files that hold its weights, anywhere; ours have all in one. Nothing
    # is found below a file.
    options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", str(path.resolve())
    )
    # What is wrong with a file is told by our own message.
    options.log_severity_level = _LOG_FATAL
    try:
        session = onnxruntime.InferenceSession(content, options, providers=providers)
        text = session.get_modelmeta().custom_metadata_map.get(KEY)
        inputs, outputs = (
            [(entry.name, entry.type, entry.shape) for entry in entries]
            for entries in (session.get_inputs(), session.get_outputs())
        )
    except _REFUSALS as error:
        raise CheckpointError(
            f"{path}: expected an ONNX file, found a damaged one: {_first_line(error)}"
        ) from error
    metadata = read_metadata_text(text, path)
    stored = check_graph(path, metadata, inputs, outputs).precision
    if precision not in ("auto", stored):
        raise ConfigError(f"{path}: expected {precision}, found {stored}, which onnx runs as it is")
    info = NetworkInfo(
        metadata,
        path,
        hashlib.sha256(content).hexdigest(),
        place,
        f"onnx {onnxruntime.__version__} ({stored})",
    )
    return OpenNetwork(OnnxRuntime(session, path), info)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")


def _providers(device: str) -> tuple[list[str | tuple[str, dict[str, str]]], str]:
    """Return what ONNX Runtime is to run by, and the device to print.

    Raises:
        ConfigError: If the device cannot be used by what is installed.
    """
    cpu: list[str | tuple[str, dict[str, str]]] = ["CPUExecutionProvider"]
    has_cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    kind, _, number = device.partition(":")
    if kind == "cuda" and not has_cuda:
        raise ConfigError(
            f"device {device}: expected onnxruntime-gpu for it, found onnxruntime without CUDA"
        )
    if kind not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"device {device}: the runtime onnx has cpu and cuda only")
    if kind == "cpu" or not has_cuda:
        return cpu, f"cpu ({cpu_threads()} threads)"
    return [("CUDAExecutionProvider", {"device_id": number or "0"}), *cpu], f"cuda:{number or 0}"
