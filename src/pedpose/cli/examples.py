"""What is typed most: shown below the help of each command and in the command-line reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A command.

    Attributes:
        line: What is typed.
        what: What it does, in a few words.
    """

    line: str
    what: str


EXAMPLES: Mapping[str, tuple[Example, ...]] = {
    "detect": (
        Example("pedpose detect street.jpg --out out", "a picture"),
        Example("pedpose detect street.mp4 --track --smooth --out out", "a video"),
        Example("pedpose detect 0 --show", "a camera, in a window"),
        Example("pedpose detect rtsp://camera/stream --track --serve 8080", "a stream, on a page"),
    ),
    "train": (
        Example(
            "pedpose train --data train.json --val val.json --init shipped --out runs/mine",
            "on from the weights of the package",
        ),
        Example("pedpose train --resume runs/mine", "where it was broken off"),
        Example(
            "pedpose train --task person --data train.json --val val.json --out runs/finder",
            "a finder of your own",
        ),
    ),
    "eval": (
        Example("pedpose eval --data val.json --out report", "the weights of the package"),
        Example(
            "pedpose eval --data val.json --weights best.safetensors --min pck@0.2=0.8",
            "a gate: exit 1 below it",
        ),
        Example(
            "pedpose eval --data val.json --predictions results.json", "results of any other tool"
        ),
    ),
    "info": (
        Example("pedpose info best.safetensors", "on one page"),
        Example("pedpose info best.onnx --json", "for programs"),
        Example("pedpose info best.safetensors --layers", "each convolution"),
    ),
    "merge": (
        Example("pedpose merge part1 part2 --out all", "the results of two shards"),
        Example("pedpose merge part1 part2 --partial --out all", "although one is not done"),
    ),
    "export": (
        Example("pedpose export best.safetensors --data val.json", "best.onnx, AP compared"),
        Example("pedpose export joints --format openvino --precision fp16", "of the package"),
        Example(
            "pedpose export best.safetensors --format openvino --precision int8 --calibrate photos",
            "int8",
        ),
    ),
    "explain": (
        Example("pedpose explain street.jpg", "the person who is found best"),
        Example("pedpose explain street.jpg --person 2 --out second.html", "somebody else"),
        Example("pedpose explain street.jpg --run runs/mine", "what training changed"),
    ),
    "bench": (
        Example("pedpose bench", "all runtimes that are installed"),
        Example("pedpose bench street.jpg --runtime onnx --people 1,5", "a picture of your own"),
        Example("pedpose bench --size 640x480,1280x720 --json bench.json", "every sample"),
    ),
    "learn": (
        Example("pedpose learn --out runs/first", "supervised learning, in under a minute"),
        Example("pedpose learn --pictures 10 --out runs/by-heart", "too few: learned by heart"),
    ),
    "doctor": (
        Example("pedpose doctor", "exit 0 where detection works"),
        Example("pedpose doctor --json", "for machines"),
    ),
    "data": (
        Example("pedpose data convert labels --out data", "from the format of another tool"),
        Example("pedpose data check data/train.json data/val.json", "what is wrong"),
        Example("pedpose data COMMAND --help", "more of each"),
    ),
    "data check": (
        Example("pedpose data check train.json val.json", "leaks between splits, too"),
        Example("pedpose data check train.json --weights shipped", "a second opinion on sides"),
        Example("pedpose data check train.json --fix corrected", "corrected copies"),
    ),
    "data convert": (
        Example("pedpose data convert yolo --skeleton coco17 --out labels", "a YOLO-pose folder"),
        Example("pedpose data convert cvat.xml --category person --out labels.json", "of CVAT"),
        Example("pedpose data convert labels.json --to yolo --out yolo", "to YOLO-pose"),
    ),
    "data split": (
        Example("pedpose data split labels.json --out split", "80, 10 and 10 percent"),
        Example(
            "pedpose data split labels.json --parts train=0.8,val=0.2 --group folder --out split",
            "folders stay whole",
        ),
    ),
    "data stats": (
        Example("pedpose data stats labels.json --out stats", "numbers and a page"),
        Example(
            "pedpose data stats anna.json ben.json --annotators --write sigmas.json",
            "how far people agree",
        ),
    ),
    "data view": (
        Example("pedpose data view labels.json --out sheet.jpg", "24 people at random"),
        Example("pedpose data view labels.json --whole --out pictures.html", "whole pictures"),
    ),
}


def examples_text(command: str) -> str:
    """Return the examples of a command as they stand below its help; empty if it has none."""
    lines = [f"  # {example.what}\n  {example.line}\n" for example in EXAMPLES.get(command, ())]
    return "\n".join([" Examples:\n", *lines]) if lines else ""
