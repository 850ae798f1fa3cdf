"""The microphone in the world, and the I2S of the board: rates, starts, faults, what is lost."""

import math
import struct
import wave
from array import array

import pytest

from simulator.board import BoardModel, BoardOptions
from simulator.devices.microphone import FAULTS, POWER_UP_FRAMES, STANDBY_FRAMES, Microphone
from simulator.edge import SampleBus
from simulator.i2s import FRAMES
from simulator.scenario import parse
from simulator.sound.recording import RecordingError, read
from simulator.sound.scene import Scene
from simulator.sound.synthesis import KINDS
from simulator.stage import ROOT, Stage
from simulator.tree import ScenarioError
from simulator.world import World

PINS = (41, 40, 39)  # of t_a7670x_s3
RATES = (8000, 16_000)


class Rig:
    """A microphone on a bus of its own, clocked from 0 ms on."""

    def __init__(self, rate_hz=8000, sound="quiet"):
        self.world, self.bus, self.rate_hz = World(1, 0), SampleBus(), rate_hz
        self.microphone = Microphone(self.world, self.bus)
        self.microphone.scene.play(sound, 0)
        self.bus.clocked(rate_hz)

    def heard(self, from_ms, ms=100):
        """24-bit values."""
        first, count = from_ms * self.rate_hz // 1000, ms * self.rate_hz // 1000
        self.world.run_until(max(self.world.now_ms, from_ms + ms))
        words = self.bus.words(first, count, self.rate_hz)
        return [word >> 8 for (word,) in struct.iter_unpack("<i", words)]


def rms(values):
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


# -- the microphone ------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", RATES)
def test_it_says_nothing_until_it_has_started(rate_hz):
    rig = Rig(rate_hz)
    words = rig.heard(0, 1000)
    start = next(n for n, value in enumerate(words) if value)
    assert abs(start - POWER_UP_FRAMES) <= 1
    assert rms(words[start:]) > 300


def test_after_a_standby_it_is_soon_there():
    rig = Rig()
    rig.heard(0, 1000)
    rig.bus.clocked(0)
    rig.world.run_until(5000)
    rig.bus.clocked(8000)
    words = rig.heard(5000, 200)
    start = next(n for n, value in enumerate(words) if value)
    assert abs(start - STANDBY_FRAMES) <= 1
    rig.microphone.power_lost()
    rig.bus.clocked(8000)
    assert not any(rig.heard(5200, 500)) and any(rig.heard(5700, 100))


@pytest.mark.parametrize("rate_hz,speaks", ((7812, 0), (7813, 1), (50_000, 1), (50_001, 0)))
def test_it_needs_its_clock(rate_hz, speaks):
    assert any(Rig(rate_hz).heard(1000)) == bool(speaks)


@pytest.mark.parametrize("rate_hz", RATES)
def test_levels_of_the_sounds(rate_hz):
    db = {}
    for kind in ("quiet", "voices", "shouts"):
        db[kind] = 94 + 20 * math.log10(rms(Rig(rate_hz, kind).heard(1000, 3000)) / 297_000)
    assert 30 < db["quiet"] < 42 and 52 < db["voices"] < 64 and 78 < db["shouts"] < 90
    assert max(map(abs, Rig(rate_hz, "bang").heard(0, 600))) < 1 << 23


def test_a_bang_is_over_soon_and_the_voices_go_on():
    rig = Rig(sound="voices")
    before = rig.heard(1500, 1500)
    rig.microphone.scene.play("bang", 2000)
    after = rig.heard(1500, 1500)
    assert after[:4000] == before[:4000] and after[7200:] == before[7200:]
    assert max(after[4000:4100]) > 1 << 22


def test_any_part_can_be_heard_in_any_order():
    for kind in KINDS:
        scene = Scene(3)
        scene.play(kind, 300)
        whole = scene.samples(0, 16_000, 8000)
        for first, count in ((0, 1), (2399, 2), (5000, 4321), (1, 15_999)):
            assert scene.samples(first, count, 8000) == whole[first : first + count]
    assert Scene(3).samples(0, 100, 8000) != Scene(4).samples(0, 100, 8000)


def test_a_scene_forgets_what_is_long_over():
    scene = Scene(1)
    for at_ms in range(0, 3_600_000, 1000):
        scene.play(("bang", "voices", "quiet", "shout")[at_ms // 1000 % 4], at_ms)
    assert len(scene._pieces) < 70
    assert len(scene.samples(3_590_000 * 8, 80_000, 8000)) == 80_000


@pytest.mark.parametrize("kind", FAULTS)
def test_faults(kind):
    rig = Rig(sound="voices")
    well = rig.heard(1000, 1000)
    rig.microphone.start_fault(kind, FAULTS[kind])
    words = rig.heard(2000, 1000)
    spread = max(words) - min(words)
    if kind in ("absent", "dies"):
        assert not any(words)
    elif kind == "stuck":
        assert spread == 0 and words[0]
    elif kind == "silent":
        assert 0 < spread < 4
    elif kind == "garbage":
        wild = sum(abs(value) > 1 << 22 for value in words)
        assert 200 < wild < 600
    else:
        assert not any(words)  # it starts again, and takes long
        assert any(rig.heard(3600))
    rig.microphone.end_fault(kind)
    assert rms(rig.heard(9000, 1000)) > rms(well) / 10


# -- recordings ----------------------------------------------------------------------------------


def wav(path, values, rate_hz=8000, width=2, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        shift = 8 * width - 16
        packed = b"".join(
            (value << shift if shift >= 0 else (value >> -shift) + 128).to_bytes(
                width, "little", signed=width > 1
            )
            * channels
            for value in values
        )
        file.writeframes(packed)
    return path


def test_a_wav_file_is_heard_as_it_is(tmp_path):
    values = [n * 37 % 20_000 - 10_000 for n in range(8000)]
    for width, channels in ((1, 1), (2, 1), (2, 2), (3, 1), (4, 1)):
        played = read(wav(tmp_path / "a.wav", values, 8000, width, channels), 120).at_rate(8000)
        assert len(played) == 8000
        tolerance = 1 if width > 1 else 257
        assert all(abs((p >> 16) - v) <= tolerance for p, v in zip(played, values))
    softer = read(tmp_path / "a.wav", 100).at_rate(8000)
    assert abs(max(softer) * 10 - max(played)) < max(played) // 1000
    tone = [round(8000 * math.sin(n * 2 * math.pi * 300 / 44_100)) for n in range(44_100)]
    recording = read(wav(tmp_path / "b.wav", tone, 44_100), 120)
    for rate_hz in (8000, 16_000, 48_000):
        made = recording.at_rate(rate_hz)
        assert recording.ms == 1000 and abs(len(made) - rate_hz) <= 1
        assert abs(rms([v >> 16 for v in made]) - rms(tone)) < rms(tone) / 50
        crossings = sum(a < 0 <= b for a, b in zip(made, made[1:]))
        assert 298 <= crossings <= 301


@pytest.mark.parametrize(
    "data,what",
    ((b"", "is not a WAV"), (b"RIFF....WAVEfmt ", "is not a WAV"), (b"x" * 99, "is not")),
)
def test_what_is_no_wav_file_is_told(data, what, tmp_path):
    (tmp_path / "a.wav").write_bytes(data)
    with pytest.raises(RecordingError, match=what):
        read(tmp_path / "a.wav")


def stage(text, folder):
    steps = "\n".join(f"  - {line}" for line in text)
    return Stage(parse(f"name: x\nduration: 10s\nsteps:\n{steps}\n", "x.yaml", folder))


def test_the_command(tmp_path):
    wav(tmp_path / "mine.wav", [8000, -8000] * 2000)
    lines = (
        "{at: 1s, do: sound, kind: voices}",
        "{at: 2s, do: sound, file: mine.wav, full_db: 120}",
    )
    made = stage(lines, tmp_path)
    told = []
    made.world.listeners.append(told.append)
    made.world.run_until(5000)
    assert [(e["t"], e["sound"]) for e in told if "sound" in e] == [
        (1000, "voices"),
        (2000, "recording"),
    ]
    heard = made.microphone.scene.samples(16_000, 4000, 8000)
    assert [word >> 16 for word in heard] == [8000, -8000] * 2000
    for line, what in (
        ("{at: 1s, do: sound}", "needs kind or file"),
        ("{at: 1s, do: sound, kind: quiet, file: mine.wav}", "not both"),
        ("{at: 1s, do: sound, kind: music}", "'music' is not one of"),
        ("{at: 1s, do: sound, kind: quiet, full_db: 90}", "is for a file only"),
        ("{at: 1s, do: sound, file: none.wav}", "No such file"),
        ("{at: 1s, do: sound, file: mine.wav, full_db: 7}", "not a whole number from 40 to 140"),
    ):
        with pytest.raises(ScenarioError, match=what) as error:
            stage([line], tmp_path)
        assert str(error.value).startswith("x.yaml:4: ")


def test_shared_data_can_be_heard(tmp_path, monkeypatch):
    monkeypatch.setenv("GALET_DATA", str(tmp_path))
    (tmp_path / "sound").mkdir()
    wav(tmp_path / "sound/a.wav", [1, 2, 3])
    stage(['{at: 1s, do: sound, file: "data:sound/a.wav"}'], ROOT)
    monkeypatch.setenv("GALET_DATA", str(tmp_path / "none"))
    with pytest.raises(ScenarioError, match="shared data is not there"):
        stage(['{at: 1s, do: sound, file: "data:sound/a.wav"}'], ROOT)


# -- the board's receiver ------------------------------------------------------------------------


class Port:
    """I2S of a board, read by the fakes' requests; `passes(ms)` lets time go by."""

    def __init__(self, rate_hz=8000, buffers=10, **options):
        self.world = World(1, 0)
        options = {"costs": False, **options}
        self.board = BoardModel(self.world, "t_a7670x_s3", ROOT, BoardOptions(**options))
        assert self.board.come_up()
        self.i2s, self.rate_hz = self.board.i2s, rate_hz
        self.bus = self.board.sample_bus
        self.bus.talker = Counting(self.world.now_ms * rate_hz // 1000)
        self.i2s.op_i2s_open(0, *PINS, rate_hz, buffers * 2048)

    def passes(self, ms):
        self.world.run_until(self.world.now_ms + ms)

    def read(self, frames=1 << 20):
        """Numbers of the frames."""
        data = self.i2s.op_i2s_read(0, 4 * frames, 32, 0)
        return list(array("I", data))


class Counting:
    """Each frame tells its number since the port was opened."""

    def __init__(self, begin):
        self.begin = begin

    def clocked(self, rate_hz):
        pass

    def words(self, first, count, rate_hz):
        return array("I", range(first - self.begin, first - self.begin + count)).tobytes()

    def power_lost(self):
        pass


@pytest.mark.parametrize("rate_hz", RATES)
def test_whole_buffers_come_in_their_time(rate_hz):
    port = Port(rate_hz)
    got = []
    for _ in range(100):
        port.passes(50)
        got += port.read()
    assert got == list(range(5 * rate_hz // FRAMES * FRAMES))
    assert port.i2s.lost_full == port.i2s.lost_masked == 0


def test_a_fast_clock_brings_more():
    port = Port(i2s_ppm=20_000, buffers=200)
    port.passes(5000)
    assert len(port.read()) == 5 * 8160 // FRAMES * FRAMES


def test_of_what_nobody_reads_the_newest_is_kept():
    port = Port(buffers=4)
    port.passes(1000)
    assert port.read() == list(range(28 * FRAMES, 31 * FRAMES))
    assert port.i2s.lost_full == 28 * FRAMES


@pytest.mark.parametrize("rate_hz", RATES)
def test_while_flash_is_written_only_the_last_buffer_counts(rate_hz):
    for delay_ms in range(0, 40, 3):
        port = Port(rate_hz, erase_us=(60_000, 60_000))
        port.passes(100 + delay_ms)
        got = port.read()
        before_us = port.board.now_us
        port.board.call("flash_erase", (0x314000,), b"")
        buffer_us = FRAMES * 1_000_000 // rate_hz
        began_us = before_us - 600_000
        ended = (began_us + 60_000) // buffer_us - began_us // buffer_us
        port.passes(100)
        got += port.read()
        assert port.i2s.lost_masked == max(0, ended - 1) * FRAMES, delay_ms
        gaps = [b - a - 1 for a, b in zip(got, got[1:]) if b != a + 1]
        assert sum(gaps) == port.i2s.lost_masked and len(gaps) <= 1


@pytest.mark.parametrize("rate_hz", RATES)
def test_programming_a_sector_loses_nothing(rate_hz):
    port = Port(rate_hz, buffers=40)
    got = []
    for n in range(200):
        port.board.call("flash_program", (0x314000 + 4096 * n,), bytes(4096))
        port.passes(n % 23)
        got += port.read()
    assert got == list(range(len(got))) and port.i2s.lost_masked == 0


def test_asleep_nothing_is_clocked():
    port = Port()
    port.passes(100)
    port.board.call("lightsleep", (500,), b"")
    port.passes(100)
    got = port.read()
    assert len(got) == 200 * 8 // FRAMES * FRAMES
    # What ended before is as it was; then the clock goes on where it stood.
    gaps = [b - a - 1 for a, b in zip(got, got[1:]) if b != a + 1]
    assert len(gaps) <= 1 and abs(sum(gaps) - 4000) < 100


def test_a_reset_ends_it():
    port = Port()
    port.board.reset("software")
    assert port.board.come_up()
    with pytest.raises(KeyError):
        port.read()


def test_reading_costs_time():
    port = Port(costs=True)
    port.passes(300)
    before_us = port.board.now_us
    assert len(port.read()) == 2304 and port.board.now_us - before_us == 2304 * 3
