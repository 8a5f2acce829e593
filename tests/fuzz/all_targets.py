"""All targets by name; each module is loaded only where one of its targets is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from target import Target

_MODULES = {
    "media_targets": ("pictures", "videos_av", "videos_opencv"),
    "command_targets": ("arguments", "baseline", "source_list"),
    "weight_targets": ("metadata", "checkpoint", "onnx", "openvino"),
    "format_targets": ("yolo", "cvat", "labelstudio", "labelme", "mpii_json", "lsp", "mpii_mat"),
    "label_targets": ("coco", "results", "image_ids", "boxes", "skeleton", "settings", "history"),
}


class _Targets(Mapping[str, Target]):
    def __getitem__(self, name: str) -> Target:
        for module, names in _MODULES.items():
            if name in names:
                return next(t for t in import_module(module).TARGETS if t.name == name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for names in _MODULES.values() for name in names)

    def __len__(self) -> int:
        return sum(map(len, _MODULES.values()))


TARGETS: Mapping[str, Target] = _Targets()
