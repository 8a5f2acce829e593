"""Pictures of what a network in training finds."""

from __future__ import annotations

import numpy as np
import torch

from pedpose import geometry
from pedpose.data.coco import CocoData, Picture
from pedpose.data.reading import read_annotated
from pedpose.geometry import Image
from pedpose.inference.finder import FinderSettings, PersonFinder
from pedpose.inference.joints import JointEstimator
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.people import People
from pedpose.runtime.torch_runtime import TorchRuntime
from pedpose.skeleton import COCO_17
from pedpose.writing.overlay import draw

SAMPLES = 6

_CLOSE_UP = 320  # pixels
_ROOM = 1.4  # side of what is shown over that of the person

_SHOWN = 0.1
"""Least score of a joint that is drawn: in training it should be seen where doubt goes."""


def draw_samples(
    network: HeatmapCNN, data: CocoData, device: torch.device
) -> list[tuple[str, Image]]:
    """Return captions and pictures (H, W, 3) of some people of the data, the same at each call.

    Joint networks are shown at one person of each picture, in the true boxes.
    """
    peopled = [picture for picture in data.pictures if picture.people]
    places = np.linspace(0, len(peopled) - 1, min(SAMPLES, len(peopled))).astype(int)
    chosen = [peopled[place] for place in places]
    if network.architecture.task == "person":
        return [_draw_found(network, picture, device) for picture in chosen]
    estimator = JointEstimator(TorchRuntime(network, device), network.architecture)
    drawn = []
    for picture in chosen:
        person = max(picture.people, key=lambda person: person.labelled)
        image, matrix = _close_up(read_annotated(picture), person.box)
        box = geometry.transform(person.box.reshape(2, 2), matrix).reshape(1, 4)
        keypoints = estimator(image, box)
        people = People(data.skeleton, keypoints, box, keypoints[:, :, 2].mean(axis=1))
        drawn.append((f"{picture.path.name}, annotation {person.id}", draw(image, people, _SHOWN)))
    return drawn


def _close_up(image: Image, box: geometry.Floats) -> tuple[Image, geometry.Doubles]:
    """Return a part of a picture around a box (4,), and the map into it from the picture."""
    low, high = box[:2].astype(float), box[2:].astype(float)
    side = _ROOM * float((high - low).max())
    centre = (low + high) / 2
    matrix = geometry.crop_matrix((centre[0], centre[1]), (side, side), (_CLOSE_UP, _CLOSE_UP))
    return geometry.warp(image, matrix, (_CLOSE_UP, _CLOSE_UP)), matrix


def _draw_found(network: HeatmapCNN, picture: Picture, device: torch.device) -> tuple[str, Image]:
    runtime = TorchRuntime(network, device)
    finder = PersonFinder(runtime, network.architecture, FinderSettings(min_score=0.3))
    image = read_annotated(picture)
    boxes, scores = finder(image)
    # A finder knows no joints: all of them have a score of 0, so that none is drawn.
    nothing = np.zeros((len(boxes), len(COCO_17), 3), np.float32)
    return picture.path.name, draw(image, People(COCO_17, nothing, boxes, scores))
