"""Results as JSON, and as lines for a terminal. CONTRACTS.md, section 10, has the keys.

Separate so that the command line and tests agree on what is said. Pure.
"""

from __future__ import annotations

from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any, Iterator

from kit import VERSION, words
from kit.anchors import Anchor
from kit.container import CLASS_NAMES
from kit.notes import Note
from kit.registry import Registry
from kit.selftest import Outcome
from kit.trust import fingerprint, grouped
from kit.verify import Result, Verified
from kit.words import ranges, spans

HERE = Path(__file__).resolve().parent


def tool() -> dict[str, str]:
    """Which program judged: a hash over all of its files."""
    state = sha256()
    paths = {path.relative_to(HERE).as_posix(): path for path in HERE.rglob("*.*")}
    for name in sorted(name for name in paths if name.endswith((".py", ".html", ".css"))):
        state.update(name.encode() + b"\0" + sha256(paths[name].read_bytes()).digest())
    return {"name": "galet kit", "version": VERSION, "sha256": state.hexdigest()}


def as_json(path: Path, result: Result, registry: Registry, test: Outcome) -> dict[str, Any]:
    """Everything; recordings in the order of the file."""
    return {
        "tool": tool(),
        "self_test": test._asdict(),
        "registry": registry_json(registry),
        "recordings": [recording_json(path, result, one) for one in result.recordings],
        "unreadable": [sector.at for sector in result.loose],
        "image_cut": list(result.image.cut) if result.image.cut else None,
        "anchors_unmatched": [anchor_json(anchor) for anchor in result.stray],
        "void": result.void,
    }


def registry_json(registry: Registry) -> dict[str, Any]:
    stamp = registry.stamp
    stamped = None
    if stamp is not None and stamp.utc_s is not None:
        stamped = iso(stamp.utc_s * 1000)
    return {
        "sha256": registry.digest,
        "association": registry.name,
        "signed": registry.signed,
        "signing_key_sha256": fingerprint(registry.signing_key),
        "stamp": stamped,
        "stamp_matches": None if stamp is None else stamp.matches,
        "stamp_authority": None if stamp is None else stamp.authority,
        "signing_key_compared": registry.compared,
    }


def recording_json(path: Path, result: Result, one: Verified) -> dict[str, Any]:
    it = one.recording
    chains = {CLASS_NAMES[class_]: chain for class_, chain in it.chains.items()}
    examined = list(chains) if it.keyed else []
    return {
        "file": str(path),
        "sha256": result.sha256,
        "device": it.opening.devid.hex() if it.opening else None,
        "q": it.q,
        "grade": one.grade,
        "words": {language: words.verdict(one, language) for language in ("fr", "en")},
        "reasons": [str(note) for note in it.faults],
        "segments": it.segments,
        "bad": [f"{name}:{n}" for name, chain in chains.items() for n in sorted(chain.bad)],
        "gaps": [
            [f"{name}:{gap.first}", None if gap.last is None else f"{name}:{gap.last}"]
            for name, chain in chains.items()
            for gap in chain.gaps
        ],
        "unverified": [f"{name}:{n}" for name, chain in chains.items() for n in chain.unverified],
        "closed": it.complete if it.keyed else None,
        "seals": {
            "valid": len(it.seals.valid),
            "bad": len(it.bad_seals),
            "final": it.seals.final,
        },
        "sealed_to": {n: c.sealed_to if c.sealed else None for n, c in chains.items()},
        "shared_key_only": {
            name: [[a, b] for a, b in ranges(sorted(set(chain.chosen) - chain.sealed))]
            for name, chain in chains.items()
        },
        "classes": examined,
        "not_examined": [name for name in CLASS_NAMES.values() if name not in examined],
        "sectors": {
            "foreign": it.foreign,
            "unreadable": it.unreadable,
            "repeated": it.repeated,
            "displaced": it.displaced,
            "failed_writes": it.failed,
            "unfinished": it.unfinished,
            "bad_seals": it.bad_seals,
            "opening_damaged": it.opening_damaged,
        },
        "opening": it.opening.digest.hex() if it.opening else None,
        "previous": one.previous,
        "anchors_matched": len(one.matched),
        "anchors": [{**anchor_json(match.anchor), "of": match.of} for match in one.matched],
        "anchors_unmatched": [anchor_json(anchor) for anchor in one.unmatched],
        "duration_ms": duration_ms(one),
        "sound": one.sound._asdict() if one.sound else None,
        "time": times(one),
        "time_conflicts": [str(note) for note in conflicts(one)],
        "remarks": [str(note) for note in one.remarks],
        "provisos": [str(note) for note in one.provisos],
    }


def anchor_json(anchor: Anchor) -> dict[str, Any]:
    received = iso(anchor.received_s * 1000)
    return {"received_utc": received, "from": anchor.sender, "code": anchor.code}


def duration_ms(one: Verified) -> int | None:
    if one.begin_ms is None or one.end_ms is None:
        return None
    return one.end_ms - one.begin_ms


def times(one: Verified) -> list[dict[str, Any]]:
    """By each source: from when to when, and how exactly, at the worse end."""
    rows = []
    for source in sorted(one.clock.by_source):
        assert one.begin_ms is not None and one.end_ms is not None
        ends = [one.clock.of(source, at_ms) for at_ms in (one.begin_ms, one.end_ms)]
        first, last = (end for end in ends if end is not None)
        rows.append(
            {
                "from": iso(first.middle_ms),
                "to": iso(last.middle_ms),
                "plus_minus_ms": max(first.plus_minus_ms, last.plus_minus_ms),
                "source": source,
            }
        )
    return rows


def conflicts(one: Verified) -> list[Note]:
    if one.begin_ms is None or one.end_ms is None:
        return []
    return one.clock.conflicts(one.begin_ms, one.end_ms)


def lines(path: Path, result: Result, registry: Registry, test: Outcome) -> Iterator[str]:
    """The same for people."""
    made = tool()
    yield f"{made['name']} {made['version']}, SHA-256 {made['sha256']}"
    yield str(test)
    yield f"{path}: SHA-256 {result.sha256}"
    yield f"registry of {registry.name}: SHA-256 {registry.digest}"
    compared = {None: "not compared (--association-key)", True: "as given", False: "NOT AS GIVEN"}
    key = grouped(fingerprint(registry.signing_key))
    yield f"  signing key {key}: {compared[registry.compared]}"
    if result.image.cut is not None:
        yield str(Note("image_cut", 0, result.image.cut))
    for one in result.recordings:
        yield ""
        yield from _recording_lines(one)
    for devid, numbers in result.void.items():
        if numbers:
            yield f"device {devid}: no recording of number {spans(numbers)}"
    if result.loose:
        yield f"sectors of no recording, unreadable: {spans([s.at for s in result.loose])}"
    for anchor in result.stray:
        yield f"code {anchor.code} of {anchor.sender}: of no recording in this file"
    if not result.recordings:
        yield "no recording in this file"


def _recording_lines(one: Verified) -> Iterator[str]:
    it = one.recording
    device = it.opening.devid.hex() if it.opening else "unknown"
    yield f"Recording {it.q} of device {device}: {one.grade}"
    yield f"  {words.verdict(one, 'fr')}"
    yield f"  {words.verdict(one, 'en')}"
    for class_, chain in it.chains.items():
        sealed = f"sealed to {chain.sealed_to}" if chain.sealed else "not sealed"
        if chain.chosen and chain.sealed.issuperset(chain.chosen):
            sealed = "all sealed"
        count = len(chain.chosen)
        note = f", {len(chain.unverified)} unverified" if chain.unverified else ""
        yield f"  {CLASS_NAMES[class_]}: {count} segments, {sealed}{note}"
    for class_, name in CLASS_NAMES.items():
        if class_ not in it.chains:
            yield f"  {name}: not examined"
    for row in times(one):
        yield f"  {row['from']} to {row['to']} by {row['source']}, ± {row['plus_minus_ms']} ms"
    if one.sound is not None:
        facts = one.sound
        yield f"  {facts.samples} samples at {facts.rate_hz} Hz, {facts.lost} lost"
    for match in one.matched:
        received = iso(match.anchor.received_s * 1000)
        yield f"  code {match.anchor.code}: {match.of}, not later than {received}"
    for anchor in one.unmatched:
        yield f"  code {anchor.code}: matches nothing that is here"
    for remark in [*conflicts(one), *one.remarks]:
        yield f"  remark: {remark}"


def iso(unix_ms: int) -> str:
    time = datetime.fromtimestamp(unix_ms // 1000, timezone.utc)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{unix_ms % 1000:03}Z"
