"""From AUDIO records to samples: IMA ADPCM, each block from its own state.

Separate because it is a standard of its own (IMA, "Recommended Practices for Enhancing Digital
Audio Compatibility", 1992), written again for this side. What was lost is silence of its length,
so that the time in the sound is the time of the recording.
"""

from __future__ import annotations

from array import array
from typing import Iterable

from kit.records import SOUND, Record, Sound

_CHANGES = (-1, -1, -1, -1, 2, 4, 6, 8) * 2
_STEPS = [7]
for _number in """8 9 10 11 12 13 14 16 17 19 21 23 25 28 31 34 37 41 45 50 55 60 66 73 80 88 97
    107 118 130 143 157 173 190 209 230 253 279 307 337 371 408 449 494 544 598 658 724 796 876
    963 1060 1166 1282 1411 1552 1707 1878 2066 2272 2499 2749 3024 3327 3660 4026 4428 4871
    5358 5894 6484 7132 7845 8630 9493 10442 11487 12635 13899 15289 16818 18500 20350 22385
    24623 27086 29794 32767""".split():
    _STEPS.append(int(_number))
SAMPLES_MAX = 1 << 28  # of one recording: 12 MB of ADPCM are 25 million


def decode(block: Sound) -> array[int]:
    """The 16-bit samples of one block."""
    value, index = block.predictor, block.step_index
    samples = array("h")
    for byte in block.data:
        for code in (byte & 15, byte >> 4):
            step = _STEPS[index]
            change = step >> 3
            if code & 4:
                change += step
            if code & 2:
                change += step >> 1
            if code & 1:
                change += step >> 2
            value = max(-32768, min(32767, value - change if code & 8 else value + change))
            index = max(0, min(88, index + _CHANGES[code]))
            samples.append(value)
    return samples


def samples_of(records: Iterable[Record]) -> array[int]:
    """All samples from the first one on; zero where there are none. Raises ValueError where a
    block claims a place beyond any recording."""
    blocks = [record.value for record in records if record.type == SOUND]
    if not blocks:
        return array("h")
    start = min(block.first_sample for block in blocks)
    end = max(block.first_sample + 2 * len(block.data) for block in blocks)
    if end - start > SAMPLES_MAX:
        raise ValueError("more samples than a recording can have")
    whole = array("h", bytes(2 * (end - start)))
    for block in blocks:
        at = block.first_sample - start
        whole[at : at + 2 * len(block.data)] = decode(block)
    return whole
