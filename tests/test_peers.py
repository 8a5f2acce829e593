"""The comparison with other tools."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

PEERS = Path(__file__).parents[1] / "benchmarks" / "peers"

# As the documentation shows it, with a picture whose name looks like a line of its own.
PRINTED = """\
Ultralytics 8.4.190 🚀 Python-3.13.0 torch-2.10.0 CPU
YOLO11n-pose summary (fused): 109 layers, 2,866,468 parameters, 0 gradients, 7.4 GFLOPs

image 1/4 /tmp/pictures/0000.png: 384x640 10 persons, 78.9ms
image 2/4 /tmp/7 persons, 3.0ms/0001.png: 480x640 1 person, 61.0ms
image 3/4 /tmp/pictures/0002.png: 384x640 2 persons, 1 tie, 40.5ms
image 4/4 /tmp/pictures/0003.png: 384x640 (no detections), 38ms
Speed: 1.4ms preprocess, 54.6ms inference, 0.6ms postprocess per image at shape (1, 3, 384, 640)
"""


@pytest.fixture(autouse=True)
def scripts_can_be_imported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(PEERS))


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PEERS / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def line(tool: str, times: list[float], **more: object) -> dict[str, object]:
    figures = {"ms_median": sorted(times)[len(times) // 2], "times_ms": times, "people": 2}
    figures |= {"boxes": 2, "cold_start_s": 1.0, "peak_mib": 100}
    told = {"tool": tool, "variant": "default", "picture": "a.png", "note": "", "threads": 2}
    return {**told, "version": "1", "model": "net", "licence": "MIT", **figures, **more}


def test_lines_of_ultralytics_are_read():
    from ultralytics_lines import read_around_ms, read_picture_line

    lines = PRINTED.splitlines()
    found = [p for p in map(read_picture_line, lines) if p is not None]
    assert [p.people for p in found] == [10, 1, 2, 0]
    assert [p.inference_ms for p in found] == [78.9, 61.0, 40.5, 38.0]
    assert read_around_ms(lines) == pytest.approx(2.0)


def test_missing_speed_of_ultralytics_is_told():
    from ultralytics_lines import read_around_ms

    with pytest.raises(ValueError, match="Speed"):
        read_around_ms(PRINTED.splitlines()[:-1])


def test_pictures_show_as_many_people_as_they_say(tmp_path: Path):
    from made_pictures import make_pictures

    pictures = make_pictures(tmp_path)
    assert [(p.size, len(p.boxes)) for p in pictures] == [((640, 480), 3), ((1280, 720), 10)]
    told = json.loads((tmp_path / "pictures.json").read_text())
    assert [len(p["boxes"]) for p in told] == [3, 10]
    for picture in pictures:
        width, height = picture.size
        assert cv2.imread(str(tmp_path / picture.name)).shape == (height, width, 3)
        for x1, y1, x2, y2 in picture.boxes:  # nobody is cut by the edge
            assert 0 <= x1 < x2 <= width
            assert 0 <= y1 < y2 <= height


def test_parts_keep_their_shape():
    from made_pictures import PARTS

    for part in PARTS:
        assert part.window[2] * part.size[1] == part.window[3] * part.size[0]


def test_rounds_are_put_together():
    from summary import markdown, pool

    slow, fast = line("slow", [10.0, 20.0, 30.0]), line("fast", [3.0, 4.0, 5.0], people=None)
    again = line("slow", [40.0, 50.0, 60.0], cold_start_s=0.5, peak_mib=120)
    absent = {"tool": "absent", "variant": "large", "picture": "a.png", "note": "no model"}
    rows = pool([slow, fast, {**absent, "ms_median": None}, again, fast])
    first = rows[0]
    assert (first["ms_median"], first["ms_min"], first["ms_rounds"]) == (35.0, 10.0, [20.0, 50.0])
    assert (first["cold_start_s"], first["peak_mib"], first["repeats"]) == (0.5, 120, 6)
    table = markdown(rows, "a.png", 3).splitlines()
    assert [row.split(" | ")[0] for row in table[4:6]] == ["| fast 1", "| slow 1"]
    assert "| - |" in table[4]
    assert "| 2 of 3 | 35.0 | 10.0 | 20.0 / 50.0 | 0.5 | 120 |" in table[5]
    assert table[-2] == "- absent large: no model"
    assert table[-1].endswith("the rounds differ: slow")


def test_missing_environment_is_told(tmp_path: Path):
    result = run("run.py", "--env", f"rtmlib={tmp_path}/none")
    assert result.returncode == 2
    assert f"{tmp_path}/none: expected a virtual environment" in result.stderr


@pytest.mark.parametrize("wrong", ["rtmlib", "nobody=/tmp"])
def test_wrong_names_are_told(wrong: str):
    result = run("run.py", "--env", wrong)
    assert result.returncode == 2
    assert (
        f"expected NAME=PATH, NAME of pedpose, torchvision, rtmlib, mediapipe, ultralytics, "
        f"teacher, found {wrong!r}" in result.stderr
    )


def test_pedpose_is_measured(tmp_path: Path):
    from made_pictures import make_pictures

    picture = make_pictures(tmp_path)[0]
    result = run("peer_pedpose.py", tmp_path / picture.name, "--repeats", 1)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout.splitlines()[-1])
    assert (told["tool"], told["picture"], told["people"]) == ("pedpose", picture.name, 3)
    assert told["times_ms"] == [told["ms_median"]] == [told["ms_min"]]
    assert told["cold_start_s"] > 0
    assert told["peak_mib"] > 50


def test_no_script_imports_ultralytics():
    for script in PEERS.glob("*.py"):
        text = script.read_text()
        assert "import ultralytics\n" not in text
        assert "from ultralytics " not in text
        assert "from ultralytics." not in text
