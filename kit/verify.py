"""From a file and keys to judged recordings: the whole of docs/ev1.md, "Verification".

Separate because reports, the self-test and disclosures need it without a command line. It opens
no file: what was read is handed in, and its hash is of exactly these bytes.
"""

from __future__ import annotations

from datetime import datetime, timezone
from hashlib import sha256
from typing import Callable, NamedTuple

from kit import anchors as codes
from kit import container, plausibility, trust
from kit.anchors import Anchor, Match
from kit.clock import Clock, clock_of
from kit.container import NO_SLOT, Image, Sector
from kit.grades import grade
from kit.notes import Note
from kit.plausibility import SoundFacts
from kit.recording import Given, Recording
from kit.records import CLOSE, FOUND, TIME, Record

Progress = Callable[[int, int], None]


class Verified(NamedTuple):
    """One judged recording and what follows from its contents.

    begin_ms, end_ms: of its records since the trigger; None where none could be read. previous:
    whether the recording that H_prev names is in the file ("none" where it names none). provisos:
    what the verdict rests on and the files themselves cannot show.
    """

    recording: Recording
    matched: list[Match]
    unmatched: list[Anchor]
    clock: Clock
    begin_ms: int | None
    end_ms: int | None
    sound: SoundFacts | None
    remarks: list[Note]
    previous: str
    provisos: list[Note]

    @property
    def grade(self) -> str:
        return self.recording.grade


class Result(NamedTuple):
    """A file: sha256 in hex, its recordings, what is nobody's, and numbers without a recording.

    loose: sectors that cannot be read and belong to no recording. stray: anchors of numbers that
    are not in the file. void: numbers between those of one device that have no opening.
    """

    sha256: str
    image: Image
    recordings: list[Verified]
    loose: list[Sector]
    stray: list[Anchor]
    void: dict[str, list[int]]


def verify(
    data: bytes,
    given: Given,
    anchors: list[Anchor] | None = None,
    progress: Progress | None = None,
) -> Result:
    """Judge every recording in the file; progress is told (done, of so many)."""
    digest = sha256(data).hexdigest()  # before any key is used
    image = container.read(data)
    recordings = []
    for done, raw in enumerate(image.recordings):
        recordings.append(Recording(raw, given))
        if progress:
            progress(done + 1, len(image.recordings))
    counted = [set(recording.counted()) for recording in recordings]
    for index, recording in enumerate(recordings):
        elsewhere = set().union(*counted[:index], *counted[index + 1 :])
        recording.place(image, elsewhere)
        recording.grade = grade(recording)
    matches = [_matches(one, anchors or []) for one in recordings]
    # Two devices may have recordings of one number: what is of the one contradicts no other.
    of_one = {match.anchor for matched, _ in matches for match in matched}
    verified = [
        _conclude(one, recordings, matched, [a for a in others if a not in of_one], given)
        for one, (matched, others) in zip(recordings, matches)
    ]
    if image.cut is not None:
        for each in verified:
            each.remarks.append(Note("image_cut", 0, image.cut))
    numbers = {recording.q for recording in recordings}
    stray = [anchor for anchor in anchors or [] if anchor.q not in numbers]
    return Result(digest, image, verified, image.loose, stray, _void(recordings))


def _conclude(
    recording: Recording,
    all_: list[Recording],
    matched: list[Match],
    unmatched: list[Anchor],
    given: Given,
) -> Verified:
    in_order = [record for chain in recording.chains.values() for record in chain.records]
    sound = plausibility.sound_facts(in_order)
    begin_ms, end_ms = _extent(in_order, sound)
    remarks = plausibility.remarks(in_order, recording.complete)
    if recording.opening is not None and recording.opening.flags & 1:
        remarks.append(Note("no_radio"))
    remarks += _found_later(recording, all_)
    clock = clock_of(in_order)
    remarks += _early(matched, clock, given) + _registered_later(recording, clock)
    if unmatched:
        cut = not recording.seals.final and all(anchor.kind == "h" for anchor in unmatched)
        remarks.append(Note("codes_or_cut" if cut else "codes", 0, (len(unmatched),)))
    previous = _previous(recording, all_)
    return Verified(
        recording,
        matched,
        unmatched,
        clock,
        begin_ms,
        end_ms,
        sound,
        remarks,
        previous,
        _provisos(given),
    )


def _provisos(given: Given) -> list[Note]:
    registry = given.registry
    found = trust.of_registry(registry.signing_key, registry.compared, registry.stamp)
    return found + trust.of_image(given.raw, given.class_key is not None)


def _registered_later(recording: Recording, clock: Clock) -> list[Note]:
    """A device that the registry took in after the recording had begun by its own clock."""
    begin = clock.at(0)
    if recording.device is None or begin is None:
        return []
    issued = datetime.strptime(recording.device.issued_utc, "%Y-%m-%dT%H:%M:%SZ")
    issued_ms = int(issued.replace(tzinfo=timezone.utc).timestamp()) * 1000
    if issued_ms <= begin.latest_ms:
        return []
    return [Note("registered_later", 0, (recording.device.issued_utc,))]


def _matches(recording: Recording, anchors: list[Anchor]) -> tuple[list[Match], list[Anchor]]:
    """(matched, of its number and unmatched)."""
    if recording.opening is None:
        return [], []
    statements = [statement.data for statement in recording.seals.valid]
    return codes.match(anchors, recording.q, recording.opening.digest, statements)


def _early(matched: list[Match], clock: Clock, given: Given) -> list[Note]:
    """Codes that arrived before what they are codes of, or before the registry was stamped."""
    begin = clock.at(0)
    stamp = given.registry.stamp
    found = []
    for match in matched:
        received_s, values = match.anchor.received_s, (match.anchor.code,)
        if begin is not None and begin.agreed and received_s * 1000 + 999 < begin.earliest_ms:
            found.append(Note("early_anchor", 0, values))
        if stamp is not None and stamp.utc_s is not None and stamp.utc_s > received_s:
            found.append(Note("late_registry", 0, values))
    return found


def _extent(records: list[Record], sound: SoundFacts | None) -> tuple[int | None, int | None]:
    if not records:
        return None, None
    # A source of time may have spoken long before the trigger; nothing was recorded then.
    moments = [record.at_ms for record in records if record.type != TIME] or [0]
    ends = moments[:]
    ends += [record.value.ticks_ms for record in records if record.type == CLOSE]
    if sound is not None:
        ends.append(sound.begin_ms + sound.duration_ms)
    return min(moments), max(ends)


def _previous(recording: Recording, all_: list[Recording]) -> str:
    """Whether what H_prev names is here: "found", "missing", or "none" before the first."""
    if recording.opening is None or recording.opening.previous == bytes(32):
        return "none"
    for other in all_:
        if other.opening is None or other is recording:
            continue
        last = other.seals.valid[-1:]
        name = sha256(last[0].data).digest() if last else other.opening.digest
        if name == recording.opening.previous:
            return "found"
    return "missing"


def _found_later(recording: Recording, all_: list[Recording]) -> list[Note]:
    """Whether a later start found more of this recording than is here now."""
    remarks = []
    for other in all_:
        for record in (record for record in other.records if record.type == FOUND):
            found = record.value
            if recording.opening is None or found.digest != recording.opening.digest:
                continue
            if found.last_seal is not None and found.last_seal >= len(recording.seals.valid):
                remarks.append(Note("found_seal", 0, (other.q, found.last_seal)))
            for class_, chain in recording.chains.items():
                count = found.heads[class_ - 1][0]
                if count > chain.top + 1:
                    remarks.append(Note("found_segments", class_, (other.q, count)))
    return remarks


def _void(recordings: list[Recording]) -> dict[str, list[int]]:
    by_device: dict[str, set[int]] = {}
    for recording in recordings:
        if recording.opening is not None and recording.device and recording.q != NO_SLOT:
            by_device.setdefault(recording.opening.devid.hex(), set()).add(recording.q)
    void = {}
    for devid, numbers in by_device.items():
        if max(numbers) - min(numbers) <= 65536:
            void[devid] = sorted(set(range(min(numbers), max(numbers))) - numbers)
    return void
