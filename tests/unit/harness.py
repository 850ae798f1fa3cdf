"""What unit tests need on every interpreter: chance by seed, the depth knob, and a runner.

Unit tests are plain functions with bare asserts, so that one file runs under pytest, on the
MicroPython VM and on its 32-bit build. As a program: `micropython harness.py TEST.py ...`.
Imports only what MicroPython has.
"""

import os
import sys


def depth(at_100):
    """How many of a thing to try at this depth, of at_100 at full depth; at least 1."""
    return max(1, at_100 * _setting("GALET_DEPTH", 1) // 100)


def _setting(name, otherwise):
    try:
        return int(os.getenv(name) or otherwise)
    except ValueError:
        return otherwise


class Rng:
    """A small generator (xorshift, Marsaglia 2003) with the same sequence everywhere.

    GALET_FIRST_SEED shifts every seed, so that each run of the continuous integration tries
    other ones; set it to what that run printed to see the same.
    """

    def __init__(self, seed):
        seed += _setting("GALET_FIRST_SEED", 0)
        self._state = (seed * 2654435761 + 88172645) & 0xFFFFFFFF or 1

    def next32(self):
        x = self._state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self._state = x
        return x

    def below(self, n):
        """An integer in 0..n-1."""
        return self.next32() % n

    def between(self, low, high):
        """An integer in low..high, both included."""
        return low + self.below(high - low + 1)

    def bytes(self, n):
        return bytes([self.below(256) for _ in range(n)])

    def choice(self, items):
        return items[self.below(len(items))]

    def chance(self, percent):
        return self.below(100) < percent


def pieces(data, rng):
    """Cut data at random places: the chunks add up to it."""
    chunks = []
    at = 0
    while at < len(data):
        end = at + 1 + rng.below(rng.choice((1, 3, 16, 200)))
        chunks.append(data[at:end])
        at = end
    return chunks


def tests_of(path):
    """The (name, function) of every test of a file, by name."""
    namespace = {"__name__": "test", "__file__": path}
    with open(path) as source:
        exec(compile(source.read(), path, "exec"), namespace)
    return [(name, namespace[name]) for name in sorted(namespace) if name.startswith("test_")]


def run_file(path):
    """Run every test of one file; returns (passed, failed)."""
    failed = passed = 0
    for name, test in tests_of(path):
        try:
            test()
            passed += 1
        except Exception as error:
            failed += 1
            print("FAIL", path, name)
            sys.print_exception(error)
    return passed, failed


def _main(paths):
    here = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
    root = here + "/../.."
    for folder in (here, root, root + "/lib"):
        sys.path.insert(0, folder)
    passed = failed = 0
    for path in paths:
        ok, bad = run_file(path)
        passed += ok
        failed += bad
    print(passed, "passed,", failed, "failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    _main(sys.argv[1:])
