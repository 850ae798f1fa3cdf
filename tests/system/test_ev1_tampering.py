"""The tamper matrix of docs/ev1.md: every change gets exactly its grade and its segments.

The table is read from the page; each of its rows has a generator of changed files here, and both
verifiers have to say the same of each. At depth 100 every byte is flipped and every length is
cut; at less depth every 41st or 397th, and the first and last of each field.
"""

import re
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import ev1_writer as writer
import pytest
from ev1_judges import LISTS, Desk, judge
from ev1_writer import AUDIO, LOG, PLACE, SECTOR, Association, Device, Recording
from harness import Rng, depth

PAGE = Path(__file__).resolve().parents[2] / "docs/ev1.md"
NAMES = {AUDIO: "audio", PLACE: "place", LOG: "log"}
EVERY = {1: 397, 10: 41, 100: 1}[min({1, 10, 100}, key=lambda k: abs(k - depth(100)))]
HEADER = {"letters": (0, 4), "q": (4, 8), "class": (8, 9), "zeros": (9, 12), "number": (12, 16)}


@lru_cache
def stage():
    """Who there is, and the two recordings that are tampered with."""
    association, device, other = Association(), Device(), Device("other device")
    full = writer.tell(Recording(device, association, 3, writer.chance("previous")))
    cut = writer.tell(Recording(device, association, 4), seals=2, audio=2, finish=False)
    tail(cut)
    desk = Desk(association, [device, other])
    return SimpleNamespace(
        association=association, device=device, other=other, full=full, cut=cut, desk=desk
    )


def tail(recording):
    """A segment of each class that no seal covers."""
    recording.add(AUDIO, 0x02, 3000, writer.Tone().block(2560))
    recording.add(PLACE, 0x04, 3001, writer.fix(457604300, 48356600))
    recording.add(LOG, 0x06, 3002, writer.event(1))
    for class_ in NAMES:
        recording.flush(class_)


def names(recording):
    """What each sector is: "opening", ("audio", 0), ("seal", 0) ..."""
    found = ["opening"]
    counts = {}
    for sector in recording.sectors[1:]:
        kind = NAMES[sector[8]] if sector[:4] == b"EVS1" else "seal"
        counts[kind] = counts.get(kind, -1) + 1
        found.append((kind, counts[kind]))
    return found


class Case:
    """A changed file. this: the segments it is about; lost: those that cannot be read (this)."""

    def __init__(self, name, data, this=(), lost=None, after=(), of="full", **more):
        self.name, self.data, self.this, self.after, self.of = name, data, set(this), after, of
        self.lost = self.this if lost is None else set(lost)
        self.desk = more.get("desk")
        self.also = more.get("also", {})
        self.unread = more.get("unread", False)


def changed(recording, *changes):
    """The file with some sectors replaced: (number, bytes)."""
    sectors = list(recording.sectors)
    for at, sector in changes:
        sectors[at] = sector
    return b"".join(sectors)


def flipped(sector, at, mask=0x80):
    return sector[:at] + bytes((sector[at] ^ mask,)) + sector[at + 1 :]


def flips(recording, at, start, stop, mask=0x80):
    """The file with one byte changed, for a sample of the bytes of one sector."""
    for byte in range(start, stop):
        if byte in (start, stop - 1) or (at * SECTOR + byte) % EVERY == 0:
            yield byte, changed(recording, (at, flipped(recording.sectors[at], byte, mask)))


def mask_of(at):
    return Rng(at).between(1, 255)


# -- the rows --------------------------------------------------------------------------------


def last_of(recording):
    """The numbers of the sectors that are the last of a class, by class; and of the last seal."""
    return {kind[0]: at for at, kind in enumerate(names(recording)) if at}


def row_none():
    yield Case("as it is", stage().full.data())


def row_none_cut():
    yield Case("as it is", stage().cut.data(), of="cut")


def row_opening():
    for byte, data in flips(stage().full, 0, 0, SECTOR, mask_of(1)):
        yield Case(f"byte {byte}", data)


def row_both_openings():
    sector = stage().full.sectors[0]
    for byte in range(0, 256, 1 if EVERY == 1 else 37):
        twice = flipped(flipped(sector, byte), 2048 + 255 - byte)
        yield Case(f"byte {byte}", changed(stage().full, (0, twice)), unread=True)


def segment_flips(last, fields):
    full = stage().full
    for at, kind in enumerate(names(full)):
        if at == 0 or kind[0] == "seal" or (at in last_of(full).values()) != last:
            continue
        for start, stop in fields:
            masks = (1, 2, 3, 0x80) if (start, stop) == (8, 9) else (0x80,)
            masks = (mask_of(at),) if start >= 16 else masks
            for mask in masks:
                if start == 8 and mask < 4 and full.sectors[at][8] ^ mask == 0:
                    continue
                for byte, data in flips(full, at, start, stop, mask):
                    yield Case(f"{kind} byte {byte} by {mask}", data, {kind}, after={kind[0]})


def row_header():
    yield from segment_flips(False, HEADER.values())


def row_body():
    yield from segment_flips(False, ((16, 48), (48, 4064), (4064, 4096)))


def row_last_header():
    yield from segment_flips(True, HEADER.values())


def row_last_body():
    yield from segment_flips(True, ((16, 48), (48, 4064), (4064, 4096)))


def row_seal():
    full = stage().full
    for at, kind in enumerate(names(full)):
        if kind[0] == "seal" and at != len(full.sectors) - 1:
            for byte, data in flips(full, at, 0, SECTOR, mask_of(at)):
                yield Case(f"{kind} byte {byte}", data)


def last_seal(fields):
    full = stage().full
    for start, stop in fields:
        for byte, data in flips(full, len(full.sectors) - 1, start, stop):
            yield Case(f"byte {byte}", data)


def tail_flips(which, fields, masks=(0x80,)):
    cut = stage().cut
    first = len(cut.sectors) - 3
    for at in which:
        kind = names(cut)[first + at]
        for start, stop in fields:
            for mask in masks:
                for byte, data in flips(cut, first + at, start, stop, mask):
                    yield Case(f"{kind} byte {byte} by {mask}", data, {kind}, of="cut")


def row_tail_class_and_number():
    yield from tail_flips((0, 1), [HEADER["q"], (12, 14), (16, 48)])
    yield from tail_flips((0,), [HEADER["class"]], (2, 3))
    yield from tail_flips((1,), [HEADER["class"]], (1, 3))


def row_truncated_before_segments():
    data = stage().full.data()
    for size in lengths(SECTOR, 2 * SECTOR):
        yield Case(f"{size} bytes", data[:size], lost=everything(stage().full))


def row_truncated_before_seals():
    data = stage().full.data()
    for size in lengths(2 * SECTOR, 5 * SECTOR):
        kept = names(stage().full)[: size // SECTOR]
        yield Case(f"{size} bytes", data[:size], lost=everything(stage().full) - set(kept))


def row_truncated():
    data = stage().full.data()
    for size in lengths(5 * SECTOR, len(data)):
        kept = names(stage().full)[: size // SECTOR]
        yield Case(f"{size} bytes", data[:size], lost=everything(stage().full) - set(kept))


def lengths(start, stop):
    return sorted({*range(start, stop, EVERY), *range(start, stop, SECTOR), stop - 1})


def everything(recording):
    return {kind for kind in names(recording)[1:] if kind[0] != "seal"}


BLANK = b"\xff" * SECTOR


def deletions(wanted):
    """Blanked, and taken out of the file."""
    full = stage().full
    for at, kind in enumerate(names(full)):
        if wanted(at, kind):
            segment = at and kind[0] != "seal"
            this = {kind} if segment else ()
            more = {"after": {kind[0]} if segment else (), "unread": at == 0}
            yield Case(f"{kind} blank", changed(full, (at, BLANK)), this, **more)
            yield Case(f"{kind} out", changed(full, (at, b"")), this, **more)


def is_last(at):
    return at in last_of(stage().full).values()


def row_delete_all_seals():
    full = stage().full
    gone = [(at, BLANK) for at, kind in enumerate(names(full)) if kind[0] == "seal"]
    yield Case("blank", changed(full, *gone))


def swaps(wanted):
    full = stage().full
    kinds = names(full)
    for one, two in combinations(range(len(kinds)), 2):
        if wanted(kinds, one, two):
            data = changed(full, (one, full.sectors[two]), (two, full.sectors[one]))
            yield Case(f"{kinds[one]} and {kinds[two]}", data)


def same_class(kinds, one, two):
    return bool(one) and kinds[one][0] == kinds[two][0] != "seal"


def without_order(kinds, one, two):
    """Segments of different classes that nothing separates which is fixed to either of them."""
    between = kinds[one : two + 1]
    apart = [kind[0] for kind in between]
    return (
        one > 0
        and "seal" not in apart
        and apart.count(apart[0]) == 1
        and apart.count(apart[-1]) == 1
    )


def row_replay_behind():
    full = stage().full
    for at, kind in enumerate(names(full)):
        for blanks in (0, 2):
            data = full.data() + blanks * BLANK + full.sectors[at]
            yield Case(f"{kind}, {blanks} blank", data)


def row_replay_over():
    full = stage().full
    for one, from_ in enumerate(names(full)):
        for two, over in enumerate(names(full)):
            if one != two and two and over[0] != "seal":
                data = changed(full, (two, full.sectors[one]))
                after = {over[0]} if is_last(two) else ()
                yield Case(f"{from_} over {over}", data, {over}, after=after)


def splices(recording, wanted):
    """Each sector of another recording over the one in its place."""
    full = stage().full
    for at, kind in enumerate(names(full)):
        if at and wanted(at, kind):
            this = () if kind[0] == "seal" else {kind}
            yield Case(f"{kind}", changed(full, (at, recording.sectors[at])), this)


@lru_cache
def strangers():
    """The same story in another recording of the device, and in another device."""
    at = stage()
    later = writer.tell(Recording(at.device, at.association, 7))
    elsewhere = writer.tell(Recording(at.other, at.association, 3))
    return later, elsewhere


def row_splice_class():
    full = stage().full
    kinds = names(full)
    for at, kind in enumerate(kinds):
        for from_, other in enumerate(kinds):
            if at and from_ and "seal" not in (kind[0], other[0]) and kind[0] != other[0]:
                header = full.sectors[at][:48]
                made = header + full.sectors[from_][48:]
                yield Case(f"{other} as {kind}", changed(full, (at, made)), {kind})


def remade(class_, number, plaintext=None, key_of=None):
    """A segment of the full recording made anew by who has the class key."""
    full = stage().full
    key = full.keys[class_]
    for _ in range(number if key_of is None else key_of):
        key = writer.mac(key, b"EV1 next\0")
    at = names(full).index((NAMES[class_], number))
    link = full.sectors[at][16:48]
    body = plaintext or b"\x05\x09\x00\x00\x00\x00\x00" + writer.time(1)
    return at, writer.sector(full.q, class_, number, link, key, body)


def row_remade():
    for class_, number in ((AUDIO, 1), (AUDIO, 2), (PLACE, 1), (LOG, 1)):
        at, made = remade(class_, number)
        yield Case(
            f"{class_} {number}", changed(stage().full, (at, made)), {(NAMES[class_], number)}
        )


def row_remade_all():
    """A forger with the key of audio goes on from segment 1 and closes."""
    at = stage()
    other = Recording(at.device, at.association, 3, writer.chance("previous"))
    assert other.digest == at.full.digest
    writer.tell(other, audio=4, reason=1)
    changes = []
    link = at.full.sectors[names(at.full).index(("audio", 0))]
    key = writer.mac(at.full.keys[AUDIO], b"EV1 next\0")
    for number in (1, 2, 3):
        plain = b"\x05\x09\x00\x00\x00\x00\x00" + writer.time(number)
        if number == 3:
            plain += b"\x7f\x15\x00\x00\x00\x00\x00" + writer.close(4, 3, 0, (0, 0, 0))
        made = writer.sector(3, AUDIO, number, writer.digest(link), key, plain)
        changes.append((names(at.full).index(("audio", number)), made))
        key, link = writer.mac(key, b"EV1 next\0"), made
    yield Case("audio", changed(at.full, *changes), unread=True)


def row_fork():
    """Another tail segment of audio, by who has the class key, behind the first one."""
    cut = stage().cut
    at = names(cut).index(("audio", 2))
    key = cut.keys[AUDIO]
    for _ in range(2):
        key = writer.mac(key, b"EV1 next\0")
    plain = b"\x05\x09\x00\x00\x00\x00\x00" + writer.time(1)
    made = writer.sector(cut.q, AUDIO, 2, cut.sectors[at][16:48], key, plain)
    yield Case("behind the end", cut.data() + made, {("audio", 2)}, of="cut")
    yield Case("beside it", changed(cut, (at, made + cut.sectors[at])), {("audio", 2)}, of="cut")


def row_older_key():
    for class_, number in ((AUDIO, 1), (AUDIO, 2), (PLACE, 1), (LOG, 1)):
        for older in range(number):
            at, made = remade(class_, number, key_of=older)
            this = {(NAMES[class_], number)}
            yield Case(f"{class_} {number} by {older}", changed(stage().full, (at, made)), this)


def other_desk(**changes):
    at = stage()
    desk = Desk(at.association, [at.device, at.other])
    for name, value in changes.items():
        setattr(desk, name, value)
    return desk


def row_wrong_private_key():
    stranger = Association("somebody").pem()
    yield Case("somebody's", stage().full.data(), desk=other_desk(pem=stranger), unread=True)


def row_wrong_secrets():
    twin = Device()
    twin.psk_0 = writer.chance("another")
    desk = other_desk(secrets=writer.secrets([twin]))
    yield Case("another psk", stage().full.data(), everything(stage().full), desk=desk)
    desk = other_desk(secrets=writer.secrets([]))
    yield Case("none", stage().full.data(), desk=desk, unread=True)


def row_wrong_class_key():
    at = stage()
    for name, key in (("place", at.full.keys[PLACE]), ("cut's", at.cut.keys[AUDIO])):
        wrong = writer.class_key(SimpleNamespace(device=at.device, q=3, keys={AUDIO: key}), AUDIO)
        this = {("audio", number) for number in range(4)}
        yield Case(name, at.full.data(), this, desk=other_desk(class_key=wrong), unread=True)


def row_unknown_device():
    at = stage()
    desk = Desk(at.association, [at.other])
    yield Case("not in it", at.full.data(), desk=desk, unread=True)


def row_changed_registry():
    text = stage().desk.registry.decode()
    changes = {
        "a seal key": re.sub(r'("seal_keys": \[\s+")(.)', r"\g<1>0", text, count=1),
        "a name": text.replace("d'essai", "d'essais"),
        "a date": text.replace("2026-10-01", "2026-10-02"),
        "its key": text.replace(
            stage().association.signing.public_key().public_bytes_raw().hex(),
            Association("x").signing.public_key().public_bytes_raw().hex(),
        ),
    }
    for name, other in changes.items():
        assert other != text
        desk = other_desk(registry=other.encode())
        yield Case(name, stage().full.data(), desk=desk, unread=True)


def row_two_statements():
    """Who has copied the state of the seals signs seal 1 a second time."""
    at = stage()
    key = writer.mac(at.device.seal_key(3), b"EV1 seal next\0")
    second = bytearray(at.full.statements[1])
    second[20] ^= 1
    made = at.full.sign(bytes(second), 1, key)
    place = names(at.full).index(("seal", 1))
    yield Case("beside it", changed(at.full, (place, at.full.sectors[place] + made)))
    yield Case("behind the end", at.full.data() + made)


def row_fabricated():
    """With all that the flash holds before recording 5: a whole recording 3."""
    at = stage()
    thief = Device()
    thief.psk_0, thief.seed_0 = (
        at.device.psk(5),
        at.device._ratchet(at.device.seed_0, b"EV1 S next\0", 5),
    )
    thief.psk = lambda q: thief.psk_0
    thief.seal_key = lambda q: writer.mac(thief.seed_0, b"EV1 seal\0")
    made = writer.tell(Recording(thief, at.association, 3, writer.chance("previous"), "thief"))
    first = {(name, 0) for name in NAMES.values()}
    yield Case("alone", made.data(), first, unread=True)


def row_outsider():
    """Whoever has the public key and the numbers of a device can make a box that opens."""
    at = stage()
    outsider = Device()
    outsider.psk_0 = outsider.seed_0 = bytes(32)
    made = writer.tell(Recording(outsider, at.association, 3))
    first = {(name, 0) for name in NAMES.values()}
    yield Case("alone", made.data(), first, unread=True)


def row_unsealed():
    at = stage()
    for q in (3, 256, 300):
        recording = Recording(at.device, at.association, q)
        recording.seal_key = recording.seal_key or bytes(32)
        writer.tell(recording)
        sectors = [sector for sector in recording.sectors if sector[:4] != b"EVSG"]
        yield Case(f"q {q}", b"".join(sectors))


def row_no_slot():
    at = stage()
    recording = Recording(at.device, at.association, 0xFFFFFFFF)
    recording.seal_key = bytes(32)
    recording.device = SimpleNamespace(
        public_key=lambda *_: bytes(32), identifier=at.device.identifier
    )
    recording.sealed = lambda final=False: BLANK
    yield Case("q FFFFFFFF", writer.tell(recording).data())


def row_record_of_another_class():
    """A firmware that puts a position into audio: sealed and all."""
    at = stage()
    recording = Recording(at.device, at.association, 3)
    recording.add(AUDIO, 0x01, 0, writer.config(AUDIO))
    recording.flush(AUDIO)
    recording.add(AUDIO, 0x04, 0, writer.fix(1, 2))
    for class_ in (PLACE, LOG):
        recording.add(class_, 0x01, 0, writer.config(class_))
    for class_ in NAMES:
        recording.flush(class_)
    recording.seal()
    yield Case("a fix in audio", recording.data(), {("audio", 1)}, unread=True)


def row_failed_write():
    full = stage().full
    for at, kind in enumerate(names(full)):
        for size in (32, 2048, 4064) if at else (2048, 2080):
            torn = full.sectors[at][:size].ljust(SECTOR, b"\xff")
            if torn != full.sectors[at]:
                data = changed(full, (at, torn + full.sectors[at]))
                yield Case(f"{kind}, {size} bytes", data)
                twice = torn[: size - 16].ljust(SECTOR, b"\xff") + torn
                yield Case(f"{kind}, twice", changed(full, (at, twice + full.sectors[at])))


ROWS = {
    "none": row_none,
    "none, cut": row_none_cut,
    "flip: opening, one copy or unused bytes": row_opening,
    "both copies of the opening flipped": row_both_openings,
    "flip: segment, letters, q, class, zeros or number": row_header,
    "flip: segment, link, contents or tag": row_body,
    "flip: last segment of a class, letters, q, class, zeros or number": row_last_header,
    "flip: last segment of a class, link, contents or tag": row_last_body,
    "flip: seal with another after it": row_seal,
    "flip: last seal, letters": lambda: last_seal([(0, 4)]),
    "flip: last seal, number": lambda: last_seal([(8, 12)]),
    "flip: last seal, q": lambda: last_seal([(4, 8)]),
    "flip: last seal, all else": lambda: last_seal([(12, SECTOR)]),
    "flip, cut: tail segment, not the last sector, letters or zeros": lambda: tail_flips(
        (0, 1), [HEADER["letters"], HEADER["zeros"]]
    ),
    "flip, cut: tail segment, not the last sector, q, class, number or link": (
        row_tail_class_and_number
    ),
    "flip, cut: tail segment, not the last sector, number beyond 65535": lambda: tail_flips(
        (0, 1), [(14, 16)]
    ),
    "flip, cut: tail segment, not the last sector, contents or tag": lambda: tail_flips(
        (0, 1), [(48, 4064), (4064, 4096)], (0x21,)
    ),
    "flip, cut: last sector, q": lambda: tail_flips((2,), [HEADER["q"]]),
    "flip, cut: last sector, class": lambda: tail_flips((2,), [HEADER["class"]], (1, 2)),
    "flip, cut: last sector, all else": lambda: tail_flips(
        (2,), [HEADER["letters"], HEADER["zeros"], HEADER["number"], (16, 4096)]
    ),
    "cut off: before any segment": row_truncated_before_segments,
    "cut off: before the first seal": row_truncated_before_seals,
    "cut off: after the first seal": row_truncated,
    "deletion: opening": lambda: deletions(lambda at, _: at == 0),
    "deletion: segment": lambda: deletions(
        lambda at, kind: at and kind[0] != "seal" and not is_last(at)
    ),
    "deletion: last segment of a class": lambda: deletions(
        lambda at, kind: at and kind[0] != "seal" and is_last(at)
    ),
    "deletion: seal with another after it": lambda: deletions(
        lambda at, kind: kind[0] == "seal" and not is_last(at)
    ),
    "deletion: last seal": lambda: deletions(lambda at, kind: kind[0] == "seal" and is_last(at)),
    "deletion: all seals": row_delete_all_seals,
    "swap: two segments of one class": lambda: swaps(same_class),
    "swap: that moves a segment across a seal, or a seal, or the opening": lambda: swaps(
        lambda *a: not same_class(*a) and not without_order(*a)
    ),
    "swap: segments of two classes between the same seals": lambda: swaps(
        lambda *a: not same_class(*a) and without_order(*a)
    ),
    "replay: a copy behind the end": row_replay_behind,
    "replay: a copy over another segment": row_replay_over,
    "splice: segment of another recording of the device": lambda: splices(
        strangers()[0], lambda at, kind: kind[0] != "seal" and not is_last(at)
    ),
    "splice: segment of another device, same q": lambda: splices(
        strangers()[1], lambda at, kind: kind[0] != "seal"
    ),
    "splice: segment of another class, its header changed": row_splice_class,
    "splice: seal of another recording": lambda: splices(
        strangers()[0], lambda at, kind: kind[0] == "seal" and not is_last(at)
    ),
    "splice: seal of another device, same q": lambda: splices(
        strangers()[1], lambda at, kind: kind[0] == "seal" and not is_last(at)
    ),
    "one segment made anew with the class key": row_remade,
    "all after one segment made anew with the class key": row_remade_all,
    "cut: tail segment made anew beside the first with the class key": row_fork,
    "older key on a newer segment": row_older_key,
    "wrong private key": row_wrong_private_key,
    "wrong secrets": row_wrong_secrets,
    "wrong class key": row_wrong_class_key,
    "device not in the registry": row_unknown_device,
    "registry changed": row_changed_registry,
    "two statements for one seal": row_two_statements,
    "a complete past recording made with the current flash": row_fabricated,
    "a recording without a device, with the public key alone": row_outsider,
    "no seals were made": row_unsealed,
    "no slot was valid": row_no_slot,
    "record of another class": row_record_of_another_class,
    "a write torn and repeated in the next sector": row_failed_write,
}


def matrix():
    """{change: (grade, bad, missing, also, grade without a key)} of the page."""
    text = PAGE.read_text().split("### The tamper matrix")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in rows[2:]}


def test_each_row_of_the_page_is_tried():
    assert set(matrix()) == set(ROWS)


@lru_cache
def contents(of):
    """Records of each segment as they were written."""
    (one,) = judge(getattr(stage(), of).data(), stage().desk)
    return one.contents


@pytest.mark.parametrize("change", ROWS)
def test_change(change):
    grade, bad, missing, also, without_key = matrix()[change]
    tried = 0
    for case in ROWS[change]():
        tried += 1
        desk = case.desk or stage().desk
        found = judge(case.data, desk)
        one = main(found, case)
        assert one.grade == grade, (case.name, one.grade, one.faults)
        assert one.bad == (case.this if bad == "this" else set()), (case.name, one.bad)
        after = set(case.after) if missing == "after" or case.after and "replay" in change else ()
        assert one.after == set(after), (case.name, one.after)
        gone = case.this if missing == "this" and not after else set()
        assert one.missing == gone, (case.name, one.missing)
        named(case, one, also)
        if grade != "A":
            assert not any(other.grade == "A" for other in found), case.name
        if not case.unread:
            undamaged(case, one)
        if without_key != "-":
            (first, *_) = [main(judge(case.data, desk, keyed=False), case)]
            assert first.grade == without_key, (case.name, first.grade, first.faults)
    assert tried


def main(found, case):
    """What is said of the recording that was changed."""
    q = getattr(stage(), case.of).q
    known = [one for one in found if one.q == q]
    return known[0] if known else found[0]


def named(case, one, also):
    """What the page names is there, and nothing that it would have to name."""
    names = {"opening": one.opening, "bad seal": one.bad_seals, "failed write": one.failed}
    names |= {name: getattr(one, name) for name in LISTS if name != "failed"}
    if also != "-":
        assert names[also], (case.name, also)
    for name in ("opening", "displaced", "repeated", "failed write"):
        assert name == also or not names[name], (case.name, name)


def undamaged(case, one):
    """Whatever was not hit is read as it was written."""
    written = contents(case.of)
    assert set(one.contents) == set(written) - case.lost, case.name
    for segment, records in one.contents.items():
        assert records == written[segment], (case.name, segment)


def two_evenings():
    """A file of two recordings, each with the same story."""
    at = stage()
    first = writer.tell(Recording(at.device, at.association, 3))
    second = writer.tell(Recording(at.device, at.association, 4, first.name()))
    return first, second, [*first.sectors, *second.sectors]


def test_sectors_exchanged_between_two_recordings():
    """Both are read whole, and both are named as disturbed."""
    first, second, sectors = two_evenings()
    more = len(first.sectors)
    kinds = names(first)
    for one in range(1, more):
        for two in (1, 6, 9):
            changed_ = list(sectors)
            changed_[one], changed_[more + two] = changed_[more + two], changed_[one]
            found = judge(b"".join(changed_), stage().desk)
            assert [each.grade for each in found] == ["C", "C"], (kinds[one], kinds[two])
            early, late = sorted(found, key=lambda each: each.q)
            between = {one} - {more - 1}  # behind its last sector nothing is foreign
            assert early.displaced == {more + two} and early.foreign == between
            assert late.displaced == {one} and late.foreign == {more + two}
            assert all(each.contents == early.contents for each in found)


def test_an_opening_of_the_same_number_beside_the_true_one():
    """A forger's opening of this q, before, between and behind: the true one is still found."""
    first, second, sectors = two_evenings()
    forged = Recording(stage().device, stage().association, 3, label="forger").sectors[0]
    for at in range(len(first.sectors) + 1):
        found = judge(b"".join([*sectors[:at], forged, *sectors[at:]]), stage().desk)
        true = [one for one in found if one.q == 3 and one.contents]
        assert len(found) == 3 and len(true) == 1
        assert true[0].grade == ("A" if at in (0, len(first.sectors)) else "C"), at
        assert sum(len(numbers) for numbers in true[0].got.values()) == 10
        assert {one.grade for one in found if one is not true[0] and one.q == 3} == {"D"}


def test_a_copy_of_the_opening_of_another_recording():
    first, second, sectors = two_evenings()
    found = judge(b"".join([*sectors, first.sectors[0]]), stage().desk)
    assert sorted((one.q, one.grade) for one in found) == [(3, "C"), (4, "A")]
