"""Seeded file operations, a program for both hosts (test_parity_littlefs.py); no test itself."""

import os

COUNT = 500
WEAR = 400
FOLDERS = ("", "/d", "/e")


class Chance:
    def __init__(self, state):
        self.state = state

    def below(self, n):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.state >> 8) % n


def operate(chance):
    """One operation; returns something to compare."""
    name = FOLDERS[chance.below(3)] + "/f%d" % chance.below(8)
    kind = chance.below(10)
    if kind < 3:
        with open(name, "wb") as file:
            for _ in range(chance.below(4)):
                file.write(bytes([chance.below(256)]) * chance.below(3000))
    elif kind < 5:
        with open(name, "ab") as file:
            file.write(bytes([chance.below(256)]) * chance.below(200))
            file.flush()
            file.write(b"more")
    elif kind == 5:
        with open(name, "r+b") as file:
            file.seek(chance.below(500))
            file.write(b"patch")
    elif kind == 6:
        os.rename(name, FOLDERS[chance.below(3)] + "/f%d" % chance.below(8))
    elif kind == 7:
        os.remove(name)
    elif kind == 8:
        with open(name, "rb") as file:
            data = file.read()
            return len(data), sum(data)
    else:
        return sorted(os.listdir(FOLDERS[chance.below(3)] or "/")), os.statvfs("/")[3]
    return name


def wear():
    """Many commits to one folder, so that its blocks are rewritten and moved."""
    for number in range(WEAR):
        with open("/e/worn", "wb") as file:
            file.write(b"%04d" % number * 12)


def main():
    chance = Chance(20260101)
    os.mkdir("/d")
    os.mkdir("/e")
    for number in range(COUNT):
        try:
            print(number, operate(chance))
        except OSError as error:
            print(number, "OSError", error.errno)
    wear()


main()
