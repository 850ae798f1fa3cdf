"""The path that falls are evaluated on: chip, bus, driver and service, with a plain detector.

A figure is worth nothing if the samples that the detector gets are not those of the recording.
"""

import pytest

np = pytest.importorskip("numpy", reason="NOT RUN: evaluation of falls (the extra `falls`)")

from tools.falls import device as made  # noqa: E402
from tools.falls.device import Broken, Device  # noqa: E402

UPRIGHT, LYING, BLOW = (0, 1008, 0), (0, 0, 1008), (0, 4800, 0)  # multiples of 16 mg: exact


class Ring:
    count = first = 0

    def read(self, index, count, out):
        return False  # nothing is kept


class Plain:
    """Takes 3 g for a fall, once in five seconds; keeps what it was fed."""

    def __init__(self):
        self.ring = Ring()
        self.still = 0
        self.batches = []  # how many samples at once; None: restarted
        self.fed = []
        self._deaf = 0

    def feed(self, samples, count):
        self.batches.append(count)
        found = None
        for index in range(count):
            sample = tuple(samples[3 * index : 3 * index + 3])
            moved = self.fed and max(abs(a - b) for a, b in zip(sample, self.fed[-1])) > 60
            self.still = 0 if moved else self.still + 1
            self.fed.append(sample)
            self.ring.count += 1
            self._deaf -= 1
            if self._deaf < 0 and sum(axis * axis for axis in sample) > 9000000:
                self._deaf = 500
                found = (count - 1 - index, 7, ())
        return found

    def restart(self):
        self.batches.append(None)
        self.ring.first = self.ring.count

    def busy(self):
        return False

    def suspended(self):
        return False


def story(rate):
    """Five seconds upright, a blow, nine seconds lying."""
    return [UPRIGHT] * (5 * rate) + [BLOW] * (rate // 20) + [LYING] * (9 * rate)


def play(rate, asleep, kept=None):
    detector = Plain()
    device = Device(rate, detector)
    device.start(UPRIGHT, asleep)
    start_ms, before = device.next_ms, len(detector.batches)
    samples = story(rate)
    found = device.play(samples, kept or [True] * len(samples))
    return [one.impact_ms - start_ms for one in found], detector, before


@pytest.mark.parametrize("rate", [100, 50])
@pytest.mark.parametrize("asleep", [False, True])
def test_the_impact_is_told_at_the_time_of_its_sample(rate, asleep):
    assert play(rate, asleep)[0] == [5000]


def test_every_sample_reaches_the_detector_once_and_in_order():
    _, detector, _ = play(100, False)
    felt = [one for one in detector.fed if one != UPRIGHT]
    assert felt == [BLOW] * 5 + [LYING] * (len(felt) - 5)
    assert len(felt) > 880  # but for the last watermark
    assert set(detector.batches[1:]) == {20}


def test_asleep_the_fifo_still_holds_what_came_before():
    _, detector, before = play(100, True)
    woken = detector.batches[before:]
    assert woken[:2] == [None, 32]  # nothing was read until the blow
    assert sum(count for count in woken if count) > 900
    last = len(detector.fed) - sum(count for count in woken if count)
    assert detector.fed[last:].index(BLOW) > 20  # 0.2 s and more before it


def test_what_was_set_down_is_not_worn_at_the_first_blow():
    found = []
    for for_s in (0.2, 8):
        detector = Plain()
        device = Device(100, detector)
        device.start(UPRIGHT, True)
        began_ms, fed = device.next_ms, len(detector.fed)
        device.lie(UPRIGHT)
        assert 1700000 < device.next_ms - began_ms < 2000000  # it sleeps, and is looked at
        assert device._worn == 0
        assert len(detector.fed) - fed < 10000  # but for a self-test and its half minute
        shaken = [UPRIGHT, LYING] * round(50 * for_s)
        samples = [*shaken, *story(100)]
        found.append(len(device.play(samples, [True] * len(samples))))
    assert found == [0, 1]


def test_lost_samples_do_not_shift_the_time():
    samples = story(100)
    kept = [index % 10 != 3 for index in range(len(samples))]
    (impact_ms,), detector, _ = play(100, False, kept)
    assert abs(impact_ms - 5000) <= 30
    assert len(detector.fed) < 0.92 * len(samples)


def test_a_broken_chip_gives_no_figures():
    device = Device(100, Plain())
    device._chip.self_test_mg = (0, 0, 0)
    device._chip.read = lambda register, count: bytes(count)
    with pytest.raises(Broken, match="identity"):
        device.start(UPRIGHT, False)


def test_a_fault_later_on_ends_it_or_is_counted():
    for strict in (True, False):
        device = Device(100, Plain())
        device.start(UPRIGHT, False)
        device.strict = strict
        device._chip.read = lambda register, count: bytes(count)
        still = [[UPRIGHT] * 500, [True] * 500]
        if strict:
            with pytest.raises(Broken, match="fault"):
                device.play(*still)
        else:
            assert device.play(*still) == [] and device.faults == 1


def test_the_setting_reaches_the_detector():
    assert made.config("chest").placement == "chest"
    with pytest.raises(Broken, match="placement"):
        made.config("ankle")
