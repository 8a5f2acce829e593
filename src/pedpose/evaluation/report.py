"""What one evaluation has measured, with everything needed to print and to repeat it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pedpose.evaluation.oks import OksResult
from pedpose.evaluation.pck import PckResult

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The result of one evaluation.

    Attributes:
        data: Path of the annotation file.
        pictures: Number of annotated pictures.
        people: Number of annotated people.
        boxes: Where the boxes came from: ``gt``, ``detected`` or the path of a file.
        weights: Which weights, or which predictions file, was measured.
        device: What the network ran on.
        joint_names: K joint names.
        sigmas: K OKS sigmas that were used.
        sigmas_source: Where they came from.
        oks: Average precision.
        pck: Percentage of correct keypoints.
        notes: What a reader must know to judge the numbers, as estimated areas.
    """

    data: str
    pictures: int
    people: int
    boxes: str
    weights: str
    device: str
    joint_names: tuple[str, ...]
    sigmas: tuple[float, ...]
    sigmas_source: str
    oks: OksResult
    pck: PckResult
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse parts that measure different skeletons."""
        counts = {len(self.joint_names), len(self.sigmas), len(self.pck.joints)}
        if len(counts) != 1:
            raise ValueError(
                f"EvaluationReport: expected {len(self.joint_names)} sigmas and joint counts, "
                f"found {len(self.sigmas)} and {len(self.pck.joints)}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for strict JSON: a metric that cannot be measured is None."""
        return {
            "format_version": FORMAT_VERSION,
            "data": self.data,
            "pictures": self.pictures,
            "people": self.people,
            "boxes": self.boxes,
            "weights": self.weights,
            "device": self.device,
            "skeleton": {
                "names": list(self.joint_names),
                "sigmas": list(self.sigmas),
                "sigmas_source": self.sigmas_source,
            },
            "oks": asdict(self.oks),
            "pck": self._pck(),
            "notes": list(self.notes),
        }

    def _pck(self) -> dict[str, Any]:
        """Return PCK by threshold and by joint name."""
        keys = [str(alpha) for alpha in self.pck.thresholds]
        columns = zip(*self.pck.per_joint, strict=True)
        return {
            "people_found": self.pck.found,
            "joints": sum(self.pck.joints),
            "overall": dict(zip(keys, self.pck.overall, strict=True)),
            "per_joint": {
                name: {"joints": count, **dict(zip(keys, values, strict=True))}
                for name, count, values in zip(
                    self.joint_names, self.pck.joints, columns, strict=True
                )
            },
        }
