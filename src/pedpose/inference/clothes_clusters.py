"""The main colours of some pixels, by k-means.

Distances are those of CIE Lab with lightness halved: folds and shade change the lightness of one
cloth a lot, and its hue little. Nothing here is random: the clusters begin as parts into which the
pixels are split again and again at the mean of the coordinate that varies most.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.clothing import ClothColour
from pedpose.inference.clothes_names import colour_names, to_hex, to_lab

CLUSTERS = 4
ALIKE = 12.0
"""Distance below which two clusters are one colour; twice that where both have the same name."""

LEAST_SHARE = 0.05
"""Smaller clusters are left out: they are seams, buttons and edges."""

_SCALE = np.array([0.5, 1.0, 1.0], np.float32)
_PLAIN = 1.0  # standard deviation below which there is nothing to split
_STOP = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 0.5)

Lab = NDArray[np.float32]
Labels = NDArray[np.int32]


def main_colours(pixels: NDArray[np.uint8]) -> tuple[ClothColour, ...]:
    """Return the main colours of RGB pixels (N, 3), N >= 1, the largest share first."""
    lab = to_lab(pixels)
    space = lab * _SCALE
    labels = _split(space)
    count = int(labels.max()) + 1
    if count > 1:
        # With the first labels given and one attempt OpenCV draws no random numbers.
        flags = cv2.KMEANS_USE_INITIAL_LABELS
        _, found, _ = cv2.kmeans(space, count, labels[:, None], _STOP, 1, flags)
        labels = np.asarray(found[:, 0], np.int32)
    counts = np.bincount(labels, minlength=count)
    sums = np.array([np.bincount(labels, axis, count) for axis in lab.T], np.float64).T
    means, sizes = _merged(sums[counts > 0], counts[counts > 0])
    order = np.argsort(-sizes, kind="stable")
    means, shares = means[order], _shares(sizes[order])
    return tuple(map(ClothColour, to_hex(means), colour_names(means), shares.tolist()))


def _shares(sizes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return sizes (K,), largest first, as hundredths that sum to one, by largest remainders."""
    exact = 100 * sizes / sizes.sum()
    whole = np.floor(exact)
    left = round(100 - whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:left]] += 1
    return np.asarray(whole / 100)


def _split(space: Lab) -> Labels:
    """Return for each pixel (N, 3) in which of at most CLUSTERS parts it begins."""
    labels = np.zeros(len(space), np.int32)
    means, variances = {}, {}
    changed = [0]
    for new in range(1, CLUSTERS):
        for part in changed:
            members = space if new == 1 else space[labels == part]
            mean, deviation = cv2.meanStdDev(members[None])
            means[part] = mean[:, 0]
            # The pixels of a part weigh as many as they are; one that is plain stays whole.
            plain = deviation[:, 0] < _PLAIN
            variances[part] = np.where(plain, 0, len(members) * deviation[:, 0] ** 2)
        widest = max(variances, key=lambda part: float(variances[part].max()))
        axis = int(variances[widest].argmax())
        if variances[widest][axis] == 0:
            break
        labels[(labels == widest) & (space[:, axis] > means[widest][axis])] = new
        changed = [widest, new]
    return labels


def _merged(sums: NDArray[np.float64], sizes: NDArray[np.intp]) -> tuple[Lab, NDArray[np.intp]]:
    """Join clusters that are alike, and leave out those that are tiny.

    Args:
        sums: (M, 3) of the Lab colours in each.
        sizes: (M,) of how many pixels.

    Returns:
        Means (K, 3) and sizes (K,).
    """
    while True:
        means = np.asarray(sums / sizes[:, None], np.float32)
        names = np.array(colour_names(means))
        limits = np.where(names[:, None] == names[None], 2 * ALIKE, ALIKE)
        apart = np.linalg.norm((means[:, None] - means[None]) * _SCALE, axis=2)
        np.fill_diagonal(apart, np.inf)
        apart[apart >= limits] = np.inf
        if apart.min() == np.inf:
            kept = sizes >= LEAST_SHARE * sizes.sum()
            return means[kept], sizes[kept]
        first, second = divmod(int(apart.argmin()), len(sizes))
        sums[second] += sums[first]
        sizes[second] += sizes[first]
        sums, sizes = np.delete(sums, first, axis=0), np.delete(sizes, first)
