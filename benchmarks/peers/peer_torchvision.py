"""Time torchvision's Keypoint R-CNN on one picture.

usage: peer_torchvision.py PICTURE [--people 3] [--repeats 15]

Takes the weights from the cache of torch.hub, or those of --model. Without them the time alone is
measured, with random weights: these find a "person" in every place, so that the joint head would
run on the most that torchvision allows, 100, which takes several times as long as with trained
weights. The number is therefore limited to that of --people.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torchvision
from measuring import Tool, measure, options, read_rgb
from torchvision.models.detection import (
    KeypointRCNN_ResNet50_FPN_Weights,
    keypointrcnn_resnet50_fpn,
)
from torchvision.transforms.functional import to_tensor

LEAST_SCORE = 0.5
TRAINED = f"people with a score of {LEAST_SCORE} or more"
RANDOM = (
    "weights not present: random ones, for the time only; the joint head runs on as many boxes as "
    "there are people, which is the least that trained weights would need"
)


def main() -> None:
    """Print the line of this picture."""
    arguments = options(__doc__)
    torch.set_num_threads(arguments.threads)
    address = KeypointRCNN_ResNet50_FPN_Weights.COCO_V1.url
    file = arguments.model or Path(torch.hub.get_dir()) / "checkpoints" / Path(address).name
    trained = file.is_file()
    limit = {} if trained else {"box_detections_per_img": arguments.people}
    torch.manual_seed(0)
    network = keypointrcnn_resnet50_fpn(weights=None, weights_backbone=None, **limit).eval()
    if trained:
        network.load_state_dict(torch.load(file, weights_only=True))
    picture = read_rgb(arguments.picture)

    def count() -> int:
        with torch.inference_mode():
            found = network([to_tensor(picture)])[0]
        found["keypoints"].numpy()
        return int((found["scores"] >= LEAST_SCORE).sum()) if trained else len(found["scores"])

    tool = Tool(
        *("torchvision", arguments.variant, torchvision.__version__),
        model="keypointrcnn_resnet50_fpn" + ("" if trained else ", random weights"),
        licence="code BSD-3-Clause, weights BSD-3-Clause",
        note=TRAINED if trained else RANDOM,
        trained=trained,
    )
    measure(arguments, tool, count)


if __name__ == "__main__":
    main()
