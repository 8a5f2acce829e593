"""The diagnosis of made-up runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from pedpose.diagnosis.diagnosis import Diagnosis, RunFacts, diagnose
from pedpose.diagnosis.fit import best_reading, line, measure_fit
from pedpose.diagnosis.history import Reading

# From chance to human there is 0.2 to go: 0.02 is a tenth of it, 0.004 a fiftieth.
REFERENCES = {"chance": {"error": 0.22, "ap": 0.0}, "human": {"error": 0.02, "ap": 0.8}}
FACTS = RunFacts(
    people=500,
    parameters=1_290_000,
    epochs_done=9,
    epochs_planned=9,
    augmentation=0.5,
    frozen_stride=0,
    task="joints",
    sigma_source="annotation file",
    val_people=200,
)
FALLING_LOSS = [3.0, 2.0, 1.5, 1.2, 1.1, 1.0, 0.95, 0.92, 0.9]


def joints(
    train: Sequence[float] | None, val: Sequence[float], loss: Sequence[float] = FALLING_LOSS
) -> list[Reading]:
    """Return a run of a joint network with these errors."""
    return [
        Reading(
            *(10 * epoch, float(epoch), 60.0 * epoch, 1e-3 / epoch, loss[epoch - 1]),
            train={} if train is None else {"ap": 1 - train[epoch - 1], "error": train[epoch - 1]},
            val={"ap": 1 - val[epoch - 1], "error": val[epoch - 1]},
        )
        for epoch in range(1, len(val) + 1)
    ]


def finder(train: Sequence[float], val: Sequence[float]) -> list[Reading]:
    """Return a run of a person finder with these box APs."""
    return [
        Reading(
            *(10 * epoch, float(epoch), 60.0 * epoch, 1e-3, FALLING_LOSS[epoch - 1]),
            train={"box_ap": train[epoch - 1]},
            val={"box_ap": val[epoch - 1]},
        )
        for epoch in range(1, len(val) + 1)
    ]


def text(diagnosis: Diagnosis) -> str:
    return "\n".join([diagnosis.headline, *diagnosis.reasons, *diagnosis.advice])


TO_40 = [0.2, 0.15, 0.1, 0.07, 0.05, 0.043, 0.04, 0.04, 0.04]
FLAT_30 = [0.18, 0.12, 0.08, 0.05, 0.04, 0.033, 0.03, 0.03, 0.03]


@pytest.mark.parametrize(
    ("train", "val", "verdict"),
    [
        # Training 0.03 is 0.01 above the human, validation 0.01 above training: a twentieth each.
        (FLAT_30, TO_40, "good fit"),
        # Training 0.05 is 0.03 above the human; validation only 0.005 above training.
        ([0.2, 0.1, 0.05, 0.05, 0.05, 0.05], [0.2, 0.1, 0.06, 0.055, 0.055, 0.055], "under-fits"),
        # Validation lies 0.05 above training.
        ([0.2, 0.1, 0.02, 0.02, 0.02, 0.02], [0.2, 0.1, 0.07, 0.07, 0.07, 0.07], "over-fits"),
        # Both gaps are large, that to the human is larger.
        ([0.2, 0.1, 0.08, 0.08, 0.08, 0.08], [0.2, 0.15, 0.11, 0.11, 0.11, 0.11], "under-fits"),
        # Validation got worse by 0.01 in the last third while training got better.
        (
            [0.2, 0.1, 0.06, 0.05, 0.04, 0.036, 0.033, 0.031, 0.03],
            [0.2, 0.1, 0.06, 0.05, 0.04, 0.035, 0.035, 0.04, 0.045],
            "over-fits",
        ),
        # Both fall by 0.01 in the last third.
        (
            [0.2, 0.1, 0.08, 0.07, 0.06, 0.055, 0.05, 0.045, 0.04],
            [0.2, 0.11, 0.09, 0.08, 0.07, 0.065, 0.06, 0.055, 0.05],
            "still learning",
        ),
        # Both rise in the last third.
        (
            [0.2, 0.1, 0.08, 0.07, 0.06, 0.05, 0.06, 0.07, 0.08],
            [0.2, 0.1, 0.08, 0.07, 0.06, 0.05, 0.07, 0.08, 0.09],
            "diverging",
        ),
        # As far from the labels as somebody who never looks.
        ([0.22] * 9, [0.23] * 9, "not learning"),
        ([0.21] * 9, [0.22] * 9, "not learning"),
    ],
)
def test_verdicts_by_curves(train: list[float], val: list[float], verdict: str) -> None:
    found = diagnose(joints(train, val), REFERENCES, FACTS)
    assert found.verdict == verdict
    assert found.headline.endswith(".") and found.reasons and found.advice
    assert f"training {train[-1]:.3f}, validation {val[-1]:.3f}, chance 0.220, human 0.020" in (
        text(found)
    )


def test_thresholds_are_tenths_of_the_way() -> None:
    for above, verdict in ((0.019, "good fit"), (0.021, "under-fits")):
        flat = [0.02 + above] * 4
        assert diagnose(joints(flat, flat), REFERENCES, FACTS).verdict == verdict
    for above, verdict in ((0.019, "good fit"), (0.021, "over-fits")):
        found = diagnose(joints([0.02] * 4, [0.02 + above] * 4), REFERENCES, FACTS)
        assert found.verdict == verdict
    for fall, verdict in ((0.0038, "good fit"), (0.0042, "still learning")):
        curve = [0.03 + fall, 0.03 + fall / 2, 0.03]
        assert diagnose(joints(curve, curve), REFERENCES, FACTS).verdict == verdict


@pytest.mark.parametrize(
    "loss", [[3.0, 2.0, math.nan], [3.0, 2.0, math.inf], [2.0, 3.1, 3.2], [math.nan] * 3]
)
def test_a_loss_that_breaks_is_diverging(loss: list[float]) -> None:
    found = diagnose(joints(FLAT_30[:3], TO_40[:3], loss), REFERENCES, FACTS)
    assert found.verdict == "diverging"
    assert f"The loss is {loss[-1]:.4g}" in text(found)
    assert found.advice[0] == "Lower the learning rate: 0.0003 instead of 0.001."


def test_one_bad_reading_is_not_diverging() -> None:
    loss = [2.0, 1.0, 1.6, 1.0, 0.9, 1.5]
    found = diagnose(joints(FLAT_30[:6], TO_40[:6], loss), REFERENCES, FACTS)
    assert found.verdict != "diverging"


def test_one_reading() -> None:
    found = diagnose(joints([0.1], [0.12]), REFERENCES, replace(FACTS, epochs_done=1))
    assert found.verdict == "too early to say"
    assert (
        found.headline == "It is too early to say how well the network fits: 1 validation so far."
    )
    assert found.advice[0] == "Let it run: 1 of 9 epochs are done."
    broken = [Reading(1, 0.1, 1.0, 1e-2, math.nan)]
    assert diagnose(broken, {}, FACTS).verdict == "diverging"
    short = diagnose(joints([0.1], [0.12]), REFERENCES, replace(FACTS, epochs_planned=1))
    assert "validate more often" in short.advice[0]


def test_no_reading() -> None:
    found = diagnose([], REFERENCES, replace(FACTS, epochs_done=0))
    assert found.verdict == "too early to say"
    assert found.reasons == ("Nothing has been measured yet.",)


def test_early_in_a_run_only_what_is_certain_is_said() -> None:
    flat = joints([0.05] * 4, [0.055] * 4)
    assert diagnose(flat, REFERENCES, replace(FACTS, epochs_planned=100)).verdict == (
        "too early to say"  # less than a tenth is done
    )
    found = diagnose(flat, REFERENCES, replace(FACTS, epochs_planned=30))
    assert found.verdict == "too early to say" and "30% of the run is done" in found.headline
    apart = joints([0.02] * 4, [0.1] * 4)
    assert diagnose(apart, REFERENCES, replace(FACTS, epochs_planned=30)).verdict == "over-fits"


def test_without_validation_only_the_loss_is_known() -> None:
    falling = [replace(reading, train={}, val={}) for reading in joints(None, TO_40)]
    for reading in falling[-3:]:
        object.__setattr__(reading, "loss", 1.5 - reading.epoch / 10)
    found = diagnose(falling, {}, FACTS)
    assert found.verdict == "still learning"
    assert "training loss still falls" in found.headline
    assert "Give validation data" in text(found)
    flat = [replace(reading, loss=1.0) for reading in falling]
    found = diagnose(flat, {}, FACTS)
    assert found.verdict == "too early to say"
    assert found.headline == "How well the network fits cannot be said without validation data."
    assert "of late it is flat" in text(found)


def test_without_training_figures_the_gap_is_not_known() -> None:
    flat = [*TO_40, 0.04, 0.04]
    found = diagnose(joints(None, flat, [1.0] * 11), REFERENCES, FACTS)
    assert found.verdict == "too early to say"
    assert "its error on training data is not known" in found.headline
    assert "Training figures are not measured" in text(found)
    rising = [0.2, 0.1, 0.05, 0.04, 0.04, 0.04, 0.05, 0.06, 0.07]
    assert diagnose(joints(None, rising), REFERENCES, FACTS).verdict == "over-fits"


def test_without_references_a_joint_network_is_judged_by_its_ap() -> None:
    found = diagnose(joints([0.05] * 4, [0.1] * 4), {}, FACTS)
    assert found.verdict == "good fit"
    assert "ap. At epoch 4: training 0.950, validation 0.900." in found.reasons
    found = diagnose(joints([0.05] * 4, [0.3] * 4), {}, FACTS)
    assert found.verdict == "over-fits"


@pytest.mark.parametrize("human", [{"error": 0.3}, {"error": 0.2}])
def test_humans_that_are_no_better_than_chance_are_not_used(human: dict[str, float]) -> None:
    references = {"chance": {"error": 0.2}, "human": human}
    found = diagnose(joints([0.05] * 4, [0.06] * 4), references, FACTS)
    assert found.verdict == "good fit"
    assert "ap. At epoch 4: training 0.950, validation 0.940." in found.reasons
    assert f"no larger than that of a human, {human['error']:.3f}: all poses" in text(found)


def test_people_who_all_stand_alike_leave_nothing_to_compare_with() -> None:
    found = diagnose(joints([0.05] * 4, [0.06] * 4), {"chance": {"error": 0.0}}, FACTS)
    assert found.verdict == "good fit"
    assert "all poses are alike" in text(found)


def test_without_a_human_half_of_the_way_has_to_be_done() -> None:
    for error, verdict in ((0.09, "good fit"), (0.11, "under-fits")):
        flat = joints([error] * 4, [error] * 4)
        assert diagnose(flat, {"chance": {"error": 0.2}}, FACTS).verdict == verdict


def test_what_is_known_by_heart_over_fits_though_validation_still_falls() -> None:
    # Nine errors, of which the last three fall by 0.008: twice what counts as falling.
    def verdict(train: float, val: float) -> str:
        errors = [val + fall for fall in (0.05, 0.04, 0.03, 0.02, 0.015, 0.011, 0.008, 0.004, 0.0)]
        return diagnose(joints([train] * 9, errors), REFERENCES, FACTS).verdict

    assert verdict(0.020, 0.122) == "over-fits"
    # Training has something left to learn, or more than half of the way holds for others, too.
    assert verdict(0.021, 0.123) == "still learning"
    assert verdict(0.020, 0.118) == "still learning"


def test_better_than_a_human_on_training_data() -> None:
    found = diagnose(joints([0.01] * 4, [0.025] * 4), REFERENCES, FACTS)
    assert found.verdict == "good fit"
    assert "closer to the labels than another human would be" in text(found)


@pytest.mark.parametrize(
    ("train", "val", "verdict"),
    [
        ([0.2, 0.4, 0.55, 0.6, 0.6, 0.6], [0.2, 0.4, 0.52, 0.55, 0.55, 0.55], "good fit"),
        ([0.2, 0.4, 0.8, 0.8, 0.8, 0.8], [0.2, 0.4, 0.5, 0.5, 0.5, 0.5], "over-fits"),
        ([0.2, 0.4, 0.4, 0.4, 0.4, 0.4], [0.2, 0.3, 0.37, 0.37, 0.37, 0.37], "under-fits"),
        ([0.2, 0.3, 0.4, 0.45, 0.5, 0.55], [0.2, 0.3, 0.35, 0.4, 0.45, 0.5], "still learning"),
        ([0.01] * 6, [0.0] * 6, "not learning"),
    ],
)
def test_person_finders(train: list[float], val: list[float], verdict: str) -> None:
    facts = replace(FACTS, task="person", sigma_source="none")
    found = diagnose(finder(train, val), {}, facts)
    assert found.verdict == verdict
    assert f"box_ap. At epoch 6: training {train[-1]:.3f}, validation {val[-1]:.3f}." in (
        found.reasons
    )
    assert "human" not in text(found) and "chance" not in text(found)


@pytest.mark.parametrize(("people", "said"), [(29, True), (30, False), (None, False), (1, True)])
def test_few_people_to_validate_on_are_named(people: int | None, said: bool) -> None:
    found = diagnose(joints(FLAT_30, TO_40), REFERENCES, replace(FACTS, val_people=people))
    assert any(f"Only {people} people" in reason for reason in found.reasons) == said
    assert any("Validate on more than" in step for step in found.advice) == said
    if people == 29:
        assert "off by up to 0.18" in found.reasons[0]  # 1.96 * sqrt(0.25 / 29)


def test_the_best_reading_is_named() -> None:
    val = [0.2, 0.1, 0.06, 0.05, 0.04, 0.035, 0.035, 0.04, 0.045]
    found = diagnose(joints(FLAT_30, val), REFERENCES, FACTS)
    assert "The best validation was at epoch 6: error 0.035, against error 0.045 at the end." in (
        found.reasons
    )
    assert any(step.startswith("Stop early: after epoch 6") for step in found.advice)
    assert "The best validation was the last one." in text(
        diagnose(joints(FLAT_30[:6], val[:6]), REFERENCES, FACTS)
    )


def test_advice_fits_the_run() -> None:
    under = joints([0.1] * 4, [0.1] * 4)
    plain = diagnose(under, REFERENCES, FACTS).advice
    assert "1.3 million" in plain[0] and "(strength 0.5 now)" in text(
        diagnose(under, REFERENCES, FACTS)
    )
    frozen = diagnose(under, REFERENCES, replace(FACTS, frozen_stride=8, augmentation=0.0)).advice
    assert frozen[0] == "Train all layers: those up to stride 8 keep their initial weights."
    assert not any("Regularise less" in step for step in frozen)
    over = joints([0.02] * 4, [0.1] * 4)
    few = diagnose(over, REFERENCES, FACTS).advice
    assert few[0].startswith("Collect more people than 500")
    assert any("--init shipped" in step for step in few)
    known = diagnose(over, REFERENCES, replace(FACTS, from_nothing=False)).advice
    assert any("--backbone-rate 0.1" in step for step in known)
    assert not any("--init shipped" in step for step in known)
    many = diagnose(over, REFERENCES, replace(FACTS, people=50_000, augmentation=1.0)).advice
    assert not any("--init" in step or "Change the pictures" in step for step in many)
    assert any("`pedpose data check`" in step for step in few)


def test_a_run_is_finished_but_for_a_fraction_of_an_epoch() -> None:
    falling = joints([0.1, 0.08, 0.06], [0.1, 0.08, 0.06])
    done = diagnose(falling, REFERENCES, replace(FACTS, epochs_done=8.9))
    assert done.verdict == "still learning" and done.advice[0].startswith("Train longer: 18 epochs")
    half = diagnose(falling, REFERENCES, replace(FACTS, epochs_done=4.5))
    assert half.advice[0] == "Let it finish: 4.5 of 9 epochs are done."


def test_a_line_through_the_last_third() -> None:
    assert line([1, 2], [1, 2]) is None
    trend = line(list(range(12)), [9.0] * 8 + [0.4, 0.3, 0.2, 0.1])
    assert trend is not None
    assert (trend.change, trend.epochs) == (pytest.approx(-0.3), 3)
    assert trend.scatter == pytest.approx(0, abs=1e-12)
    noisy = line([1, 2, 3], [0.5, 0.0, 0.45])
    assert noisy is not None and noisy.direction == "flat"  # -0.05, but it scatters by 0.2
    still = line([1, 1, 1], [0.1, 0.2, 0.3])
    assert still is not None and still.change == 0


def test_the_fit_is_measured_at_the_last_validation() -> None:
    history = joints(FLAT_30, TO_40)
    after = [*history, Reading(100, 9.5, 600.0, 1e-5, 0.9)]
    fit = measure_fit(after, REFERENCES)
    assert fit is not None and fit.last is history[-1]
    assert fit.bias == pytest.approx(0.05) and fit.variance == pytest.approx(0.05)
    assert fit.learned == pytest.approx(0.95)
    assert measure_fit([Reading(1, 1.0, 1.0, 1.0, 1.0)], REFERENCES) is None


def test_the_best_weights_are_those_with_the_best_ap() -> None:
    assert best_reading([]) is None
    one, two, three = joints(None, [0.3, 0.1, 0.1])
    assert best_reading([one, two, three]) is two
    by_error = [replace(reading, val={"error": reading.val["error"]}) for reading in (one, two)]
    assert best_reading(by_error) is by_error[1]
