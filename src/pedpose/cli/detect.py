"""``pedpose detect``."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pedpose.cli.choices import (
    DEVICES,
    OUTPUTS,
    PRECISIONS,
    RUNTIMES,
    THEMES,
    one_of,
    some_of,
)
from pedpose.cli.detect_here import detect_here, tell_outcome
from pedpose.cli.detect_ray import detect_on_cluster
from pedpose.cli.exit_codes import errors_to_exit_codes
from pedpose.errors import ConfigError

_PEOPLE = "People"
_VIDEO = "Video and streams"
_RESULTS = "Results"
_SPEED = "Speed and many machines"


def detect(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Pictures, videos, folders, glob patterns, cameras (0, /dev/video0), streams "
            "(rtsp://..., http://...), and @FILE with one of these a line."
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(help="Folder for the results; needed unless --show or --serve is given."),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Joint network; the package's own by default. Where its joints are not of people, "
            "give --person-weights, --boxes or --whole-image too.",
            rich_help_panel=_PEOPLE,
        ),
    ] = None,
    person_weights: Annotated[
        Path | None,
        typer.Option(
            help="Finder; the package's own, which finds people only, by default.",
            rich_help_panel=_PEOPLE,
        ),
    ] = None,
    conf: Annotated[
        float | None,
        typer.Option(
            help="Least score of a found person, 0..1; 0.3 by default.", rich_help_panel=_PEOPLE
        ),
    ] = None,
    boxes: Annotated[
        Path | None,
        typer.Option(help="COCO file with known boxes of the pictures.", rich_help_panel=_PEOPLE),
    ] = None,
    whole_image: Annotated[
        bool,
        typer.Option(
            "--whole-image", help="One person fills each picture.", rich_help_panel=_PEOPLE
        ),
    ] = False,
    region: Annotated[
        str | None,
        typer.Option(
            help="Only people whose middle is here: x1,y1,x2,y2, or the corners of a polygon, in "
            "shares of the picture (0..1) or in pixels.",
            rich_help_panel=_PEOPLE,
        ),
    ] = None,
    track: Annotated[
        bool,
        typer.Option("--track", help="Give people identities.", rich_help_panel=_VIDEO),
    ] = False,
    smooth: Annotated[
        bool,
        typer.Option(
            "--smooth", help="Take jitter from the joints; implies --track.", rich_help_panel=_VIDEO
        ),
    ] = False,
    start: Annotated[
        float, typer.Option(help="Begin at this second of a video.", rich_help_panel=_VIDEO)
    ] = 0.0,
    end: Annotated[
        float | None,
        typer.Option(help="End at this second of a video.", rich_help_panel=_VIDEO),
    ] = None,
    stride: Annotated[
        int, typer.Option(help="Look at each n-th frame.", rich_help_panel=_VIDEO)
    ] = 1,
    max_frames: Annotated[
        int | None,
        typer.Option(help="Most frames of each video.", rich_help_panel=_VIDEO),
    ] = None,
    sequence: Annotated[
        float | None,
        typer.Option(
            help="Take folders of pictures for videos of so many frames a second.",
            rich_help_panel=_VIDEO,
        ),
    ] = None,
    reconnect: Annotated[
        float,
        typer.Option(
            help="Seconds without a frame after which a lost stream is given up.",
            rich_help_panel=_VIDEO,
        ),
    ] = 60.0,
    save: Annotated[
        str | None,
        typer.Option(
            help="What to write: some of overlay,json,csv,coco,parquet,mot,tracks,heatmaps; by "
            "default overlay,json,csv,coco, with --track mot,tracks too.",
            autocompletion=some_of(*OUTPUTS),
            rich_help_panel=_RESULTS,
        ),
    ] = None,
    theme: Annotated[
        str,
        typer.Option(
            help="How people are drawn: sides, tracks, plain or paper (without the picture).",
            autocompletion=one_of(*THEMES),
            rich_help_panel=_RESULTS,
        ),
    ] = "sides",
    trails: Annotated[
        bool | None,
        typer.Option(
            "--trails/--no-trails",
            help="Draw the ways people have come; by default as the theme has it.",
            rich_help_panel=_RESULTS,
        ),
    ] = None,
    shape: Annotated[
        bool,
        typer.Option("--shape", help="Outline bodies.", rich_help_panel=_RESULTS),
    ] = False,
    colours: Annotated[
        bool,
        typer.Option(
            "--colours",
            help="Tell the main colours of clothes, above and below.",
            rich_help_panel=_RESULTS,
        ),
    ] = False,
    blur_faces: Annotated[
        bool,
        typer.Option(
            "--blur-faces",
            help="Cover the heads of all found people, for good, in all that is written.",
            rich_help_panel=_RESULTS,
        ),
    ] = False,
    heatmaps: Annotated[
        bool,
        typer.Option(
            "--heatmaps", help="Draw where the joint network looks.", rich_help_panel=_RESULTS
        ),
    ] = False,
    show: Annotated[
        bool,
        typer.Option("--show", help="Show it in a window; q ends.", rich_help_panel=_RESULTS),
    ] = False,
    serve: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:]PORT",
            help="Show it on a page of this machine.",
            rich_help_panel=_RESULTS,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object at the end, for machines.",
            rich_help_panel=_RESULTS,
        ),
    ] = False,
    find_every: Annotated[
        str,
        typer.Option(
            metavar="N|auto",
            help="Search for new people in each n-th frame of a video; between, follow those "
            "found by their joints.",
            rich_help_panel=_SPEED,
        ),
    ] = "1",
    skip_still: Annotated[
        bool,
        typer.Option(
            "--skip-still",
            help="Fixed cameras: do not look again while nothing moves.",
            rich_help_panel=_SPEED,
        ),
    ] = False,
    device: Annotated[
        str,
        typer.Option(
            help="auto, cpu, cuda, cuda:N or mps.",
            autocompletion=one_of(*DEVICES),
            rich_help_panel=_SPEED,
        ),
    ] = "auto",
    runtime: Annotated[
        str,
        typer.Option(
            help="What runs the networks: auto (the fastest installed), torch, onnx or openvino.",
            autocompletion=one_of(*RUNTIMES),
            rich_help_panel=_SPEED,
        ),
    ] = "auto",
    precision: Annotated[
        str,
        typer.Option(
            help="auto (bf16 where device and runtime have it), fp32, bf16 or fp16.",
            autocompletion=one_of(*PRECISIONS),
            rich_help_panel=_SPEED,
        ),
    ] = "auto",
    batch: Annotated[
        int | None,
        typer.Option(
            help="Most crops that are run at once; by default what suits the device.",
            rich_help_panel=_SPEED,
        ),
    ] = None,
    frames_at_once: Annotated[
        int, typer.Option(help="Most frames that are run at once.", rich_help_panel=_SPEED)
    ] = 8,
    files_at_once: Annotated[
        int,
        typer.Option(
            help="Files that are read at the same time; cameras and streams all are.",
            rich_help_panel=_SPEED,
        ),
    ] = 1,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Do the i-th of n parts of the sources; pedpose merge joins the results.",
            rich_help_panel=_SPEED,
        ),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="local|auto|HOST:PORT",
            help="Spread the files over a Ray cluster, and write Parquet.",
            rich_help_panel=_SPEED,
        ),
    ] = None,
    ray_cpus: Annotated[
        int,
        typer.Option(help="Processors of a worker without a GPU.", rich_help_panel=_SPEED),
    ] = 1,
) -> None:
    """Find people and their joints in pictures and video."""
    with errors_to_exit_codes():
        # Imported here: this takes its time, and --help must not wait for it.
        from pedpose.cluster.shard import parse_shard
        from pedpose.inference.look import LookSettings, parse_find_every
        from pedpose.inference.region import parse_region
        from pedpose.inference.settings import DetectSettings, Known
        from pedpose.reading.reconnect import Reconnect
        from pedpose.reading.selection import Selection
        from pedpose.runtime.choice import Wanted
        from pedpose.writing.themes import find_theme

        if out is None and not show and serve is None:
            raise ConfigError(
                "--out: expected a folder for the results, as --out out; or --show or --serve"
            )
        style = find_theme(theme)
        settings = DetectSettings(
            out=None if out is None else Path(out),
            kinds=None if save is None else _names(save),
            weights=weights,
            person_weights=person_weights,
            wanted=Wanted(runtime, device, precision),
            min_score=conf,
            known=Known(boxes, whole_image),
            look=LookSettings(
                parse_find_every(find_every),
                None if region is None else parse_region(region),
                skip_still,
            ),
            selection=Selection(start, math.inf if end is None else end, stride, max_frames),
            reconnect=Reconnect(give_up_s=reconnect),
            sequence_fps=sequence,
            track=track,
            smooth=smooth,
            shapes=shape,
            colours=colours,
            blur_faces=blur_faces,
            heatmaps=heatmaps,
            style=style if trails is None else replace(style, trails=trails),
            batch=batch,
            frames_at_once=frames_at_once,
            files_at_once=files_at_once,
            shard=None if shard is None else parse_shard(shard),
        )
        if ray is not None:
            if out is None or show or serve is not None:
                raise ConfigError("--ray: expected --out with it, and no --show or --serve")
            from pedpose.cluster.ray_run import RayRun

            detect_on_cluster(RayRun(sources, out, settings, ray, ray_cpus), as_json)
            return
        detector, outcome = detect_here(sources, settings, show, serve, quiet=as_json)
    tell_outcome(out, detector, outcome, as_json)


def _names(text: str) -> frozenset[str]:
    """Split a list of names."""
    return frozenset(name.strip() for name in text.split(",") if name.strip())
