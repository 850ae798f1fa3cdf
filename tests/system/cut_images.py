"""What a flash looks like after its power failed at one of the operations that it had to do.

What writes runs once, on a `Recorded`; every cut is then made of what it had done: none, a part or
all of the next operation from either end, and, of an erase, bits in between.
"""

import random

from nor import SECTOR, Nor


class Recorded(Nor):
    """Keeps what each operation did: (address, bytes) of a program, (address, None) an erase."""

    def __init__(self, sectors):
        super().__init__(sectors)
        self.log = []

    def writeblocks(self, number, data, offset=None):
        super().writeblocks(number, data, offset)
        self.log.append((number * SECTOR + offset, bytes(data)))

    def ioctl(self, operation, number):
        if operation == 6:
            self.log.append((number * SECTOR, None))
        return super().ioctl(operation, number)


def images(before, log, wanted):
    """(cut, image, image before that operation) for each cut, in their order.

    A cut is (operation, bytes of it that are done, whether these are its last ones).
    """
    image = bytearray(before)
    after = 0
    for cut in sorted(wanted, key=lambda one: one[0]):
        number, done, tail = cut
        while after < number:
            _apply(image, *log[after], SECTOR, False)
            after += 1
        torn = bytearray(image)
        _apply(torn, *log[after], done, tail)
        yield cut, torn, image


def _apply(image, address, data, done, tail):
    """Carry out the first, or the last, `done` bytes of an operation; "bits": of an erase."""
    size = SECTOR if data is None else len(data)
    chosen = size if done == "bits" else min(done, size)
    first, end = (size - chosen, size) if tail else (0, chosen)
    if done == "bits":
        rng = random.Random(address)
        for at in range(address, address + size):
            image[at] |= rng.getrandbits(8)
    elif data is None:
        image[address + first : address + end] = b"\xff" * chosen
    else:
        for at in range(first, end):
            image[address + at] &= data[at]
