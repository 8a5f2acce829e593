"""Make a file that other runtimes read, compare it with its source, and only then keep it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pedpose.data.coco import CocoData
from pedpose.errors import ConfigError
from pedpose.exporting.accuracy import read_truth
from pedpose.exporting.needs import extras_for, require
from pedpose.exporting.opening import open_exported
from pedpose.exporting.settings import ExportSettings, input_size
from pedpose.exporting.tolerance import TOLERANCES
from pedpose.exporting.verify import Check, Say, Source, verify, ways
from pedpose.files import check_writable, sha256_of, write_bytes
from pedpose.model.checkpoint import Checkpoint, load_checkpoint
from pedpose.model.metadata import Exported, Metadata


@dataclass(frozen=True, slots=True)
class ExportResult:
    """A file that was made and what comparing it with its source gave.

    Attributes:
        path: The file; of OpenVINO its weights lie beside it.
        bytes: Size of all that was written.
        task: What the network is for.
        exported: What the file says of its making; ``check`` holds all figures.
        checks: One for each way in which it was run.
        source_ap: AP of the source; None where there was nothing to measure it on.
    """

    path: Path
    bytes: int
    task: str
    exported: Exported
    checks: Sequence[Check]
    source_ap: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "path": str(self.path),
            "bytes": self.bytes,
            "task": self.task,
            **asdict(self.exported),
        }


def export(settings: ExportSettings, say: Say = lambda step, done, total: None) -> ExportResult:
    """Export a network.

    What lies at the target stays as it is unless the new file has passed.

    Args:
        settings: What to export, and how.
        say: Is told of progress.

    Raises:
        CheckpointError: If the weights are damaged or are no weights.
        ConfigError: If the network cannot be exported that way, or a package is missing.
        DataError: If annotations are broken or do not fit the weights.
        ExportError: If the file does not compute what the weights compute.
    """
    require(*extras_for(settings.form, settings.precision))
    checkpoint = load_checkpoint(settings.source)
    exported = Exported(
        checkpoint.sha256 or "",
        settings.precision,
        input_size(checkpoint.network.architecture, settings.size),
        settings.decode,
    )
    metadata = replace(checkpoint.metadata, exported=exported)
    target = settings.target
    if target.resolve() == settings.source.resolve():
        raise ConfigError(f"--out: {target} holds the weights: choose another file")
    check_writable(target)
    data = None
    if settings.data is not None:
        data = read_truth(settings.data, settings.images, metadata)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"network{target.suffix.lower()}"
        write = _make(checkpoint, metadata, settings)
        write(path, metadata)
        source = Source(checkpoint.network, exported)
        checks, source_ap = verify(path, target, source, metadata, data, say)
        exported = replace(exported, check=_figures(exported.precision, checks, data, source_ap))
        write(path, replace(metadata, exported=exported))
        # The figures are in the file only now: it must still open.
        for wanted, _ in ways(path, exported.precision):
            open_exported(path, wanted)
        size = _publish(path, target)
    return ExportResult(
        target, size, checkpoint.network.architecture.task, exported, checks, source_ap
    )


def _make(
    checkpoint: Checkpoint, metadata: Metadata, settings: ExportSettings
) -> Callable[[Path, Metadata], None]:
    """Return what writes the network with its metadata to a path."""
    # Imported here: these packages are extras, and OpenVINO is needed for its own files only.
    from pedpose.exporting.onnx_file import make_graph, write_onnx

    graph = make_graph(checkpoint.network, metadata)
    if settings.form == "onnx":
        return lambda path, final: write_onnx(path, graph, final)
    from pedpose.exporting.openvino_file import to_openvino, write_openvino

    model = to_openvino(graph)
    if settings.precision == "int8":
        from pedpose.exporting.calibration_pictures import calibration_pictures
        from pedpose.exporting.int8 import quantised

        pictures = calibration_pictures(settings.calibrate, metadata)
        model = quantised(model, checkpoint.network.architecture, pictures)
    return lambda path, final: write_openvino(path, model, final)


def _figures(
    precision: str, checks: Sequence[Check], data: CocoData | None, source_ap: float | None
) -> dict[str, Any]:
    """Return what a file tells of its comparison: data by name only, for files travel."""
    measured = None
    if data is not None:
        measured = {
            "data": data.path.name,
            "sha256": sha256_of(data.path),
            "pictures": len(data.pictures),
            "people": data.people,
            "source_ap": source_ap,
        }
    return {
        "tolerance": asdict(TOLERANCES[precision]),
        "runs": [check.to_dict() for check in checks],
        "accuracy": measured,
    }


def _publish(path: Path, target: Path) -> int:
    """Copy a file, and the weights of an IR, to where they belong; return their size in bytes."""
    size = 0
    # An IR is its .xml, which therefore comes last.
    for suffix in (".bin", path.suffix):
        made = path.with_suffix(suffix)
        if made.is_file():
            content = made.read_bytes()
            write_bytes(target.with_suffix(suffix) if suffix == ".bin" else target, content)
            size += len(content)
    return size
