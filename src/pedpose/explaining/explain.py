"""Find out what a joint network sees in a picture."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

from pedpose.calibration import Calibration
from pedpose.explaining.explanation import Changes, Explanation, Floats, JointView
from pedpose.explaining.feature_maps import feature_stages
from pedpose.explaining.filters import filter_sheet, largest_weight
from pedpose.explaining.grad_cam import grad_cam, grad_cam_map
from pedpose.explaining.joint_heat import JointHeat, joint_heat
from pedpose.explaining.layer_times import layer_times
from pedpose.explaining.occlusion import Occlusion, occlude
from pedpose.explaining.settings import ExplainSettings
from pedpose.explaining.subject import find_subject
from pedpose.geometry import Image
from pedpose.model.checkpoint import Checkpoint, load_checkpoint
from pedpose.model.convolutions import convolutions
from pedpose.model.deploy import for_inference
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.summary import summarise
from pedpose.runtime.device import describe_device, resolve_device
from pedpose.shipped import shipped_weights


def explain(settings: ExplainSettings, progress: Callable[[str], None]) -> Explanation:
    """Look at one person in one picture with one network, in every way there is.

    Args:
        settings: What is asked for.
        progress: Is told what comes next.

    Raises:
        SourceError: If the picture cannot be read, or nobody is found in it.
        CheckpointError: If weights cannot be used.
        ConfigError: If options do not fit, fewer people are found than asked for, or the device
            cannot be had.
    """
    began = time.perf_counter()
    device = resolve_device(settings.device)
    progress("reading the weights")
    if settings.run is None:
        run = None
        path = settings.weights or shipped_weights("joints")
        trained = load_checkpoint(path)
    else:
        # Imported here: training brings half of the program along.
        from pedpose.explaining.changes import read_run

        run = read_run(settings.run)
        path, trained = run.path, run.trained
    trained.metadata.check_task("joints", path)
    network = trained.network
    summary, layers = summarise(network), convolutions(network)

    progress("looking for people")
    subject = find_subject(settings, path, network.architecture.input_size)
    picture = _as_tensor(subject.crop, device)
    network.to(device)
    heat = joint_heat(_raw_maps(network, picture))

    progress("watching the layers")
    stages = feature_stages(network, picture, summary, layers)
    chosen = grad_cam_map(summary)
    speaking = grad_cam(network, picture, chosen)
    largest = largest_weight(network)

    changes: Changes | None = None
    if run is not None:
        from pedpose.explaining.changes import find_changes

        progress("comparing with the weights before training")
        initial = run.initial.network.to(device)
        largest = max(largest, largest_weight(initial))
        changes = find_changes(
            run,
            summary,
            filter_sheet(initial, largest),
            before=joint_heat(_raw_maps(initial, picture)),
            after=heat,
        )

    progress("hiding parts of the picture")
    ready = for_inference(network).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    hidden = occlude(ready, picture)
    progress("timing the layers")
    times = layer_times(ready, picture, summary)
    return Explanation(
        weights=path,
        sha256=trained.sha256 or "",
        metadata=trained.metadata,
        device=describe_device(device),
        subject=subject,
        summary=summary,
        convolutions=layers,
        filters=filter_sheet(network, largest),
        stages=stages,
        grad_cam_layer=chosen.layer,
        patch_px=hidden.patch_px,
        joints=_views(trained, heat, hidden, speaking),
        times=times,
        changes=changes,
        seconds=time.perf_counter() - began,
    )


def _as_tensor(crop: Image, device: torch.device) -> Tensor:
    """Return a crop (H, W, 3) as (1, 3, H, W) in 0..255."""
    return torch.from_numpy(crop).to(device).permute(2, 0, 1)[None].float()


def _raw_maps(network: HeatmapCNN, picture: Tensor) -> Floats:
    """Return the raw maps (K, H / 4, W / 4) of a picture (1, 3, H, W)."""
    with torch.inference_mode():
        maps: Floats = network(picture)[0].cpu().numpy()
    return maps


def _views(
    trained: Checkpoint, heat: JointHeat, hidden: Occlusion, speaking: Floats
) -> tuple[JointView, ...]:
    """Return what was found out, joint by joint."""
    scores = trained.calibration.get("joints", Calibration())(heat.scores)
    return tuple(
        JointView(
            name=name,
            peak=(float(heat.peaks[k, 0]), float(heat.peaks[k, 1])),
            score=float(scores[k]),
            spread_px=float(heat.spreads_px[k]),
            heatmap=heat.heatmaps[k],
            occlusion=hidden.falls[k],
            occlusion_shift_px=float(hidden.shifts_px[k]),
            grad_cam=speaking[k],
        )
        for k, name in enumerate(trained.joint_skeleton.names)
    )
