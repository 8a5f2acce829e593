import numpy as np
import pytest

from pedpose.inference.head_memory import GROWTH, HeadMemory


def heads(*circles: tuple[float, float, float]) -> np.ndarray:
    return np.array(circles, float).reshape(-1, 3)


def contains(regions: np.ndarray, x: float, y: float) -> bool:
    return bool((np.hypot(regions[:, 0] - x, regions[:, 1] - y) <= regions[:, 2]).any())


def test_a_head_that_is_found_is_remembered_once():
    memory = HeadMemory(0.5)
    for frame in range(20):
        regions = memory.with_missing(heads((10 + frame, 20, 8)), frame / 25)
        assert regions.tolist() == [[10 + frame, 20, 8]]


def test_a_missed_head_moves_on_and_grows():
    memory = HeadMemory(0.5)
    for frame in range(10):
        memory.with_missing(heads((100 + 4 * frame, 50, 10)), frame / 10)
    (region,) = memory.with_missing(heads(), 1.1)  # 0.2 s after x = 136, at 40 pixels a second
    assert region == pytest.approx([144, 50, 10 * (1 + GROWTH * 0.4)], rel=0.01)


def test_a_missed_head_is_dropped_after_its_time():
    memory = HeadMemory(0.5)
    memory.with_missing(heads((10, 10, 5)), 1.0)
    assert len(memory.with_missing(heads(), 1.5)) == 1
    assert len(memory.with_missing(heads(), 1.51)) == 0
    assert len(memory.with_missing(heads(), 1.2)) == 0


def test_a_head_that_turns_up_again_is_not_covered_twice():
    memory = HeadMemory(0.5)
    memory.with_missing(heads((10, 10, 5)), 0.0)
    memory.with_missing(heads(), 0.1)
    assert len(memory.with_missing(heads((12, 10, 5)), 0.2)) == 1
    assert len(memory.with_missing(heads(), 0.3)) == 1


def test_the_head_of_a_neighbour_does_not_stand_in_for_a_missed_one():
    memory = HeadMemory(0.5)
    memory.with_missing(heads((10, 10, 5), (22, 10, 5)), 0.0)
    regions = memory.with_missing(heads((22, 10, 5)), 0.04)
    assert contains(regions, 10, 10) and contains(regions, 22, 10)
    # Nor does one of quite another size, nearer to the camera.
    regions = memory.with_missing(heads((22, 10, 5), (12, 12, 30)), 0.08)
    assert len(regions) == 3


def test_a_walker_stays_covered_through_half_a_second():
    # 1.5 m/s seen at 100 pixels a metre, a head region of 20 cm, 25 frames a second.
    memory = HeadMemory(0.5)
    for frame in range(10):
        memory.with_missing(heads((6 * frame, 50, 20)), frame / 25)
    for frame in range(10, 22):
        assert contains(memory.with_missing(heads(), frame / 25), 6 * frame, 50)


def test_after_a_jump_back_in_time_nothing_is_kept():
    memory = HeadMemory(0.5)
    memory.with_missing(heads((10, 10, 5)), 100.0)
    assert len(memory.with_missing(heads(), 0.0)) == 0


def test_without_time_nothing_is_kept():
    memory = HeadMemory(0.0)
    memory.with_missing(heads((10, 10, 5)), 1.0)
    assert len(memory.with_missing(heads(), 1.04)) == 0
