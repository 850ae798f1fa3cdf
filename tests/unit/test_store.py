"""The store on a real LittleFS: whole files, two slots, raw logs, and power that fails."""

from harness import Rng, depth
from lfs import ROOT, available, formatted, store_on
from nor import SECTOR, Nor, PowerCut

from firmware import store
from firmware.fall_log import PATH, FallLog
from firmware.journal import Journal

BLOCKS = 24
TEARS = [(0, 1, False), (1, 1, False), (1, 2, False), (1, 2, True), (1, 0, False), (3, 0, True)]


def empty(partitions=None):
    """Return (store, its flash) on a fresh LittleFS."""
    nor = formatted(Nor(BLOCKS))
    return store_on(nor, partitions), nor


def test_whole_files():
    if not available():
        return
    files, nor = empty()
    assert files.mounted or ROOT
    assert files.read("/a", 10) is None
    assert files.remove("/a"), "what is not there is removed"
    assert files.write("/a", b"") and files.read("/a", 10) == b""
    assert files.write("/a", b"first" * 100)
    assert files.read("/a", 500) == b"first" * 100
    assert files.read("/a", 9) == b"firstfirst", "one byte more than the limit"
    assert files.write("/a", b"second") and files.read("/a", 100) == b"second"
    assert store_on(nor.reborn()).read("/a", 100) == b"second"
    assert files.remove("/a") and files.read("/a", 10) is None


def test_a_full_file_system_refuses_and_keeps_the_old_bytes():
    if not available():
        return
    files, _ = empty()
    assert files.write("/a", b"old")
    assert not files.write("/a", bytes(BLOCKS * SECTOR))
    assert files.read("/a", 10) == b"old"
    assert not files.commit("c", bytes(store.DOCUMENT_MAX + 1))
    assert files.commit("c", bytes(store.DOCUMENT_MAX))
    files.write = lambda path, data: True  # a flash that does not hold what it was given
    assert not files.commit("c", b"new") and files.documents("c") == [bytes(store.DOCUMENT_MAX)]


def test_what_is_no_littlefs_is_not_mounted():
    if not available():
        return
    files, nor = empty()
    files.write("/a", b"old")
    if ROOT:
        assert store.mount(Nor(BLOCKS, 0), ROOT) is False
        assert files.read("/a", 10) == b"old", "the mount that was there is gone"
        assert store.mount(nor, ROOT) is True
    else:
        assert store_on(Nor(BLOCKS, 0)).mounted is False


def test_two_slots_take_turns():
    if not available():
        return
    files, nor = empty()
    assert files.documents("c") == []
    for n in range(5):
        assert files.commit("c", b"version %d" % n)
        older = [b"version %d" % (n - 1)] if n else []
        assert files.documents("c") == [b"version %d" % n] + older
    assert store_on(nor.reborn()).documents("c") == [b"version 4", b"version 3"]
    assert files.documents("d") == []


def test_a_damaged_slot_is_left_out_and_written_next():
    if not available():
        return
    files, _ = empty()
    files.commit("c", b"old")
    files.commit("c", b"new")
    whole = files.read("/c.1", 100)
    for at in range(len(whole)):
        files.write("/c.1", whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])
        assert files.documents("c") == [b"old"], at
        files.write("/c.1", whole[:at])
        assert files.documents("c") == [b"old"], at
    assert files.commit("c", b"newer")
    assert files.documents("c") == [b"newer", b"old"]


def test_a_partition_log_reads_programs_and_erases():
    nor = Nor(3)
    log = store.PartitionLog(nor)
    page = bytearray(4)
    log.program(2, 16, b"abcd")
    log.read(2, 16, page)
    assert log.sectors == 3 and page == b"abcd"
    assert nor.image[2 * SECTOR + 16 : 2 * SECTOR + 20] == b"abcd"
    log.erase(2)
    assert nor.image == b"\xff" * (3 * SECTOR)


def test_a_partition_with_other_sectors_is_not_used():
    class Other(Nor):
        def ioctl(self, operation, number):
            return 512 if operation == 5 else Nor.ioctl(self, operation, number)

    assert store.PartitionLog(Other(3)).sectors == 0


def test_the_log_is_a_partition_where_there_is_one():
    if not available():
        return
    raw = Nor(4)
    files, _ = empty({"journal": raw})
    assert files.log("journal").sectors == 4
    files.log("journal").program(0, 0, b"x")
    assert raw.image[0] == 0x78
    files.log("other").erase(0)
    assert files.read("/other.0", SECTOR) == b"\xff" * SECTOR


def test_a_file_of_a_log_that_is_missing_or_short_cannot_be_read():
    if not available():
        return
    files, _ = empty()
    log = files.log("journal")
    files.write("/journal.1", b"short")
    log.erase(2)
    for sector, fails in ((0, True), (1, True), (2, False)):
        try:
            log.read(sector, 0, bytearray(256))
            assert not fails
        except OSError:
            assert fails


def settle(journal):
    now_ms = 0
    while journal.wake_ms(now_ms) is not None:
        now_ms = journal.wake_ms(now_ms)
        journal.idle_step(now_ms)


def test_a_journal_over_files():
    if not available():
        return
    files, nor = empty()
    it = Journal(files.log("journal"))
    assert not it.append("early", ()) and it.close(), "files are made in standby only"
    settle(it)
    erases = len(nor.erases)
    for n in range(20):
        assert it.append("n", (n,))
    assert len(nor.erases) - erases <= 21, "more than one erase a record"
    again = Journal(store_on(nor.reborn()).log("journal"))
    assert list(again.records()) == [("n", (n,)) for n in range(20)]
    assert again.close() and again.damaged == 0


# -- power cuts ------------------------------------------------------------------------------


def cut_everywhere(start, play, check, every=1):
    """Cut power in every operation of play(store, told) on a copy of start, torn in all ways."""
    whole = start.reborn()
    play(store_on(whole), [])
    cuts = 0
    for tear in TEARS:
        for after in range(cuts % every, whole.operations, every):
            nor = start.reborn()
            files = store_on(nor)
            told = []
            nor.cut(after, *tear)
            try:
                play(files, told)
                raise AssertionError("no cut")
            except PowerCut:
                check(store_on(nor.reborn()), told)
            cuts += 1
    return cuts


def test_power_cut_in_every_write():
    if not available():
        return
    files, nor = empty()
    files.write("/a", b"old" * 300)

    def play(files, told):
        assert files.write("/a", b"new" * 400)
        told.append("written")
        assert files.write("/b", b"b")

    def check(files, told):
        found = files.read("/a", 2000)
        assert found == b"new" * 400 or (not told and found == b"old" * 300)
        assert files.read("/b", 10) in (None, b"b")
        assert files.write("/a", b"after") and files.read("/a", 10) == b"after"

    assert cut_everywhere(nor, play, check) > 60


def test_power_cut_in_every_commit():
    if not available():
        return
    files, nor = empty()
    files.commit("c", b"0" * 700)

    def play(files, told):
        for n in range(1, 4):
            assert files.commit("c", bytes((48 + n,)) * 700)
            told.append(n)

    def check(files, told):
        newest = len(told)
        found = files.documents("c")[0]
        assert found in (bytes((48 + newest,)) * 700, bytes((49 + newest,)) * 700)
        assert files.commit("c", b"after") and files.documents("c")[0] == b"after"

    assert cut_everywhere(nor, play, check) > 100


def test_power_cut_in_every_write_of_the_fall_log():
    if not available():
        return
    files, nor = empty()
    features = (-32768,) * 76

    def add(files, numbers):
        log = FallLog(files)
        for n in numbers:
            log.add(n, features, 0, 0)
            log.add(n, features, 1, 0)
        log.step(log.wake_ms())
        return files.read(PATH, 9999).count(b"\n") - 1

    assert add(files, range(31)) == 31

    def play(files, told):
        for n in (31, 32):
            assert add(files, (n,)) == 32
            told.append(n)

    def check(files, told):
        lines = files.read(PATH, 9999).decode().splitlines()
        known = int(lines[0].split(",")[1])
        assert 0 <= known - 31 - len(told) <= 1
        begun = [int(line[1 : line.index(",")]) for line in lines[1:]]
        assert begun == list(range(max(0, known - 32), known))
        assert add(files, (99,)) == 32

    assert cut_everywhere(nor, play, check, 3) > 100


def test_power_cut_in_a_journal_over_files():
    if not available():
        return
    files, nor = empty()
    settle(Journal(files.log("journal")))

    def play(files, told):
        it = Journal(files.log("journal"))
        for n in range(3):
            assert it.append("n", (n,))
            told.append(("n", (n,)))
        it.close()
        told[:] = []
        settle(it)

    def check(files, told):
        it = Journal(files.log("journal"))
        found = list(it.records())
        assert found[: len(told)] == told and len(found) <= len(told) + 1 or found == []
        if found == []:
            assert len(told) in (0, 3)
        assert it.append("after", ()) and list(it.records())[-1] == ("after", ())

    assert cut_everywhere(nor, play, check, 7) > 50


def test_a_second_cut_while_the_first_is_repaired():
    if not available():
        return
    rng = Rng(23)
    files, start = empty()
    files.commit("c", b"0" * 500)
    for _ in range(depth(1000)):
        nor = start.reborn()
        newest = 0
        for n in range(1, 6):
            nor.cut(rng.below(25), rng.below(130), 0, rng.chance(50))
            try:
                files = store_on(nor)
                files.write("/mode", b"bench")
                found = files.documents("c")[0]
                assert found[0] - 48 >= newest and found == found[:1] * 500
                newest = found[0] - 48
                assert files.commit("c", bytes((48 + n,)) * 500)
                newest = n
            except PowerCut:
                pass
            nor = nor.reborn()
        found = store_on(nor).documents("c")[0]
        assert found[0] - 48 >= newest and found == found[:1] * 500
