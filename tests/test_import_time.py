"""Starting must not load PyTorch: that is what makes --help slow."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("code", ["import pedpose", "import pedpose.cli.main"])
def test_torch_is_not_imported_at_the_start(code: str):
    check = f"import sys; {code}; print('torch' in sys.modules, 'cv2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_networks_of_our_own_do_not_wait_for_torchvision():
    check = "import sys; import pedpose.inference.detector; print('torchvision' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
