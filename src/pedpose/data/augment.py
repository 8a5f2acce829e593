"""Random changes to training pictures, all drawn from a generator that the caller seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pedpose.errors import ConfigError

Floats = NDArray[np.float32]
Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How much training pictures are changed; every ``*_chance`` is a probability in 0..1.

    Attributes:
        mirror_chance: Of mirroring left to right.
        scale: Least and largest zoom of a crop.
        shift: Largest move of a crop in parts of its size.
        rotation: Largest turn in degrees, to both sides.
        rotation_chance: Of turning at all.
        half_body_chance: Of showing the upper or lower half of the joints only.
        colour: Largest relative change of brightness, contrast and saturation.
        grey_chance: Of dropping all colour.
        dropout_chance: Of covering a block of the crop (coarse dropout).
        blur_chance: Of a Gaussian blur.
        coarse_chance: Of losing detail, as in a picture that was small.
    """

    mirror_chance: float = 0.5
    scale: tuple[float, float] = (0.7, 1.35)
    shift: float = 0.08
    rotation: float = 40.0
    rotation_chance: float = 0.6
    half_body_chance: float = 0.25
    colour: float = 0.3
    grey_chance: float = 0.05
    dropout_chance: float = 0.4
    blur_chance: float = 0.1
    coarse_chance: float = 0.15

    def __post_init__(self) -> None:
        """Refuse what is no number of its kind, as a configuration file may hold."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name == "scale":
                fits = _are_numbers(value) and len(value) == 2 and 0 < value[0] <= value[1]
                expected = "two numbers above 0, the smaller first"
            elif entry.name.endswith("_chance") or entry.name == "colour":
                fits, expected = _are_numbers((value,)) and 0 <= value <= 1, "0..1"
            else:
                fits, expected = _are_numbers((value,)) and value >= 0, "0 or more"
            if not fits:
                raise ConfigError(
                    f"augmentation: {entry.name}: expected {expected}, found {value!r}"
                )

    @property
    def strength(self) -> float:
        """How strong the changes are: 0 none, 1 as by default; judged by the largest move."""
        return self.shift / Augmentation().shift

    def scaled(self, strength: float) -> Augmentation:
        """Return weaker changes: strength 1 is this one, 0 changes nothing but mirrors.

        A short run, or the last stage of a long one, learns more from pictures as they are.

        Raises:
            ConfigError: If the strength is not in 0..1.
        """
        if not 0 <= strength <= 1:
            raise ConfigError(f"augmentation: expected a strength in 0..1, found {strength}")
        least, most = self.scale
        return replace(
            self,
            scale=(least**strength, most**strength),
            shift=self.shift * strength,
            rotation=self.rotation * strength,
            rotation_chance=self.rotation_chance * strength,
            half_body_chance=self.half_body_chance * strength,
            colour=self.colour * strength,
            grey_chance=self.grey_chance * strength,
            dropout_chance=self.dropout_chance * strength,
            blur_chance=self.blur_chance * strength,
            coarse_chance=self.coarse_chance * strength,
        )


def _are_numbers(values: object) -> bool:
    return isinstance(values, tuple) and all(
        isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values
    )


def half_body_box(keypoints: Floats, random: Generator) -> Floats | None:
    """Return a box (4,) around the upper or lower half of the labelled joints.

    "Half" is by height in the picture, so that it works for every skeleton.

    Args:
        keypoints: (K, 3) x, y, v.
        random: Decides which half.

    Returns:
        x1, y1, x2, y2 or None for people with too few labels to halve.
    """
    labelled = keypoints[keypoints[:, 2] > 0, :2]
    if len(labelled) < 8:
        return None
    order = labelled[np.argsort(labelled[:, 1], kind="stable")]
    half = order[: len(order) // 2] if random.random() < 0.6 else order[len(order) // 2 :]
    low, high = half.min(axis=0), half.max(axis=0)
    rim = 0.15 * np.max(high - low) + 1
    return np.concatenate([low - rim, high + rim]).astype(np.float32)


def change_pixels(image: Image, settings: Augmentation, random: Generator) -> Image:
    """Change colour, sharpness and detail of a picture (H, W, 3); its geometry stays."""
    image = _colour(image, settings.colour, random)
    if random.random() < settings.grey_chance:
        image = np.repeat(image.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    if random.random() < settings.coarse_chance:
        image = _coarse(image, random.uniform(0.25, 0.7))
    if random.random() < settings.blur_chance:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), random.uniform(0.5, 1.8)), np.uint8)
    if random.random() < settings.dropout_chance:
        image = _dropout(image, random)
    return image


def _colour(image: Image, amount: float, random: Generator) -> Image:
    """Change contrast, brightness and saturation in one matrix product per pixel."""
    contrast, brightness, saturation = 1 + amount * random.uniform(-1, 1, 3)
    tint = 1 + 0.2 * amount * random.uniform(-1, 1, 3)
    grey = np.full((3, 3), 1 / 3)
    matrix = contrast * (saturation * np.eye(3) + (1 - saturation) * grey) * tint[:, None]
    offset = 255 * (brightness - 1) * 0.5 + 127.5 * (1 - contrast)
    table = np.column_stack([matrix, np.full(3, offset)])
    return np.asarray(cv2.transform(image, table), np.uint8)


def _coarse(image: Image, factor: float) -> Image:
    height, width = image.shape[:2]
    size = max(int(width * factor), 1), max(int(height * factor), 1)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _dropout(image: Image, random: Generator) -> Image:
    """Cover one block with one colour; it stands for whatever may hide part of a person."""
    height, width = image.shape[:2]
    block_h, block_w = (random.uniform(0.12, 0.4, 2) * (height, width)).astype(int)
    top, left = random.integers(0, height - block_h), random.integers(0, width - block_w)
    covered = image.copy()
    covered[top : top + block_h, left : left + block_w] = random.integers(0, 256, 3)
    return covered
