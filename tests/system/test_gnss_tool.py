"""`python -m tools.gnss`: CONTRACTS.md section 8, the same on both interpreters, clean errors."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nmea
import pytest

from tools.require_vm import vm_binary

ROOT = Path(__file__).resolve().parents[2]
FIELDS = ["utc", "date_ok", "lat_e7", "lon_e7", "mode", "radius_m", "hdop_c", "sats"]
PLACE = b"4545.6258,N,00450.1396,E"
RECORDING = b"".join(
    [
        b"noise \xb5\x62\x00$GNRMC,1200",
        nmea.sentence(b"GNGGA,120000.00," + PLACE + b",1,14,0.9,170.0,M,47.0,M,,"),
        nmea.sentence(b"GNRMC,120000.00,A," + PLACE + b",0.00,286.35,050826,,,A,V"),
        nmea.sentence(b"GNRMC,120001.00,V,,,,,,,050826,,,N,V"),
        nmea.sentence(b"GNRMC,120002.00,A," + PLACE + b",,,201206,,,A,V"),
    ]
)


def run(*arguments, **env):
    return subprocess.run(
        [sys.executable, "-m", "tools.gnss", *map(str, arguments)],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, **env},
    )


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "walk.nmea"
    path.write_bytes(RECORDING)
    return path


def test_one_object_a_line_with_the_fields_of_the_contract(recording):
    done = run("read", recording, "--json")
    assert done.returncode == 0 and done.stderr == ""
    first, void, old = [json.loads(line) for line in done.stdout.splitlines()]
    assert list(first) == list(void) == list(old) == FIELDS
    want = ("2026-08-05T12:00:00Z", True, 457604300, 48356600, 3, 12, 90, 14)
    assert tuple(first.values()) == want
    assert (void["mode"], void["lat_e7"], void["date_ok"]) == (1, None, False)
    assert (old["utc"], old["date_ok"]) == ("2006-12-20T12:00:02Z", True)


def test_a_bound_moves_dates_from_before_a_rollover(recording):
    done = run("read", recording, "--json", "--not-before", "2026-01-01")
    old = json.loads(done.stdout.splitlines()[2])
    assert (old["utc"], old["date_ok"]) == ("2026-08-05T12:00:02Z", False)


@pytest.mark.skipif(vm_binary() is None, reason="no MicroPython VM for this machine")
def test_both_interpreters_print_the_same(recording):
    vm = {"MICROPYTHON": vm_binary()}
    for more in ((), ("--json",), ("--json", "--not-before", "2026-01-01")):
        here = run("read", recording, *more)
        there = run("read", recording, *more, "--host", "micropython", **vm)
        assert here.stdout == there.stdout != ""
        assert (here.returncode, there.returncode) == (0, 0)


def test_without_json_the_lines_are_for_reading(recording):
    lines = run("read", recording).stdout.splitlines()
    assert lines[0] == "2026-08-05T12:00:00Z  45.760430 4.835660 +/-12m"
    assert lines[1].endswith("no fix")


WRONG = (  # arguments, what the one line of the error names
    (("read", "nowhere.nmea"), "nowhere.nmea"),
    (("read", "."), "."),
    (("read", "/dev/zero"), "/dev/zero"),
    (("read", "nowhere.nmea", "--host", "micropython"), "nowhere.nmea"),
    (("read", "README.md", "--not-before", "yesterday"), "yesterday"),
    (("read", "README.md", "--host", "esp32"), "esp32"),
    (("read",), "FILE"),
    ((), "read"),
)


def test_wrong_use_names_what_is_wrong_and_exits_2():
    for arguments, named in WRONG:
        done = run(*arguments)
        assert done.returncode == 2, arguments
        assert named in done.stderr and done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.startswith("tools.gnss") and done.stdout == ""


def test_a_wrong_interpreter_is_named(recording):
    for named in ("/no/such/vm", "/bin/true", "/tmp"):
        done = run("read", recording, "--host", "micropython", MICROPYTHON=named)
        assert done.returncode == 2 and named in done.stderr and done.stdout == ""
        assert len(done.stderr.splitlines()) == 1


def test_help_has_an_example():
    assert "python -m tools.gnss read recording.nmea --json" in run("read", "--help").stdout
