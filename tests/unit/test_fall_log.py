"""What is remembered of suspected falls: what is kept, when it is written, what is thrown away."""

import json

from harness import Rng, depth

from firmware.fall_log import KEPT_MAX, PATH, FallLog

UTC = 847226520
FEATURES = (812, -15, 2140, 0, 97, 31000, 4, -220, 65, 1, 530, 12, 7, 99)
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
        log.add(0, 0, (), 0, now_ms)
        log.add(UTC + n, 500 + n, FEATURES, 1, now_ms)


def written(files, count, first=0):
    log = FallLog(files)
    fill(log, count, first)
    log.step(LATER_MS)
    return files


def test_the_file():
    files = Files()
    log = FallLog(files)
    for _ in range(3):
        log.add(UTC, 700, FEATURES, 0, 0)
    log.add(0, 700, FEATURES, 1, 0)
    log.step(LATER_MS)
    assert files.lines() == [[1, 3, 1], [0, 700, list(FEATURES)]]
    written(files, 1)
    assert files.lines() == [[1, 4, 2], [0, 700, list(FEATURES)], [UTC, 500, list(FEATURES)]]
    log.add(UTC, 700, FEATURES, 0, 0)
    log.step(LATER_MS)
    assert files.lines()[0] == [1, 5, 2] and len(files.lines()) == 3


def test_the_oldest_is_dropped():
    for counts in ((40,), (31, 1), (32, 1), (32, 32), (20, 20), (1, 33), (5, 5, 5, 5, 5, 5, 5, 5)):
        files = Files()
        total = 0
        for count in counts:
            written(files, count, total)
            total += count
        lines = files.lines()
        assert lines[0] == [1, total, total], counts
        kept = range(max(0, total - KEPT_MAX), total)
        assert [line[0] - UTC for line in lines[1:]] == list(kept), counts


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
    assert files.lines()[0] == [1, 2, 2]


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
    assert files.lines()[0] == [1, 1, 1], "what was not written is forgotten"


def test_a_line_is_never_too_long():
    files = Files()
    log = FallLog(files)
    log.add(UTC, 500, (1 << 29,) * 20, 1, 0)
    log.step(LATER_MS)
    assert files.lines()[1] == [UTC, 500, []]
    log.add(UTC, 500, (-32768,) * 20, 1, 0)
    log.step(LATER_MS)
    assert files.lines()[2] == [UTC, 500, [-32768] * 20]


def test_a_file_of_the_longest_lines_is_read_back():
    files = Files()
    log = FallLog(files)
    longest = (-32768,) * 23 + (-1000, 1000, 1)  # 192 bytes
    for _ in range(KEPT_MAX):
        log.add(UTC, 500, longest, 1, 0)
    log.step(LATER_MS)
    assert len(files.data.splitlines()[1]) == 191
    written(files, 1)
    assert len(files.lines()) == 1 + KEPT_MAX and files.lines()[1][2] == list(longest)
    log.add(UTC, 500, longest[:-1] + (10,), 1, 0)
    log.step(LATER_MS)
    assert files.lines()[-1] == [UTC, 500, []], "one byte more"


BAD = (
    b"",
    b"\n",
    b"[1,2,1]",
    b"[2,2,1]\n",
    b"[1,2,[]]\n",
    b"[1,2]\n",
    b'[1,"2",1]\n',
    b"[1,2,1]\n[0,0,0]\n",
    b"[1,2,1]\n[0,0,[1.5]]\n",
    b"[1,2,1]\n[0,0,[]]",
    b"[1,2,1]\n[0,0,[],0]\n",
    b'[1,2,1]\n[0,"0",[]]\n',
    b"[1,2,1]\n{}\n",
    b"[1,2,1]\n\n",
    b"[1,2,1]\nnull\n",
    b"\xff" * 4096,
    bytes(300),
    b"[" * 3000 + b"\n",
    b"[1,2,1]\n" + b"[0,0,[]]\n" * 1000,
)


def test_a_bad_file_is_begun_anew():
    for bad in BAD:
        assert written(Files(bad), 1).lines() == [[1, 1, 1], [UTC, 500, list(FEATURES)]], bad[:40]


def test_a_damaged_file_never_stops_it():
    good = written(Files(), 40).data
    for seed in range(depth(20000)):
        rng = Rng(seed)
        at = rng.below(len(good))
        bad = rng.choice((good[:at], good[:at] + rng.bytes(1 + rng.below(9)) + good[at:]))
        lines = written(Files(bad), 1).lines()
        assert len(lines[0]) == 3 and lines[-1][0] == UTC and len(lines) <= 1 + KEPT_MAX
