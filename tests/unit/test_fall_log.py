"""What is remembered of suspected falls: what is kept, when it is written, what is thrown away."""

import binascii
import json
import struct

from harness import Rng, depth

from firmware.fall_log import KEPT_MAX, PATH, FallLog
from firmware.policy.fall_trunk import MEDIANS

FEATURES = (812, -15, 2140, 0, 97, 31000, 4, -220, 65, 1, 530, 12, 7, 99)
PACKED = "LAPx/1wIAABhABh5BAAk/0EAAQASAgwABwBjAA=="
LATER_MS = 10000


class Files:
    """A store of one file; works says whether writing does."""

    def __init__(self, data=None):
        self.data = data
        self.works = True
        self.writes = 0

    def read(self, path, limit):
        assert path == PATH
        return None if self.data is None else self.data[: limit + 1]

    def write(self, path, *pieces):
        assert path == PATH
        self.writes += 1
        if self.works:
            self.data = b"".join([bytes(piece) for piece in pieces])
        return self.works

    def lines(self):
        return [json.loads(line) for line in self.data.decode().splitlines()]


def fill(log, count, first=0, now_ms=0):
    for n in range(first, first + count):
        log.add(0, (), 0, now_ms)
        log.add(500 + n, FEATURES, 1, now_ms)


def written(files, count, first=0):
    log = FallLog(files)
    fill(log, count, first)
    log.step(LATER_MS)
    return files


def test_the_file():
    files = Files()
    log = FallLog(files)
    for _ in range(3):
        log.add(700, FEATURES, 0, 0)
    log.add(700, FEATURES, 1, 0)
    log.step(LATER_MS)
    assert files.data == b'[2,3,1]\n[700,"' + PACKED.encode() + b'"]\n'
    written(files, 1)
    assert files.lines() == [[2, 4, 2], [700, PACKED], [500, PACKED]]
    log.add(700, FEATURES, 0, 0)
    log.step(LATER_MS)
    assert files.lines()[0] == [2, 5, 2] and len(files.lines()) == 3


def test_the_oldest_is_dropped():
    for counts in ((40,), (31, 1), (32, 1), (32, 32), (20, 20), (1, 33), (5, 5, 5, 5, 5, 5, 5, 5)):
        files = Files()
        total = 0
        for count in counts:
            written(files, count, total)
            total += count
        lines = files.lines()
        assert lines[0] == [2, total, total], counts
        kept = range(max(0, total - KEPT_MAX), total)
        assert [line[0] - 500 for line in lines[1:]] == list(kept), counts


def test_it_is_written_once_and_not_before_she_has_felt_what_she_did():
    files = Files()
    log = FallLog(files)
    assert log.wake_ms() is None
    log.step(5)
    fill(log, 1, now_ms=1000)
    assert log.wake_ms() == 11000
    log.step(10999)
    assert files.writes == 0
    fill(log, 1, now_ms=5000)
    log.step(14999)
    assert files.writes == 0 and log.wake_ms() == 15000
    log.step(15000)
    log.step(15001)
    assert files.writes == 1 and log.wake_ms() is None
    assert files.lines()[0] == [2, 2, 2]


def test_where_no_file_can_be_written_nothing_happens():
    files = Files()
    files.works = False
    log = FallLog(files)
    fill(log, 2)
    log.step(LATER_MS)
    assert files.data is None and log.wake_ms() is None
    files.works = True
    fill(log, 1)
    log.step(LATER_MS)
    assert files.lines()[0] == [2, 1, 1], "what was not written is forgotten"


def unpacked(line):
    raw = binascii.a2b_base64(line[1])
    return struct.unpack("<%dh" % (len(raw) // 2), raw)


def test_all_features_of_the_model_are_kept():
    files = Files()
    log = FallLog(files)
    count = len(MEDIANS)
    extremes = tuple([(-32768, 32767, -1, 255)[n % 4] for n in range(count)])
    for score, features in ((-100000, (-32768,) * count), (0, extremes), (99999, MEDIANS)):
        log.add(score, features, 1, 0)
        log.step(LATER_MS)
        assert (files.lines()[-1][0], unpacked(files.lines()[-1])) == (score, features)


def test_what_does_not_fit_is_the_greatest_that_does():
    files = Files()
    log = FallLog(files)
    log.add(1, (32768, -32769, 1 << 29, -(1 << 29)), 1, 0)
    log.step(LATER_MS)
    assert unpacked(files.lines()[1]) == (32767, -32768, 32767, -32768)


def test_a_file_of_the_longest_lines_is_read_back():
    files = Files()
    log = FallLog(files)
    longest = (-32768,) * 90
    for _ in range(KEPT_MAX):
        log.add(-1000000, longest, 1, 0)
    log.step(LATER_MS)
    assert len(files.data.splitlines()[1]) <= 255
    written(files, 1)
    assert len(files.lines()) == 1 + KEPT_MAX and unpacked(files.lines()[1]) == longest
    log.add(500, longest * 2, 1, 0)
    log.step(LATER_MS)
    assert files.lines()[-1] == [500, ""], "too long"


BAD = (
    b"",
    b"\n",
    b"[2,2,1]",
    b"[1,2,1]\n",
    b"[3,2,1]\n",
    b"[1,2,1]\n[847226520,500,[812,-15]]\n",  # as it was before
    b"[2,2,[]]\n",
    b"[2,2]\n",
    b'[2,"2",1]\n',
    b"[2,2,1]\n[0,0]\n",
    b"[2,2,1]\n[0,[1.5]]\n",
    b'[2,2,1]\n[0,""]',
    b'[2,2,1]\n[0,"",0]\n',
    b'[2,2,1]\n["0",""]\n',
    b'[2,2,1]\n[0,"A"]\n',
    b'[2,2,1]\n[0,"AA=="]\n',  # half of one
    b"[2,2,1]\n{}\n",
    b"[2,2,1]\n\n",
    b"[2,2,1]\nnull\n",
    b"\xff" * 4096,
    bytes(300),
    b"[" * 3000 + b"\n",
    b'[2,2,1]\n[0,"AA\rAA"]\n',  # of which MicroPython alone makes JSON
    b"[2,2,1]\n" + b'[0,""]\n' * 1500,
)


def test_a_bad_file_is_begun_anew():
    for bad in BAD:
        assert written(Files(bad), 1).lines() == [[2, 1, 1], [500, PACKED]], bad[:40]


def test_a_damaged_file_never_stops_it():
    good = written(Files(), 40).data
    for seed in range(depth(20000)):
        rng = Rng(seed)
        at = rng.below(len(good))
        bad = rng.choice((good[:at], good[:at] + rng.bytes(1 + rng.below(9)) + good[at:]))
        lines = written(Files(bad), 1).lines()
        assert len(lines[0]) == 3 and lines[-1] == [500, PACKED] and len(lines) <= 1 + KEPT_MAX
