import pytest
import torch

from pedpose.errors import ConfigError
from pedpose.runtime.device import autocast_type, describe_device, resolve_device


def test_the_cpu_is_always_there():
    assert resolve_device("cpu") == torch.device("cpu")
    assert describe_device(torch.device("cpu")) == f"cpu ({torch.get_num_threads()} threads)"


def test_auto_takes_what_there_is():
    best = "cuda" if torch.cuda.is_available() else "cpu"
    if torch.backends.mps.is_available():
        best = "mps"
    assert resolve_device("auto").type == best


@pytest.mark.parametrize(
    "name", ["tpu", "cpu:1", "cuda:x", "cuda:-1", "cuda:99", "cuda:", "cuda:\u00b2", "", "CPU"]
)
def test_what_is_not_there_is_refused(name: str):
    with pytest.raises(ConfigError, match="device"):
        resolve_device(name)


def test_precisions():
    assert autocast_type("fp32") is None
    assert autocast_type("bf16") is torch.bfloat16
    with pytest.raises(ConfigError, match="expected one of fp32, bf16, fp16, found 'int8'"):
        autocast_type("int8")
