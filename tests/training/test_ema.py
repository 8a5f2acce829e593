import torch

from pedpose.model.architecture import Architecture
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.training.ema import ExponentialAverage


def small_network() -> HeatmapCNN:
    return HeatmapCNN(Architecture("joints", 2, width=8, height_px=32, width_px=32))


def fill(network: HeatmapCNN, value: float) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(value)


def test_it_moves_by_its_decay():
    network = small_network()
    fill(network, 0.0)
    average = ExponentialAverage(network, 0.9)
    fill(network, 1.0)
    bias = average.network.head.bias
    assert bias is not None
    average.update(network, 1000)
    assert torch.allclose(bias, torch.tensor(0.1))
    average.update(network, 1001)
    assert torch.allclose(bias, torch.tensor(0.19))


def test_first_steps_forget_the_random_start():
    network = small_network()
    fill(network, 0.0)
    average = ExponentialAverage(network, 0.999)
    fill(network, 1.0)
    average.update(network, 0)
    assert average.network.head.bias is not None
    assert torch.allclose(average.network.head.bias, torch.tensor(0.9))


def test_statistics_are_averaged_and_counters_copied():
    network = small_network()
    average = ExponentialAverage(network, 0.5)
    network.train()
    network(torch.rand(2, 3, 32, 32) * 255)
    average.update(network, 1000)
    for name, value in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            assert average.network.state_dict()[name] == value == 1
    found = average.network.backbone.get_submodule("bn1").running_mean
    true = network.backbone.get_submodule("bn1").running_mean
    assert torch.allclose(found, true / 2)
    assert not average.network.training
