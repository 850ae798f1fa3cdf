"""What the detector of falls costs on the VM: time of a sample and of a decision, and memory.

Separate from tools/detector_cost.py because this half runs on MicroPython:
`micropython detector_probe.py ROOT SAMPLES`. ROOT: a tree of the firmware. SAMPLES: a file of
int16 x y z, in mg. One line of JSON. Imports gc, sys, time, json, array and firmware/policy.
"""

import gc
import json
import sys
import time
from array import array

_BATCH = 20
_ROUNDS = 5  # the best counts: what else the machine does only makes it slower
_DECISIONS = 200
_AGE = 470  # samples between an impact and its decision


def samples_of(path):
    with open(path, "rb") as source:
        data = source.read()
    step = 6 * _BATCH
    return [array("h", data[at : at + step]) for at in range(0, len(data) - step + 1, step)]


def best_us(work, rounds):
    best = None
    for _ in range(rounds):
        start_us = time.ticks_us()
        work()
        spent_us = time.ticks_diff(time.ticks_us(), start_us)
        best = spent_us if best is None else min(best, spent_us)
    return best


class Nothing:
    """In place of the features: there are none."""

    def of(self, ring, impact):
        return None


def allocated():
    gc.collect()
    return gc.mem_alloc()


def buffers(*owners):
    """Bytes of the arrays and byte strings that these objects hold."""
    found = 0
    for owner in owners:
        for value in owner.__dict__.values():
            if isinstance(value, (array, bytearray, bytes)):
                found += len(bytes(value))
    return found


def on_board(measured, of_buffers):
    """Bytes on a board: a buffer is as long there, a pointer and a block of the heap half."""
    return of_buffers + (measured - of_buffers) // 2


def speeds(detector, batches):
    features, model, ring = detector._features, detector._model, detector.ring

    def feed():
        for batch in batches:
            detector.feed(batch, _BATCH)

    def decide():
        model.score(features.of(ring, ring.count - 1 - _AGE))

    detector._features = Nothing()  # a decision is timed by itself
    feed_us = best_us(feed, _ROUNDS) / (len(batches) * _BATCH)
    detector._features = features
    rest = array("h", [0, 1000, 0] * _BATCH)
    for _ in range(2 * _AGE // _BATCH):
        detector.feed(rest, _BATCH)  # else the model is not asked
    return feed_us, best_us(decide, _DECISIONS)


def main(path):
    batches = samples_of(path)
    before = allocated()
    from firmware.policy import fall_trunk

    constant = len(fall_trunk.WEIGHTS) + len(fall_trunk.OUTPUT)
    constants = on_board(allocated() - before, constant)
    from firmware.policy.fall_model import Model
    from firmware.policy.falls import Detector

    before = allocated()
    detector = Detector(Model(fall_trunk.CONSTANTS))
    feed_us, decision_us = speeds(detector, batches)
    held = allocated() - before
    gc.disable()
    before = gc.mem_alloc()
    detector._model.score(detector._features.of(detector.ring, detector.ring.count - 1 - _AGE))
    garbage = gc.mem_alloc() - before
    gc.enable()
    ring = buffers(detector.ring)
    bare = buffers(detector, detector._features, detector._model) - constant
    print(
        json.dumps(
            {
                "feed_us": feed_us,
                "decision_us": decision_us,
                "held_bytes": on_board(held - ring, bare),
                "garbage_bytes": garbage // 2,
                "ring_bytes": ring,
                "constants_bytes": constants,
            }
        )
    )


if __name__ == "__main__":
    sys.path[:0] = [sys.argv[1], sys.argv[1] + "/lib"]
    main(sys.argv[2])
