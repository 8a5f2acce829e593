import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from pedpose import COCO_17
from pedpose.calibration import Calibration
from pedpose.errors import CheckpointError
from pedpose.model.architecture import Architecture, Stage
from pedpose.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN


@pytest.fixture
def network() -> HeatmapCNN:
    torch.manual_seed(0)
    return HeatmapCNN(Architecture("joints", 17, width=8, height_px=64, width_px=48)).eval()


@pytest.fixture
def file(tmp_path: Path, network: HeatmapCNN) -> Path:
    path = tmp_path / "weights.safetensors"
    save_checkpoint(path, Checkpoint(network, COCO_17, {"note": "a"}, {"ap": 0.5}))
    return path


def metadata_of(file: Path) -> str:
    with safe_open(file, "pt") as opened:
        return opened.metadata()["pedpose"]


def alter(file: Path, **changes: object) -> None:
    """Write the same tensors with other metadata."""
    metadata = json.loads(metadata_of(file))
    metadata.update(changes)
    save_file(load_file(file), file, {"pedpose": json.dumps(metadata)})


def test_what_was_saved_is_loaded(file: Path, network: HeatmapCNN):
    loaded = load_checkpoint(file)
    assert loaded.skeleton == COCO_17
    assert loaded.metrics == {"ap": 0.5}
    picture = torch.rand(1, 3, 64, 48) * 255
    with torch.no_grad():
        assert torch.equal(loaded.network(picture), network(picture))


def test_what_scores_mean_is_stored(tmp_path: Path, network: HeatmapCNN):
    path = tmp_path / "calibrated.safetensors"
    calibration = {"joints": Calibration(0.5, 1.0), "people": Calibration(2.0, -0.25)}
    save_checkpoint(path, Checkpoint(network, COCO_17, calibration=calibration))
    assert load_checkpoint(path).calibration == calibration


def test_files_from_before_calibration_are_read(file: Path):
    tensors, metadata = load_file(file), json.loads(metadata_of(file))
    del metadata["calibration"]
    save_file(tensors, file, {"pedpose": json.dumps(metadata)})
    assert load_checkpoint(file).calibration == {}


def test_stages_and_choices_of_the_decoder_are_stored(tmp_path: Path):
    stages = (Stage(4, 1, kernel=5), Stage(6, 2), Stage(7, 1, stride=1, padding=1))
    architecture = Architecture(
        "joints", 17, "plain", 4, 8, 64, 48, stages, kernel=1, activation="silu", dropout=0.25
    )
    network = HeatmapCNN(architecture).eval()
    path = tmp_path / "plain.safetensors"
    save_checkpoint(path, Checkpoint(network, COCO_17))
    loaded = load_checkpoint(path).network
    assert loaded.architecture == architecture
    picture = torch.rand(1, 3, 64, 48) * 255
    with torch.no_grad():
        assert torch.equal(loaded(picture), network(picture))


def test_files_from_before_stages_are_read(file: Path, network: HeatmapCNN):
    metadata = json.loads(metadata_of(file))
    for name in ("stages", "kernel", "activation", "dropout"):
        del metadata["architecture"][name]
    alter(file, architecture=metadata["architecture"])
    loaded = load_checkpoint(file).network
    assert loaded.architecture == network.architecture
    picture = torch.rand(1, 3, 64, 48) * 255
    with torch.no_grad():
        assert torch.equal(loaded(picture), network(picture))


@pytest.mark.parametrize("entry", [{"slope": -1, "offset": 0}, {"slope": 1}, {"slope": "x"}, 3])
def test_broken_calibration_is_refused(file: Path, entry: object):
    alter(file, calibration={"joints": entry})
    with pytest.raises(CheckpointError, match="damaged metadata"):
        load_checkpoint(file)


def test_half_precision_halves_the_file(tmp_path: Path, file: Path, network: HeatmapCNN):
    half = tmp_path / "half.safetensors"
    save_checkpoint(half, Checkpoint(network, COCO_17), half=True)
    assert half.stat().st_size < 0.55 * file.stat().st_size
    assert load_checkpoint(half).network.head.weight.dtype == torch.float32


def test_missing_file(tmp_path: Path):
    with pytest.raises(CheckpointError, match="found no such file"):
        load_checkpoint(tmp_path / "nothing.safetensors")


def test_random_bytes(tmp_path: Path):
    path = tmp_path / "noise.safetensors"
    path.write_bytes(bytes(range(256)) * 8)
    with pytest.raises(CheckpointError, match="expected a safetensors file, found something else"):
        load_checkpoint(path)


def test_a_pickle_is_named_and_not_loaded(tmp_path: Path):
    path = tmp_path / "model.pt"
    torch.save({"weight": torch.zeros(3)}, path)
    with pytest.raises(CheckpointError, match=r"found a pickle or torch.save file"):
        load_checkpoint(path)


def test_safetensors_of_another_program(tmp_path: Path):
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(CheckpointError, match="of another program"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 99}, "expected format version 1, found 99"),
        ({"architecture": {"task": "joints"}}, "damaged metadata"),
        ({"architecture": {"task": "joints", "outputs": 17, "backbone": "vit"}}, "found 'vit'"),
        ({"architecture": {"task": "joints", "outputs": 17, "backbone_stride": 0}}, "found 0"),
        ({"architecture": {"task": "joints", "outputs": 17, "width": 10**6}}, "found 1000000"),
        ({"architecture": {"task": "person", "outputs": 7}}, "expected 5, found 7"),
        ({"architecture": {"task": "joints", "outputs": 17, "heads": 8}}, "found 'heads'"),
        (
            {"architecture": {"task": "joints", "outputs": 17, "backbone": "plain", "stages": [3]}},
            r"stages\[0\]: expected fields and their values, found 3",
        ),
        ({"architecture": ["joints", 17]}, "expected fields and their values"),
        ({"mean": [0, 0, 0]}, "expected .*'mean'.*, found .*0, 0, 0"),
        ({"skeleton": "x"}, "damaged metadata"),
        ({"skeleton": {"names": ["a"], "limbs": [[0, 1e999]]}}, "damaged metadata"),
        ({"training": 3}, "damaged metadata"),
        ({"skeleton": None}, "expected a skeleton of 17 joints, found no skeleton"),
        ({"skeleton": {"names": ["a"], "limbs": []}}, "of 17 joints, found 1 joints"),
        ({"architecture": {"task": "joints", "outputs": 17, "width": 9}}, "do not fit"),
    ],
)
def test_metadata_that_does_not_fit(file: Path, changes: dict[str, object], message: str):
    alter(file, **changes)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_checkpoint(file)
    assert str(file) in str(caught.value)


def test_numbers_that_are_none(file: Path, network: HeatmapCNN):
    network.head.weight.data[0] = float("nan")
    save_checkpoint(file, Checkpoint(network, COCO_17))
    with pytest.raises(CheckpointError, match=r"NaN or infinity in head\.weight"):
        load_checkpoint(file)
