"""Synthesised sounds, made of integers: rooms, voices that say nothing, shouts, a bang.

A sound is a row of blocks of 200 ms. Which block comes next depends on the seed and its number
alone, so that any part can be made without the part before it; the blocks themselves are made
once for each rate. Speech is a row of pulses through two resonators, after the source-filter
model of the vowel; nobody could mistake it for words, but it has their level, pitch and pauses.
"""

from __future__ import annotations

import math
import random
import sys
import zlib
from array import array
from functools import lru_cache
from typing import Iterator

FULL = (1 << 23) - 1
SHIFT = 8  # the converter's 24 bits stand in the upper ones of 32
# Converter values, root mean square: 94 dB SPL is -26 dBFS peak (datasheet of the INMP441)
QUIET = 500  # a room at night, and the microphone's own noise of 33 dB(A)
SPEECH = 6000  # 60 dB SPL: somebody who talks in the same room
SHOUT = 130_000  # 87 dB SPL: within reach
BLOCKS_A_SECOND = 5
NOISES, SYLLABLES, CRIES = 8, 24, 6
BANG_BLOCKS = 2
BANG_HALVES_MS = 15

# kind -> how long it lasts, ms; None: on and on
KINDS: dict[str, int | None] = {
    "quiet": None,
    "voices": None,
    "shouts": None,
    "shout": 600,
    "bang": BANG_BLOCKS * 1000 // BLOCKS_A_SECOND,
}

Samples = array


def block_frames(rate_hz: int) -> int:
    return rate_hz // BLOCKS_A_SECOND


def block(kind: str, rate_hz: int, seed: int, number: int) -> Samples:
    """One block of a sound, of block_frames."""
    dice = zlib.crc32(f"{seed}/{kind}/{number}".encode())
    noises = _noises(rate_hz)
    if kind == "voices" and number % 9 < 2 + dice % 6:
        return _syllables(rate_hz)[dice % SYLLABLES]
    if kind == "shout" or kind == "shouts" and number % 10 < 3:
        return _cries(rate_hz)[dice % CRIES]
    if kind == "bang" and number < BANG_BLOCKS:
        return _bang(rate_hz)[number]
    return noises[dice % NOISES]


def to_bytes(samples: Samples) -> bytes:
    """Little endian, as the hardware has it."""
    if sys.byteorder == "big":
        samples = array("i", samples)
        samples.byteswap()
    return samples.tobytes()


# -- the blocks ------------------------------------------------------------------------------


def _noise(rng: random.Random, count: int, rms: int) -> list[int]:
    """Three even chances added: near enough to a bell."""
    bits = rng.getrandbits
    return [(bits(16) + bits(16) + bits(16) - 98304) * rms // 32768 for _ in range(count)]


def _upper(values: list[int]) -> Samples:
    return array("i", (max(-FULL, min(FULL, value)) << SHIFT for value in values))


@lru_cache(None)
def _noises(rate_hz: int) -> list[Samples]:
    rng = random.Random(f"noise/{rate_hz}")
    frames = block_frames(rate_hz)
    return [_upper(_noise(rng, frames, QUIET)) for _ in range(NOISES)]


@lru_cache(None)
def _syllables(rate_hz: int) -> list[Samples]:
    rng = random.Random(f"voices/{rate_hz}")
    return [_voice(rng, rate_hz, rng.randint(100, 230), SPEECH) for _ in range(SYLLABLES)]


@lru_cache(None)
def _cries(rate_hz: int) -> list[Samples]:
    rng = random.Random(f"shouts/{rate_hz}")
    return [_voice(rng, rate_hz, rng.randint(330, 520), SHOUT) for _ in range(CRIES)]


def _voice(rng: random.Random, rate_hz: int, pitch_hz: int, rms: int) -> Samples:
    """A vowel that swells and fades within one block."""
    frames = block_frames(rate_hz)
    period = rate_hz // pitch_hz
    breath = _noise(rng, frames, 400)
    source = [breath[n] + (16_000 if n % period == 0 else 0) for n in range(frames)]
    for formant_hz in (rng.randint(350, 800), rng.randint(900, 2200)):
        source = list(_resonance(source, formant_hz, rate_hz))
    half = frames // 2
    swelled = [value * (half - abs(n - half)) // half for n, value in enumerate(source)]
    now = math.isqrt(sum(value * value for value in swelled) // frames) or 1
    floor = _noise(rng, frames, QUIET)
    return _upper([value * rms // now + low for value, low in zip(swelled, floor)])


def _resonance(values: list[int], at_hz: int, rate_hz: int) -> Iterator[int]:
    """A two-pole resonator of 80 Hz width, coefficients in units of 2**-14."""
    radius = math.exp(-math.pi * 80 / rate_hz)
    a = round(2 * radius * math.cos(2 * math.pi * at_hz / rate_hz) * 16384)
    b = round(radius * radius * 16384)
    last = before = 0
    for value in values:
        last, before = value + (a * last - b * before) // 16384, last
        yield last


@lru_cache(None)
def _bang(rate_hz: int) -> list[Samples]:
    rng = random.Random(f"bang/{rate_hz}")
    frames, halves = block_frames(rate_hz), rate_hz * BANG_HALVES_MS // 1000
    noise = _noise(rng, BANG_BLOCKS * frames, FULL)
    floor = _noise(rng, BANG_BLOCKS * frames, QUIET)
    loud = _upper([(value >> n // halves) + floor[n] for n, value in enumerate(noise)])
    return [loud[n * frames : (n + 1) * frames] for n in range(BANG_BLOCKS)]
