"""Sound from the world to the flash: every sample there, or counted as lost, on both hosts."""

import math
import struct
from array import array
from pathlib import Path

import adpcm
import pytest
from harness import depth

from simulator.board import BoardModel, BoardOptions
from simulator.devices.microphone import OFFSET, Microphone
from simulator.host import KINDS, make_host
from simulator.stage import ROOT
from simulator.world import World
from tools.require_vm import vm_binary

PROGRAM = Path(__file__).with_name("capture.py")
HOSTS = [kind for kind in KINDS if kind == "cpython" or vm_binary() is not None]
FASTEST = HOSTS[-1]
BOARDS = ("t_a7670x_s3", "t_a7670e", "t_sim7670g_s3")
BOOT_MS = 600
SECTOR_SAMPLES = 6 * 1280  # as the program fills them
BEEP_MS = 1000  # a beep at each whole second of the world
GAIN = 16


class Beeps:
    """Silence, but for 40 ms of a tone at each second of the world."""

    def samples(self, first, count, rate_hz):
        period, wave = rate_hz * BEEP_MS // 1000, rate_hz // 500
        loud = rate_hz * 40 // 1000
        return array(
            "i",
            [
                (400_000 if n % wave < wave // 2 else -400_000) << 8 if n % period < loud else 0
                for n in range(first, first + count)
            ],
        )


class Capture:
    """A run. pieces, as written: (kind, first, prediction or count, index, data, at_ms)."""

    def __init__(self, folder, host=FASTEST, board="t_a7670x_s3", scene=None, **how):
        given = {"RATE_HZ": 8000, "PREROLL_MS": 0, "START_MS": 100, "END_MS": 20_000}
        given.update(ERASES=[], STALLS=[], BOARD=board)
        options = {key: how.pop(key) for key in list(how) if key.islower()}
        given.update(how)
        self.rate_hz = given["RATE_HZ"]
        for name in ("firmware", "lib"):
            if not (folder / name).exists():
                (folder / name).symlink_to(ROOT / name)
        first = "; ".join(f"{key} = {value!r}" for key, value in given.items())
        (folder / "main.py").write_text(f"{first}\n{PROGRAM.read_text()}")
        self.world = World(1, 0)
        self.board = BoardModel(self.world, board, ROOT, BoardOptions(boot_ms=BOOT_MS, **options))
        self.microphone = Microphone(self.world, self.board.sample_bus, scene)
        if scene is None:
            self.microphone.scene.play("voices", 0)
        host = make_host(host, self.board, folder)
        host.run(given["END_MS"] + 10_000)
        assert not host.exceptions, host.exceptions
        said = "".join(host.console).split()
        self.started_ms = int(said[said.index("started") + 1])
        self.said = said[said.index("ended") + 1 :]
        self.pieces = list(self._written())

    def _written(self):
        image = self.board.flash.image("ev")
        for number in range(int(self.said[0])):
            at = number * 4096
            while at < number * 4096 + 4080 and image[at]:
                kind, first, value, index, length, at_ms = struct.unpack_from("<BIiBHi", image, at)
                yield kind - 1, first, value, index, image[at + 16 : at + 16 + length], at_ms
                at += 16 + length

    def lost(self):
        """By reason; also that the numbers have no hole."""
        at, lost = 0, {}
        for kind, first, value, _, data, _ in self.pieces:
            assert first == at
            at += value if kind else 2 * len(data)
            if kind:
                lost[kind] = lost.get(kind, 0) + value
        assert int(self.said[1]) == sum(lost.values())
        return lost

    def sound(self):
        """Samples by their numbers, zeros where they are lost."""
        out = array("h")
        for kind, first, value, index, data, _ in self.pieces:
            if not kind:
                out.extend(array("h", bytes(2 * (first - len(out)))))
                out.extend(adpcm.decode(data, value, index))
        return out


def onsets(samples, rate_hz):
    """Numbers of the samples at which a beep begins."""
    found, quiet = [], 0
    for n, sample in enumerate(samples):
        if abs(sample) > 8000:
            if quiet > rate_hz // 2:
                found.append(n)
            quiet = 0
        else:
            quiet += 1
    return found


@pytest.mark.parametrize("rate_hz", (8000, 16_000))
@pytest.mark.parametrize("board", BOARDS)
def test_nothing_is_lost_while_sectors_are_programmed(board, rate_hz, tmp_path):
    """At full depth until the partition is full."""
    sectors = 106 if board == "t_a7670e" else 2858
    full_ms = sectors * SECTOR_SAMPLES * 1000 // rate_hz
    end_ms = min(full_ms, max(60_000, depth(sectors) * SECTOR_SAMPLES * 1000 // rate_hz))
    run = Capture(tmp_path, board=board, RATE_HZ=rate_hz, END_MS=end_ms)
    assert run.lost() == {}
    assert run.board.i2s.lost_masked == run.board.i2s.lost_full == 0
    samples = run.pieces[-1][1] + 2 * len(run.pieces[-1][4])
    assert abs(samples * 1000 // rate_hz - (end_ms - run.started_ms)) < 150
    assert run.said[3] == "" or run.said[2] == "0"
    print(f"{board} {rate_hz} Hz: {run.said[0]} sectors, {end_ms / 60_000:.1f} min")


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("rate_hz", (8000, 16_000))
def test_an_erase_in_the_middle_is_counted(rate_hz, host, tmp_path):
    erases = [6000 + 1717 * n for n in range(7)]
    run = Capture(tmp_path, host, RATE_HZ=rate_hz, END_MS=22_000, ERASES=erases)
    lost = run.board.i2s.lost_masked
    assert lost >= 256 * (1 if rate_hz == 8000 else 7) and lost % 256 == 0
    assert run.lost() == {1: lost} and run.board.i2s.lost_full == 0
    for kind, first, _, _, _, at_ms in run.pieces:
        if kind:
            told_ms = first * 1000 // rate_hz + run.started_ms
            assert any(0 <= told_ms - erased <= 400 for erased in erases)
            assert abs(told_ms - at_ms) <= 20


def test_both_hosts_write_the_same(tmp_path):
    if len(HOSTS) < 2:
        pytest.skip("no MicroPython VM for this machine")
    how = {"ERASES": [5000, 9000], "END_MS": 12_000, "PREROLL_MS": 3000, "START_MS": 6000}
    runs = [Capture(tmp_path, host, **how) for host in HOSTS]
    assert runs[0].said == runs[1].said and runs[0].pieces == runs[1].pieces
    assert runs[0].world.now_ms == runs[1].world.now_ms


@pytest.mark.parametrize("rate_hz", (8000, 16_000))
def test_a_sample_stands_for_its_moment(rate_hz, tmp_path):
    """Also behind losses, and the pre-roll before the trigger."""
    erases = [5100 + 900 * n for n in range(12)]
    run = Capture(
        tmp_path,
        scene=Beeps(),
        RATE_HZ=rate_hz,
        ERASES=erases,
        PREROLL_MS=5000,
        START_MS=12_000,
        END_MS=30_000,
    )
    first_ms = run.pieces[0][5]  # of the program's time, which began at BOOT_MS
    assert 4000 <= run.started_ms - first_ms <= 5000
    heard = [n * 1000 / rate_hz + first_ms for n in onsets(run.sound(), rate_hz)]
    assert len(heard) >= 20
    # The world's seconds, at most one loss (2 or 3 buffers) away while it is not told yet.
    off = [(ms + BOOT_MS + 500) % BEEP_MS - 500 for ms in heard]
    assert all(abs(ms) < 60 for ms in off), off
    assert sorted(abs(ms) for ms in off)[len(off) // 2] < 12
    assert sum(run.lost().values()) > 0


def test_what_was_said_can_be_heard(tmp_path):
    """The tone comes out as it is, through offset, gain and code."""
    run = Capture(tmp_path, scene=Beeps(), END_MS=8000)
    sound = run.sound()
    start = onsets(sound, 8000)[1]
    beep = list(sound[start + 16 : start + 16 + 256])
    expected = 400_000 * GAIN / 256
    level = math.sqrt(sum(sample * sample for sample in beep) / len(beep))
    assert abs(level - expected) < expected / 10
    crossings = sum(a < 0 <= b for a, b in zip(beep, beep[1:]))
    assert crossings in (15, 16)
    silence = sound[start + 2000 : start + 7000]
    assert abs(sum(silence)) / len(silence) < 40 < OFFSET


def test_a_stall_of_a_second_is_told(tmp_path):
    run = Capture(tmp_path, STALLS=[6000, 11_000], END_MS=16_000)
    assert run.board.i2s.lost_full > 0
    lost = run.lost()
    assert sum(lost.values()) == run.board.i2s.lost_full and set(lost) <= {1, 2} and 2 in lost


def test_a_port_that_is_a_little_slow_or_fast_loses_nothing(tmp_path):
    for ppm in (-200, 200):
        run = Capture(tmp_path, END_MS=90_000, i2s_ppm=ppm)
        assert run.lost() == {}, ppm
        times = [(first, at_ms) for kind, first, _, _, _, at_ms in run.pieces]
        # The time of a piece follows the board's clock, not the count of samples.
        drift_ms = times[-1][0] / 8 - (times[-1][1] - times[0][1])
        assert abs(drift_ms - 90_000 * ppm / 1e6) < 12


def test_all_of_it_fits_the_heap_and_the_time(tmp_path):
    """A step with everything in it stays far below what a port holds (320 ms)."""
    run = Capture(tmp_path, RATE_HZ=16_000, END_MS=10_000, step_cost_ms=50)
    assert run.lost() == {}
