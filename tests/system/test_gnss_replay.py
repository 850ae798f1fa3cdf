"""Real recordings, played into the running firmware: every place that a message tells is right.

Each `gnss/*.log` of the data folder (GALET_DATA, else ../shared/data) that carries RMC or GGA is
what the receiver sends; world clock, date bound and cell are those of its first valid epoch.
There is one contact, and three presses every minute, or three times in a shorter recording. Each
place in a message must equal a `fix` event, and that one must lie within 5 m of what gpsd read
of the same second (`.log.chk`). A table of it goes to build/gnss_replay.json, and to `pytest -s`.
"""

import json
import os
import re
import warnings
from pathlib import Path

import pytest
import replay
from harness import Rng, depth

from simulator import dates
from simulator.devices.nmea_log import ClaimReader, epochs, sentences
from tools.require_vm import vm_binary

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("GALET_DATA") or ROOT.parent / "shared/data")
BUILD = ROOT / "build"


def carries_places(path):
    return any(one.sentence_type in ("RMC", "GGA") for _, one in sentences(path.read_bytes()))


LOGS = [path for path in sorted((DATA / "gnss").glob("*.log")) if carries_places(path)]

if not LOGS:
    pytest.skip(f"test_gnss_replay.py: no recordings in {DATA}/gnss", allow_module_level=True)

every_log = pytest.mark.parametrize("log", LOGS, ids=lambda path: path.stem)

# What is not as above, by file. Kinds: "few": fewer than three valid epochs; "void": no place is
# told; the others are what replay.Told has for `how`. A kind that is listed may occur (which
# places are told depends on when she presses), one that is not is an error.
SIMULATED = "the receiver's own simulator, status V and quality 8: gpsd tells it, we must not"
BEGINS = "gpsd gives the place of the first second without a time"
ENDS = "gpsd waits for a next second before it tells one, and the recording ends with this"
EXCEPTIONS = {
    "GPSmap-76S": {"void": SIMULATED},
    "ait250": {"edge": ENDS},
    "april6_2019": {"few": "one dated second; its other line has the date 2208-1"},
    "blumax-gps009": {"edge": BEGINS},
    "ch-4701": {"undated": "the first GGA comes before any date", "edge": ENDS},
    "garmin-geko201": {"void": SIMULATED},
    "gp-320fw-2019-04-06-overflow": {"between": "gpsd has no 23:57:26; the receiver stands"},
    "haicom-305N": {"edge": BEGINS},
    "isync": {"edge": ENDS},
    "mtk-3301": {"edge": BEGINS},
    "quectel-l76k-nmea": {"edge": ENDS},
    "rst39": {"era": "19 February 2014; gpsd takes its time for 1024 weeks later"},
    "skytraq": {"few": "no valid epoch", "void": "no valid epoch"},
    "tcp-test": {"few": "one valid second"},
    "tn200-all": {"few": "no valid epoch", "void": "no valid epoch"},
    "tr737A+": {"edge": BEGINS},
    "ublox-lea-4h": {"edge": ENDS},
    "ublox-zed-f9t-ubx_nmea_l5": {"edge": BEGINS},
    "venus634lp": {"undated": "the first GGA comes before any date", "edge": ENDS},
}
# Of a file that nobody has seen yet these need not be listed: they are told as warnings.
EXPLICABLE = {"few", "void", "era", "undated", "between", "edge"}


def gpsd(log):
    path = Path(f"{log}.chk")
    if not path.exists():
        pytest.skip(f"test_gnss_replay.py: {path} is not there to judge {log.name} by")
    return replay.Readings(path.read_bytes().splitlines())


def valid_epochs(log):
    """The positions that each valid epoch claims."""
    reader = ClaimReader()
    found = [reader.read(epoch) for epoch in epochs(log.read_bytes())]
    return [claims for claims in found if claims]


def check(log, readings, **options):
    """Play it and judge it; returns its row of the table."""
    played = replay.play(log, **options)
    told, wrong = replay.judge(played, readings)
    assert not wrong, f"{log.name}: " + "; ".join(wrong)
    valid = valid_epochs(log)
    dated = [dates.from_iso(c.utc) for claims in valid for c in claims if c.utc.endswith("Z")]
    assert not dated or played.start_utc_s == max(0, dated[0])
    kinds = {one.how for one in told} - {"second"}
    kinds |= {"few"} if len(valid) < replay.PRESSES_LEAST else set()
    kinds |= set() if told else {"void"}
    assert len(played.presses) >= replay.PRESSES_LEAST
    if readings.real >= replay.PRESSES_LEAST:
        # Only she who presses before the first second is over gets an answer without a place.
        assert len(told) >= len(played.presses) - 1, (log.name, len(told))
    metres = [one.metres for one in told if one.metres is not None]
    return {
        "file": log.name,
        "host": options.get("host", "cpython"),
        "epochs": len(valid),
        "presses": len(played.presses),
        "messages": len(replay.sent(played.events)),
        "with_place": len(told),
        "compared": len(metres),
        "worst_m": round(max(metres), 2) if metres else None,
        "exceptions": sorted(kinds),
    }


def explained(log, kinds):
    """Hold what is not as the rule has it against the list."""
    listed = set(EXCEPTIONS.get(log.stem, ()))
    if log.stem in EXCEPTIONS:
        assert kinds <= listed, f"{log.name}: {kinds - listed} not listed"
        missing = (listed - kinds) & {"few", "void", "era"}
        assert not missing, f"{log.name}: {missing} listed, but not so"
        return
    assert kinds <= EXPLICABLE, f"{log.name}: {kinds - EXPLICABLE}"
    if kinds:
        warnings.warn(f"{log.name}: {', '.join(sorted(kinds))} (not listed)", stacklevel=2)


def record(log, rows):
    """Add to build/gnss_replay.json, which several processes may do at a time."""
    for row in rows:
        print(
            "\n{file:34} {host:11} {epochs:4} epochs {presses:3} presses {messages:3} messages "
            "{with_place:3} with a place, worst {worst_m} m  {exceptions}".format(**row),
            end="",
        )
    folder = BUILD / "gnss_replay"
    folder.mkdir(parents=True, exist_ok=True)
    put(folder / f"{log.stem}.json", rows)
    table = []
    for path in LOGS:
        own = folder / f"{path.stem}.json"
        if own.exists():
            table += json.loads(own.read_text())
    put(BUILD / "gnss_replay.json", table)


def put(path, rows):
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(rows, indent=1) + "\n")
    draft.replace(path)


@every_log
def test_each_place_in_a_message_is_right(log):
    readings = gpsd(log)
    rows = [check(log, readings)]
    rng = Rng(1)
    for _ in range(depth(20) - 1):  # she presses at other seconds
        rows.append(check(log, readings, shift_ms=rng.below(replay.EVERY_MS)))
    if vm_binary() is not None and (depth(100) > 1 or LOGS.index(log) % 5 == 0):
        rows.append(check(log, readings, host="micropython"))
        assert {**rows[-1], "host": "cpython"} == rows[0]
    record(log, rows)
    explained(log, {kind for row in rows for kind in row["exceptions"]})


# -- that it can fail -------------------------------------------------------------------------

# What is broken: a file, what stands there, what is put in its place, what is said of it.
BREAKS = (
    ("lib/nmea.py", "(60 * unit)", "(64 * unit)", "no fix event says"),
    ("lib/nmea.py", "e7 = _digits(field, 0,", "e7 = _digits(field, 1,", "no fix event says"),
    ("lib/nmea.py", "return e7 if hemisphere", "return e7 if not hemisphere", "no fix event says"),
    ("firmware/services/gnss.py", "if epoch is None", "if epoch is None or self._fixes", "as new"),
    ("firmware/services/gnss.py", "utc_s, ended_ms)", "utc_s, now_ms)", "no newer place followed"),
    ("lib/civil.py", "% DAY_S // 60", "% DAY_S // 60 + 5", "the clock time is not"),
)


def a_minute_long():
    found = [log for log in LOGS if len(valid_epochs(log)) >= 60]
    return found or pytest.skip("test_gnss_replay.py: no recording of a minute")


@pytest.mark.parametrize("name,good,bad,said", BREAKS)
def test_broken_firmware_is_found(tmp_path, name, good, bad, said):
    root = replay.broken(tmp_path / "root", name, good, bad)
    wrong = []
    for log in a_minute_long():
        wrong += replay.judge(replay.play(log, root=root))[1]
        if any(said in text for text in wrong):
            return
    raise AssertionError(wrong)


ALTERED = (  # what stands in a message, what is put in its place, what is said of it
    (r"(\?q=-?\d+\.\d\d)", r"\g<1>7", "no fix event says"),
    (r"\?q=(-?\d+)\.", r"?q=\g<1>0.", "no fix event says"),
    (r"\?q=([\d.-]+),([\d.-]+)", r"?q=\2,\1", "no fix event says"),
    (r"https?://\S+", "", "neither a place"),
    (r"(\+/-\d+m \S+ )\d\d:", r"\g<1>99:", "the clock time is not"),
    (r"\+/-\d+m", "", "the clock time is not"),
    (r"^DANGER ", "(2) DANGER ", "but these texts"),
)


def test_an_altered_message_is_found():
    played = replay.play(a_minute_long()[0])
    assert replay.judge(played)[1] == []
    for good, bad, said in ALTERED:
        events = [dict(event) for event in played.events]
        for event in events:
            if event["ev"] in ("at_submit", "sms_on_phone"):
                event["text"] = re.sub(good, bad, event["text"])
        wrong = replay.judge(played._replace(events=events))[1]
        assert any(said in text for text in wrong), (good, wrong)


def test_a_wrong_reading_is_found():
    """gpsd's places moved by 6 m: then ours must be 6 m off."""
    log = max(LOGS, key=lambda log: len(valid_epochs(log)))
    readings = gpsd(log)
    for places in readings.timed.values():
        places[:] = [(lat_e7 + 540, lon_e7) for lat_e7, lon_e7 in places]
    wrong = replay.judge(replay.play(log), readings)[1]
    assert wrong and all(" m from gpsd's reading" in text for text in wrong), wrong
