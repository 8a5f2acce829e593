"""Starting must not load PyTorch: that is what makes --help slow."""

import subprocess
import sys
from pathlib import Path

import pytest

PICTURE = Path(__file__).parents[1] / "samples" / "plaza.jpg"


@pytest.mark.parametrize("code", ["import pedpose", "import pedpose.cli.main"])
def test_torch_is_not_imported_at_the_start(code: str):
    check = f"import sys; {code}; print('torch' in sys.modules, 'cv2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_detecting_without_torch_does_not_load_it(runtime: str, tmp_path: Path):
    words = ["detect", str(PICTURE), "--out", str(tmp_path), "--device", "cpu"]
    code = (
        "import sys; from typer.testing import CliRunner; from pedpose.cli.main import app; "
        f"done = CliRunner().invoke(app, {[*words, '--runtime', runtime]!r}); "
        "print(done.output, file=sys.stderr); print(done.exit_code, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "False"], done.stderr
    assert f"runtime: {runtime} " in done.stderr


def test_networks_of_our_own_do_not_wait_for_torchvision():
    check = "import sys; import pedpose.inference.torch_stages; print('torchvision' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
