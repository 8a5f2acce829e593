"""The kinds of faults, each with a short name that scripts can rely on."""

from __future__ import annotations

from typing import Literal

Severity = Literal["error", "warning"]

# An error is certainly wrong: training or measuring would break on it, or be wrong with it.
# A warning is worth a look.
CODES: dict[str, tuple[Severity, str]] = {
    "bad-skeleton": ("error", "the category contradicts itself"),
    "limb-outside": ("error", "limbs of the skeleton that point to no joint"),
    "side-without-partner": ("warning", "joints whose sides cannot be told"),
    "no-sigmas": ("warning", "a skeleton without OKS sigmas: AP needs --sigmas"),
    "missing-teacher-heatmaps": ("error", "a file of teacher heatmaps that is not there"),
    "bad-image": ("error", "image entries that are not whole"),
    "duplicate-image-id": ("error", "an image id twice"),
    "duplicate-file-name": ("error", "one picture file listed twice"),
    "missing-picture": ("error", "pictures that are not on disk"),
    "unreadable-picture": ("error", "pictures that cannot be read to their end"),
    "wrong-size": ("error", "pictures of another size than the file says"),
    "duplicate-picture": ("warning", "the same picture under several names"),
    "near-duplicate-picture": ("warning", "pictures that look nearly the same"),
    "leak": ("error", "the same picture in two splits"),
    "near-leak": ("warning", "nearly the same picture in two splits"),
    "bad-annotation": ("error", "annotations that are no object with an id"),
    "duplicate-annotation-id": ("error", "an annotation id twice"),
    "unknown-image": ("error", "annotations of an image that is not listed"),
    "unknown-category": ("error", "annotations of a category that is not listed"),
    "not-a-number": ("error", "NaN, infinity or something else where a number belongs"),
    "bad-iscrowd": ("error", "iscrowd that is neither 0 nor 1"),
    "bad-box": ("error", "a missing bbox or one that is not four numbers"),
    "empty-box": ("error", "boxes without width or height"),
    "box-outside": ("error", "boxes that reach out of their picture"),
    "no-area": ("warning", "people without area: AP takes 0.53 of the box"),
    "bad-area": ("error", "areas that are not above 0 or larger than their box"),
    "joint-count": ("error", "keypoints that are not three numbers a joint"),
    "bad-visibility": ("error", "visibility v that is not 0, 1 or 2"),
    "unlabelled-coordinates": ("warning", "joints with v = 0 that have coordinates"),
    "no-num-keypoints": ("warning", "people without num_keypoints, which pycocotools needs"),
    "wrong-num-keypoints": ("error", "num_keypoints that is not the number of labelled joints"),
    "bad-scores": ("error", "scores that are not one number in 0..1 a joint"),
    "bad-head-box": ("error", "boxes of the head that are none"),
    "joint-outside": ("error", "labelled joints outside their picture"),
    "joint-off-box": ("warning", "joints far outside the box of their person"),
    "no-joints": ("warning", "people with a box but without a labelled joint"),
    "duplicate-person": ("error", "the same person annotated twice"),
    "near-duplicate-person": ("warning", "two people who are nearly the same"),
    "likely-swap": ("warning", "left and right likely exchanged, by the geometry of a body"),
    "likely-swap-model": ("warning", "left and right likely exchanged, in the network's opinion"),
    "outlier": ("warning", "worth a look: what is furthest from the rest of the file, first"),
}
"""Each code with its severity and what it finds."""
