"""Stream a recording through the detector and tell all that came of it, on any interpreter.

Separate because this half runs on MicroPython: `micropython falls_stream.py ROOT FILE...`. A file
holds int16 x y z in mg, 100 a second. Imports what MicroPython has, and the policy.
"""

import sys
from array import array

BATCH = 20
PLACEMENTS = ("waist", "pocket")
WORDS = 21


class Config:
    def __init__(self, placement):
        self.placement = placement


def told(samples, placement, outspoken):
    """Lines: every finding, and at the end a checksum of the states after each batch.

    outspoken: every impact is a fall, and none mutes the next, so that all scores are told.
    """
    from firmware.policy import falls

    detector = falls.make(Config(placement))
    if outspoken:
        detector.threshold = -(1 << 29)
    lines = []
    total = 0
    batch = array("h", bytes(6 * BATCH))
    whole = memoryview(samples)
    for at in range(0, len(samples), 3 * BATCH):
        length = min(3 * BATCH, len(samples) - at)
        memoryview(batch)[:length] = whole[at : at + length]
        found = detector.feed(batch, length // 3)
        if found is not None:
            age, score, features = found
            lines.append(
                "%d %d %d %s" % (at // 3, age, score, ",".join([str(f) for f in features]))
            )
            if outspoken:
                detector._mute = 0
        total = summed(total, detector)
    lines.append("%s %s %d %d" % (placement, outspoken, detector.ring.count, total))
    return lines


def summed(total, detector):
    """A checksum that stays a small int of the board, and what it was before."""
    state = detector._state
    for word in range(WORDS):
        total = (total * 31 + state[word]) & 0xFFFFFF
    for number in (detector._mute, detector.still, detector.busy(), detector.suspended()):
        total = (total * 31 + number) & 0xFFFFFF
    return total


def runs(path):
    """The lines of one file: as shipped for each placement, and every score of one."""
    with open(path, "rb") as source:
        samples = array("h", source.read())
    lines = []
    for placement in PLACEMENTS:
        lines += told(samples, placement, False)
    return lines + told(samples, PLACEMENTS[0], True)


def main(paths):
    for path in paths:
        print(path.rsplit("/", 1)[-1])
        for line in runs(path):
            print(line)


if __name__ == "__main__":
    sys.path[:0] = [sys.argv[1], sys.argv[1] + "/lib"]
    main(sys.argv[2:])
