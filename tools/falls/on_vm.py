"""The detector on the MicroPython VM, asked over a pipe: `micropython on_vm.py`.

Separate from detectors.py because this half runs on MicroPython. A request is one line, a tuple as
Python writes it, and after "feed" the samples, as int16 x y z; each is answered by one line: what
feed returned, then what the service may ask of the detector. Imports what MicroPython has, and
the policy.
"""

import sys
from array import array

_SAMPLES_MAX = 32


def main():
    from firmware.messages import Config, Contact
    from firmware.policy import falls

    words = {"Config": Config, "Contact": Contact}
    detector, samples = None, array("h", [0] * (3 * _SAMPLES_MAX))
    source = sys.stdin.buffer
    while True:
        line = source.readline()
        if not line:
            return
        request = eval(line, words)
        found = None
        if request[0] == "make":
            detector = falls.make(*request[1:])
        elif request[0] == "feed":
            count = request[1]
            source.readinto(memoryview(samples)[: 3 * count])
            found = detector.feed(samples, count)
        else:
            detector.restart()
        ring = detector.ring
        print(
            (found, detector.still, detector.busy(), detector.suspended(), ring.first, ring.count)
        )


if __name__ == "__main__":
    here = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
    for folder in (here + "/../..", here + "/../../lib"):
        sys.path.insert(0, folder)
    main()
