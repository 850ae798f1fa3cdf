"""The journal over NOR flash: what returned is there, closed stays closed, nothing blocks."""

from harness import Rng, depth
from nor import ROOMY, SECTOR, Nor, PowerCut

from firmware.journal import Journal
from firmware.store import PartitionLog

RECORDS = [("open", (1, 0)), ("sent", (2, 0, 805000000)), ("taken", (3, "danger", -7, 1 << 40))]


def journal(nor):
    return Journal(PartitionLog(nor))


def at_rest(it, now_ms=0):
    """Let the journal do its chores; returns how many steps that took."""
    steps = 0
    while it.wake_ms(now_ms) is not None:
        now_ms = it.wake_ms(now_ms)
        it.idle_step(now_ms)
        steps += 1
        assert steps < 300, "the journal never comes to rest"
    return steps


def filled(it):
    """Append until there is no room for anything; returns what was taken."""
    taken = []
    for word in ("x", "x" * 16):  # the short one makes 8 records of 32 bytes fill a page
        while it.append("n", (len(taken), word)):
            taken.append(("n", (len(taken), word)))
    return taken


def test_records_are_read_back_after_a_reset():
    nor = Nor(3)
    it = journal(nor)
    assert not it.open and list(it.records()) == []
    for kind, values in RECORDS:
        assert it.append(kind, values)
    for again in (it, journal(nor)):
        assert again.open and list(again.records()) == RECORDS
        assert again.damaged == again.lost == again.refused == 0
    assert nor.erases == [] and len(nor.programs) == len(RECORDS)


def test_close_ends_the_alert_and_standby_leaves_only_it():
    nor = Nor(3)
    it = journal(nor)
    for round_ in range(4):
        for kind, values in RECORDS:
            assert it.append(kind, values)
        assert it.close()
        assert not it.open and list(it.records()) == []
        assert not journal(nor).open and list(journal(nor).records()) == []
        at_rest(it)
        assert len([byte for byte in nor.image if byte != 0xFF]) <= 16
        it = journal(nor)
        assert it.damaged == 0 and at_rest(it) == 0
        assert len(nor.erases) == round_ + 1
    assert set(nor.erases) == {0, 1, 2}, "the sectors do not wear alike"


def test_close_without_an_alert_writes_nothing():
    nor = Nor(2)
    it = journal(nor)
    assert it.close() and it.close()
    assert nor.operations == 0


def test_values_are_whole_numbers_and_short_words():
    allowed = [(), (0,), (-1, 1 << 62), ("danger_again", "a1"), ("x" * 16,)]
    refused = [
        ("+33639980001",),
        ("33639980001",),
        ("45.76043",),
        ("Lyon est",),
        ("",),
        ("x" * 17,),
        (1.5,),
        (None,),
        (True,),
        ((1,),),
        (b"x",),
        tuple([1 << 60] * 12),
    ]
    it = journal(Nor(2))
    for values in allowed:
        assert it.append("kind", values), values
    for values in refused:
        assert not it.append("kind", values), values
    for kind in ("", "Lyon 3", 5, None, "x" * 17):
        assert not it.append(kind, ()), kind
    assert it.refused == len(refused) + 5
    assert list(it.records()) == [("kind", values) for values in allowed]


def test_no_room_returns_false_and_never_erases():
    nor = Nor(2)
    it = journal(nor)
    taken = filled(it)
    assert len(taken) > 100 and nor.erases == []
    assert not it.append("one", (1,)) and it.lost >= 2
    at_rest(it)
    it.idle_step(10**6)
    assert nor.erases == [] and it.open, "an erase while an alert is open"
    assert list(journal(nor).records()) == taken
    assert it.close(), "no room was kept for the close"
    assert not journal(nor).open
    at_rest(it)
    assert it.append("open", (1,)) and list(journal(nor).records()) == [("open", (1,))]


def test_what_found_no_room_is_kept_in_memory_in_its_place():
    nor = Nor(2)
    it = journal(nor)
    taken = filled(it)
    lost = [("n", (len(taken), word)) for word in ("x", "x" * 16)]
    assert list(it.records()) == taken + lost
    it.close()
    assert list(it.records()) == []
    nor = Nor(2)
    it = journal(nor)
    for n in range(9):
        nor.broken = {0, 1} if n in (3, 4, 7) else set()
        assert it.append("n", (n,)) == (not nor.broken)
    assert list(it.records()) == [("n", (n,)) for n in range(9)]
    for no_log in (Journal(None), journal(Nor(1)), journal(Nor(2, 0x00))):
        for kind, values in RECORDS:
            assert not no_log.append(kind, values)
        assert no_log.open and no_log.lost == 3 and list(no_log.records()) == RECORDS
        for _ in range(100):
            no_log.append("more", ())
        assert len(list(no_log.records())) == 32
        assert no_log.close() and not no_log.open and list(no_log.records()) == []


def test_one_record_is_one_program_within_one_page():
    nor = Nor(2)
    it = journal(nor)
    rng = Rng(5)
    count = 0
    for _ in range(60):
        values = tuple(rng.choice((1, 10**9, "word", 1 << 60)) for _ in range(rng.below(10)))
        count += it.append("kind", values)
    assert len(nor.programs) == count > 30
    for _, offset, size in nor.programs:
        assert size < 256 and offset % 256 + size <= 256


def test_a_foreign_partition_starts_empty_counts_and_is_used_after_standby():
    if not ROOMY:
        return
    rng = Rng(11)
    for fill in (0x00, 0x55, None):
        nor = Nor(4, fill or 0)
        if fill is None:
            nor.image[:] = rng.bytes(len(nor.image))
        it = journal(nor)
        assert it.damaged and not it.open and list(it.records()) == []
        assert not it.append("open", (1,)) and nor.operations == 0
        it.close()
        assert at_rest(it) == 4 and nor.erases == [0, 1, 2, 3]
        assert it.append("open", (1,)) and journal(nor).damaged == 0


def test_damage_anywhere_never_raises_and_costs_only_what_it_hit():
    if not ROOMY:
        return
    rng = Rng(3)
    for _ in range(depth(2000)):
        nor = Nor(2)
        it = journal(nor)
        written = []
        while len(written) < 40:
            written.append(("kind", (len(written), rng.below(1 << 30))))
            assert it.append("kind", written[-1][1])
        at = rng.below(40 * 32)
        for i in range(at, at + 1 + rng.below(64)):
            nor.image[i] = rng.below(256)
        it = journal(nor)
        left = list(it.records())
        assert len(left) >= 36 and [record for record in written if record in left] == left
        assert it.append("more", (1,)) and list(it.records())[-1] == ("more", (1,))


def test_failing_flash_never_raises():
    for broken in ({0}, {1}, {0, 2}, {0, 1, 2}):
        nor = Nor(3)
        nor.broken = broken
        it = journal(nor)
        assert it.damaged >= len(broken)
        assert it.append("open", (1,)) == (len(broken) < 3)
        assert list(it.records()) == [("open", (1,))]
        it.close()
        at_rest(it)
        if len(broken) < 3:
            assert it.append("open", (3,)) and list(it.records()) == [("open", (3,))]
            nor.broken = {0, 1, 2}  # dies while it runs
            damaged = it.damaged
            assert list(it.records()) == [] and it.damaged > damaged
            it.close()
        nor.broken = {0, 1, 2}
        assert not it.append("open", (2,))
        assert list(it.records()) == [("open", (2,))]
        it.close()
        at_rest(it)


def test_a_bit_that_does_not_hold_costs_a_second_program():
    nor = Nor(2)
    it = journal(nor)
    nor.image[20] = 0  # after the scan: worn
    assert it.append("open", (1, 2, 3)) and it.damaged == 1
    assert it.append("next", ()) and len(nor.programs) == 3
    assert list(journal(nor).records()) == [("open", (1, 2, 3)), ("next", ())]


def test_a_close_that_fails_is_written_before_anything_else():
    nor = Nor(3)
    it = journal(nor)
    it.append("open", (1,))
    nor.broken = {0, 1, 2}
    assert not it.close() and not it.open and list(it.records()) == []
    nor.broken = set()
    assert it.append("open", (2,))
    assert list(journal(nor).records()) == [("open", (2,))]


def test_an_alert_begun_before_the_last_close_could_be_written_is_kept_in_memory():
    nor = Nor(3)
    it = journal(nor)
    it.append("open", (1,))
    nor.broken = {0, 1, 2}
    it.close()
    for kind, values in RECORDS:
        assert not it.append(kind, values)
    assert it.open and it.wake_ms(0) is None
    it.idle_step(0)
    assert it.open and list(it.records()) == RECORDS
    assert not it.close() and list(it.records()) == []


def test_a_close_without_room_gets_it_from_what_is_not_open():
    nor = Nor(3)
    nor.image[2 * SECTOR :] = bytes(SECTOR)  # foreign
    it = journal(nor)
    taken = filled(it)
    nor.broken = {0, 1, 2}
    assert not it.close()
    nor.broken = set()
    while it.wake_ms(0) is not None:
        assert list(journal(nor).records()) in (taken, []), "a part of a closed alert came back"
        it.idle_step(it.wake_ms(0))
    assert not journal(nor).open and nor.erases[0] == 2


def test_a_sector_that_does_not_become_blank_is_left_alone():
    class Stuck(Nor):
        def ioctl(self, operation, number):
            answer = Nor.ioctl(self, operation, number)
            if operation == 6 and number == 1:
                self.image[SECTOR + 999] = 0xFE
            return answer

    nor = Stuck(3, 0)
    it = journal(nor)
    at_rest(it)
    assert nor.erases == [0, 1, 2]
    taken = filled(it)
    assert not [place for place in nor.programs if place[0] == 1]
    assert list(journal(nor).records()) == taken


def test_a_sector_that_does_not_take_the_close_is_left_alone():
    class Stuck(Nor):
        def writeblocks(self, number, data, offset=None):
            if number == 1:
                raise OSError(5)
            Nor.writeblocks(self, number, data, offset)

    nor = Stuck(2)
    it = journal(nor)
    it.append("n", (1,))
    assert it.close() and at_rest(it) == 1
    assert nor.erases == [] and not journal(nor).open


def test_a_page_that_a_cut_left_half_written_is_not_written_again():
    for tear in ((1, 2, False), (1, 2, True)):
        nor = Nor(2)
        it = journal(nor)
        it.append("n", (1,))
        nor.cut(0, *tear)
        try:
            it.append("n", (2,))
        except PowerCut:
            nor = nor.reborn()
        it = journal(nor)
        assert it.damaged and it.append("n", (3,))
        assert nor.programs[0][1] == 256
        assert list(journal(nor).records()) == [("n", (1,)), ("n", (3,))]


def test_standby_retries_a_close_and_a_worn_sector_ends_it():
    nor = Nor(2)
    it = journal(nor)
    it.append("open", (1,))
    nor.broken = {0, 1}
    it.close()
    nor.broken = set()
    at_rest(it)
    assert not journal(nor).open
    nor.broken = {0, 1}
    it.append("open", (2,))
    it.close()
    assert at_rest(it) < 20


def test_erases_keep_their_distance():
    nor = Nor(4, 0)
    it = journal(nor)
    assert it.wake_ms(1000) == 1000
    it.idle_step(1000)
    assert it.wake_ms(1001) == 1500
    it.idle_step(1499)
    assert len(nor.erases) == 1
    it.idle_step(1500)
    assert len(nor.erases) == 2


# -- power cuts ------------------------------------------------------------------------------

TEARS = [(0, 1, False), (1, 1, False), (1, 2, False), (1, 2, True), (1, 0, False), (3, 0, True)]


def play(nor, told):
    """Two alerts with their standby; `told` is what the journal has acknowledged so far."""
    it = journal(nor)
    for alert in range(2):
        for count in range(12):
            told["next"] = ("n", (alert, count, "x" * 16, 1 << 40))
            if it.append(*told["next"]):
                told["open"].append(told["next"])
            told["next"] = None
        told["closing"] = True
        assert it.close()
        told["closing"] = False
        told["open"] = []
        at_rest(it)


def check(nor, told):
    it = journal(nor)
    found = list(it.records())
    ways = [told["open"]]
    if told["next"]:
        ways.append(told["open"] + [told["next"]])
    if told["closing"]:
        ways.append([])
    assert found in ways, (found, told)
    assert it.open == bool(found)
    assert it.append("after", (1,)), "no alert is taken after the cut"
    assert list(journal(nor).records()) == found + [("after", (1,))]
    assert it.close() and not journal(nor).open
    at_rest(it)
    assert len([byte for byte in nor.image if byte != 0xFF]) <= 16


def test_power_cut_at_every_operation():
    if not ROOMY:
        return
    whole = Nor(3)
    play(whole, {"open": [], "next": None, "closing": False})
    cuts = 0
    for tear in TEARS:
        for after in range(whole.operations):
            nor = Nor(3)
            told = {"open": [], "next": None, "closing": False}
            nor.cut(after, *tear)
            try:
                play(nor, told)
                raise AssertionError("no cut")
            except PowerCut:
                check(nor.reborn(), told)
            cuts += 1
    assert cuts == len(TEARS) * whole.operations > 150


def test_power_cut_while_recovering_from_a_cut():
    if not ROOMY:
        return
    rng = Rng(17)
    for _ in range(depth(3000)):
        nor = Nor(3)
        told = {"open": [], "next": None, "closing": False}
        for _ in range(4):
            nor.cut(rng.below(12), rng.below(130), 0, rng.chance(50))
            try:
                told["open"] = list(journal(nor).records())
                told["next"] = None
                told["closing"] = False
                it = journal(nor)
                if not it.open:
                    at_rest(it)
                for count in range(rng.below(9)):
                    told["next"] = ("n", (count, 7))
                    if it.append(*told["next"]):
                        told["open"].append(told["next"])
                told["next"] = None
                told["closing"] = True
                it.close()
                told["open"] = []
                told["closing"] = False
                at_rest(it)
            except PowerCut:
                pass
            nor = nor.reborn()
        check(nor, told)


def test_the_flash_of_the_test_only_clears_bits():
    nor = Nor(1)
    nor.writeblocks(0, b"\x0f", 5)
    nor.writeblocks(0, b"\xf1", 5)
    assert nor.image[5] == 0x01
    nor.ioctl(6, 0)
    assert nor.image == b"\xff" * SECTOR
