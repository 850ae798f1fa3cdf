"""How a recording reaches the chip: its rate, its range, and what a real board adds to it.

Separate because a robustness figure is nothing but the same evaluation under other conditions.
Whatever is random comes from the seed and the trial's place in its file, so that a trial sees
the same whichever others are played and on however many cores. Needs numpy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, NamedTuple

import numpy as np

from simulator.motion import recording
from simulator.motion.recording import Trial

RATES = (50, 100)
CLIP_G = 8.0
_GRAVITY_MG = 200  # how far a sensor at rest may be from 1 g, with its offsets
_INT16 = 32767


class Conditions(NamedTuple):
    """Everything at its default: worn as recorded, the stream running."""

    rate: int = 100  # samples a second, of the chip
    clip_g: float = CLIP_G
    asleep: bool = False  # the chip sleeps until the recording moves it
    set_down: bool = False  # it has lain still for so long that it is taken for not worn
    rotate: bool = False  # each trial turned by one rotation, drawn at random
    offset_mg: tuple[int, int, int] = (0, 0, 0)  # zero-g error of each axis
    mixed_mg: int = 0  # and so much more or less, drawn for each axis of each trial
    quantise_mg: int = 0  # steps of so much; 12 is what the chip has at +-16 g
    lost: float = 0.0  # share of the samples that vanish on their way into the FIFO
    seed: int = 1


def trials(path: Path, placement: str, under: Conditions) -> Iterator[Trial]:
    """The trials worn at a place, at the rate of these conditions, as the sensor's axes lay.

    Saturated already where nothing turns them: else the chip's range holds in its own axes.
    """
    clip_g = None if under.rotate else under.clip_g
    return recording.read(path, under.rate, clip_g, placement)


def saturated(mg: np.ndarray, under: Conditions) -> np.ndarray:
    """What a chip of that range makes of it."""
    limit = min(round(1000 * under.clip_g), _INT16 + 1)
    return mg.clip(-limit, limit - 1).astype(np.int16)


def worn(mg: np.ndarray, index: int, under: Conditions) -> np.ndarray:
    """What the sensor says it feels, in its own axes: turned and shifted, int16 (n, 3) in mg."""
    felt = mg.astype(np.float64)
    if under.rotate:
        felt = felt @ rotation(np.random.default_rng([under.seed, index, 0])).T
    felt = felt + np.array(under.offset_mg)
    if under.mixed_mg:
        chance = np.random.default_rng([under.seed, index, 2])
        felt += under.mixed_mg * chance.choice((-1, 1), 3)
    if under.quantise_mg:
        felt = np.rint(felt / under.quantise_mg) * under.quantise_mg
    return saturated(np.rint(felt), under)


def at_rest(sample: np.ndarray) -> np.ndarray:
    """What lies still the way the first sample says: that sample, if it can be gravity alone.

    Of a recording that begins in the middle of a motion only the direction is taken: nothing
    sleeps through half a minute of 1.5 g.
    """
    norm = float(np.linalg.norm(sample.astype(np.float64)))
    if abs(norm - 1000) <= _GRAVITY_MG:
        return sample
    if norm < _GRAVITY_MG:
        return np.array([0, 0, 1000], np.int16)
    return np.rint(sample * (1000 / norm)).astype(np.int16)


def kept(count: int, index: int, under: Conditions) -> np.ndarray:
    """Which of `count` samples reach the FIFO, bool (count)."""
    if not under.lost:
        return np.ones(count, bool)
    return np.random.default_rng([under.seed, index, 1]).random(count) >= under.lost


def rotation(chance: np.random.Generator) -> np.ndarray:
    """A rotation, every one as likely as every other: from a random unit quaternion."""
    a, b, c, d = (lambda q: q / np.linalg.norm(q))(chance.standard_normal(4))
    return np.array(
        [
            [1 - 2 * (c * c + d * d), 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), 1 - 2 * (b * b + d * d), 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), 1 - 2 * (b * b + c * c)],
        ]
    )
