import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pedpose.model.person_codec import best_boxes, encode_boxes
from perfect_maps import PERFECT_LOGIT, target_to_maps

SIZE = (60, 80)
NONE = torch.zeros(0, 4)


def decoded(
    maps: torch.Tensor, min_score: float, limit: int = 10
) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes (N, 4) and scores (N,) of the first picture."""
    boxes, scores = best_boxes(maps, min_score, limit)
    return boxes[0][scores[0] > 0], scores[0][scores[0] > 0]


@settings(deadline=None)
@given(
    x=st.floats(0, 70),
    y=st.floats(0, 50),
    width=st.floats(3, 40),
    height=st.floats(3, 40),
)
def test_decode_of_encode_is_the_box(x: float, y: float, width: float, height: float):
    box = torch.tensor([[x, y, min(x + width, 80), min(y + height, 60)]])
    target = encode_boxes([box], [NONE], SIZE)
    found, scores = decoded(target_to_maps(target), 0.5)
    assert len(found) == 1
    assert torch.allclose(found, box, atol=0.15)
    assert float(scores[0]) > 0.99


def test_two_people_side_by_side_stay_two():
    boxes = torch.tensor([[10.0, 10, 20, 40], [24, 12, 34, 42]])
    found, _ = decoded(target_to_maps(encode_boxes([boxes], [NONE], SIZE)), 0.5)
    assert sorted(found[:, 0].round().tolist()) == [10, 24]


def test_unknown_regions_do_not_count_but_people_in_them_do():
    person = torch.tensor([[10.0, 10, 20, 30]])
    crowd = torch.tensor([[0.0, 0, 40, 40]])
    target = encode_boxes([person], [crowd], SIZE)
    assert bool(target.known[0, 20, 15])
    assert not bool(target.known[0, 38, 38])
    assert bool(target.known[0, 50, 60])


def test_limit_and_least_score():
    boxes = torch.tensor([[5.0 + 20 * i, 10, 15 + 20 * i, 40] for i in range(4)])
    maps = target_to_maps(encode_boxes([boxes], [NONE], SIZE))
    assert len(decoded(maps, 0.5, 2)[0]) == 2
    maps[:, 0] -= 2 * PERFECT_LOGIT
    assert len(decoded(maps, 0.5)[0]) == 0
