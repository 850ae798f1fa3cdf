"""Batches: two databases, one content; killed anywhere, each serial made ready exactly once."""

import json
import subprocess
import sys
import time
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path

import pytest
from fleet_bench import NOW, Bench, dump, open_desk, quick_folder, registry
from harness import depth
from postgres_cluster import cluster

from kit import __main__ as kit
from kit.command import Unusable
from kit.fleet import access, batch, commands, devices, retention, table, tally
from kit.fleet.provisioner import Made, Refused
from tools import require_postgres

HERE = Path(__file__).resolve().parent
PORTS = ["port0", "port1", "port2", "port3"]


@pytest.fixture(scope="module")
def server():
    why = require_postgres.missing()
    if why is not None:
        pytest.skip(f"{require_postgres.NOT_RUN} ({why})")
    with cluster() as create:
        yield create


@pytest.fixture
def memory():
    with quick_folder() as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, memory, tmp_path):
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return str(memory / "fleet.db")
    name = "t" + sha256(str(tmp_path).encode()).hexdigest()[:16]
    return request.getfixturevalue("server")(name)


def csv_of(count, path):
    rows = [f"G-{number:04},t_a7670x_s3,{number % 3 or ''}\n" for number in range(1, count + 1)]
    path.write_text("serial,board,lot\n" + "".join(rows))
    return path


def serials(count):
    return [f"G-{number:04}" for number in range(1, count + 1)]


def take_in(desk, path):
    lines, bad = table.read(path)
    assert not bad
    with desk.database.writing() as session:
        new, others = devices.take_in(session, desk, lines)
    assert not others
    return len(new)


def provisioned(where, count, folder):
    """A registry of so many devices, made ready on four ports; says how long that took."""
    desk = registry(where)
    began = time.monotonic()
    assert take_in(desk, csv_of(count, folder / "devices.csv")) == count
    bench = Bench(folder / "bench", PORTS)
    outcome = batch.run(desk, bench, PORTS, bench, 600)
    print(f"{count} devices: {time.monotonic() - began:.1f} s in {desk.database.shown}")
    assert outcome == (serials(count), [], 0)
    assert bench.serials() == serials(count)
    return desk


def live(desk, count):
    """What happens to devices afterwards, some of it to each kind."""
    contacts = devices.Contacts(5, 4)
    counts = tally.Counts(2, 1, 1, 0, tally.classes(["8", "31", "never"]))
    for place, serial in enumerate(serials(count)):
        with desk.database.writing() as session:
            if place % 3:
                devices.hand_over(session, desk, serial, f"2026-{place}", contacts)
                devices.confirm(session, desk, serial, devices.Contacts(5, 5))
                tally.add(session, desk, serial, counts)
            if place % 3 == 2:
                devices.take_back(session, desk, serial, place % 2 == 0)
    with desk.database.writing() as session:
        retention.forget(session, desk, retention.Keep(), True)


def test_both_databases_hold_the_same(server, memory):
    count = min(1000, depth(10_000))
    found = {}
    for name, where in (("a", str(memory / "fleet.db")), ("b", server("same"))):
        (memory / name).mkdir()
        desk = provisioned(where, count, memory / name)
        live(desk, 30)
        desk.database.close()
        found[name] = dump(where)
    assert sorted(found["a"]) == sorted(found["b"])
    for name, rows in found["a"].items():
        assert rows == found["b"][name], name
        assert rows or name == "access", name
    assert len({row[2] for row in found["a"]["key"]}) == count


def test_killed_anywhere_each_serial_exactly_once(where, memory):
    count = max(100, depth(1000))
    desk = registry(where)
    take_in(desk, csv_of(count, memory / "devices.csv"))
    desk.database.close()
    steps = 5 * count // 20  # of a run at most, so that 20 kills come before the end
    arguments = [where, memory / "bench", 3, 20, steps, 7]
    command = [sys.executable, HERE / "fleet_killed.py", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "20\n"), done.stderr

    assert Bench(memory / "bench", PORTS).serials() == serials(count)
    found = dump(where)
    assert [row[0] for row in found["key"]] == serials(count)
    assert [row[0] for row in found["device"] if row[3:] == ("provisioned", None, None)] == (
        serials(count)
    )
    acts = [(row[0], row[4]) for row in found["custody"]]
    assert sorted(acts) == sorted(
        (serial, act) for serial in serials(count) for act in ("received", "provisioned")
    )
    (memory / "straight").mkdir()
    once = provisioned(str(memory / "once.db"), count, memory / "straight")
    once.database.close()
    assert dump(memory / "once.db") == found


def test_both_answer_the_same(server, memory, capsys, monkeypatch):
    monkeypatch.setattr(commands, "Desk", lambda db, who: access.Desk(db, who, lambda: NOW))
    csv = str(csv_of(6, memory / "devices.csv"))
    found = []
    for name, where in (("a", str(memory / "fleet.db")), ("b", server("answers"))):
        bench = Bench(memory / name, PORTS)
        monkeypatch.setattr(batch, "default_provisioner", lambda *_given, bench=bench: bench)
        monkeypatch.setattr(commands, "Bar", lambda _total, bench=bench: nullcontext(bench))
        said = []
        for line in (
            "init --name Association --report-every year",
            f"import {csv}",
            f"provision --port port0 port1 --desk {memory} --csv {csv}",
            *(f"hand-over {one} --case 7 --contacts 5 --confirmed 4" for one in serials(6)),
            *(f"count {one} --alerts 1 --falls 1 --accepted 5,99" for one in serials(6)),
            "return G-0002",
            "return G-0003 --lost",
            *("list", "list --state out", "show G-0001", "overdue", "custody G-0001"),
            *("log", "log --since 2026-11-05 --serial G-0001", "report", "forget --dry-run"),
        ):
            kit.main(["fleet", *line.split(), "--db", where, "--json"])
            said.append(json.loads(capsys.readouterr().out))
        said[0].pop("registry")
        found.append(said)
    assert found[0] == found[1]
    assert found[0][2]["provisioned"] == serials(6)


class Stopped(Exception):
    """The program ends here, as far as the batch is concerned."""


def stop_at(moment):
    """A tick that stops at the moment-th call."""
    left = [moment]

    def tick():
        left[0] -= 1
        if left[0] == 0:
            raise Stopped

    return tick


def test_every_moment_of_one_device(tmp_path):
    """One port, two devices, stopped at the first moment, at the second, ... until none is."""
    moment, stopped = 0, True
    while stopped:
        moment += 1
        folder = tmp_path / str(moment)
        folder.mkdir()
        desk = registry(folder / "fleet.db")
        take_in(desk, csv_of(2, folder / "devices.csv"))
        bench = Bench(folder / "bench", PORTS, stop_at(moment))
        try:
            batch.run(desk, bench, PORTS[:1], bench, 600)
            stopped = False
        except Stopped:
            bench = Bench(folder / "bench", PORTS)
            assert batch.run(desk, bench, PORTS[:1], bench, 600).left == 0
        assert bench.serials() == serials(2)
        assert [row[0] for row in dump(folder / "fleet.db")["key"]] == serials(2)
        desk.database.close()
    assert moment == 12


def begun(tmp_path, count):
    desk = registry(tmp_path / "fleet.db")
    take_in(desk, csv_of(count, tmp_path / "devices.csv"))
    return desk, Bench(tmp_path / "bench", PORTS)


def cut_before_recording(desk, bench, ports):
    """Each port's device has its keys, and the registry does not know."""
    claims = batch.Claims(desk)
    for port in ports:
        bench.provision(port, claims.claim(port))


@pytest.mark.parametrize("whole", [True, False])
def test_devices_that_changed_their_ports_speak_for_themselves(tmp_path, whole):
    desk, bench = begun(tmp_path, 2)
    cut_before_recording(desk, bench, PORTS[:2])
    memories = [bench.device(port) for port in PORTS[:2]]
    texts = [memory.read_text() for memory in memories]
    for memory, text in zip(memories, reversed(texts)):
        memory.write_text(json.dumps({**json.loads(text), "whole": whole}))
    assert batch.run(desk, bench, PORTS[:2], bench, 600) == (serials(2), [], 0)
    assert bench.serials() == serials(2)


def test_a_device_set_aside_is_refused_later(tmp_path):
    desk, bench = begun(tmp_path, 1)
    cut_before_recording(desk, bench, PORTS[:1])
    aside = bench.device("port0").read_text()
    bench.put("port0", 1)
    other = Bench(tmp_path / "other", PORTS)  # a desk that lost its files gives other keys
    other._made = lambda key: Made(
        "G-0001", "ab" * 8, {**made(bench, key).entry, "devid": "ab" * 8}
    )
    assert batch.run(desk, other, ["port0"], other, 0).provisioned == ["G-0001"]
    bench.put("port0", 2)
    bench.device("port0").write_text(aside)
    lines, _ = table.parse("serial,board\nG-0002,b\n")
    with desk.database.writing() as session:
        devices.take_in(session, desk, lines)
    outcome = batch.run(desk, bench, ["port0"], bench, 0)
    assert [(one.serial, "wipe it" in one.error) for one in outcome.failed] == [("G-0001", True)]
    assert outcome.left == 1


def made(bench, key):
    return Bench._made(bench, key)


def test_a_wiped_serial_gets_new_keys_and_no_device_with_its_old_ones(tmp_path):
    desk, bench = begun(tmp_path, 1)
    assert batch.run(desk, bench, ["port0"], bench, 600).left == 0
    with desk.database.writing() as session:
        devices.wiped(session, desk, "G-0001")
    bench.put("port0", 0)  # not wiped at all
    outcome = batch.run(desk, bench, ["port0"], bench, 0)
    assert len(outcome.failed) == 1 and outcome.left == 1
    bench.put("port0", 5)
    again = Bench(tmp_path / "again", PORTS)
    again._made = lambda key: Made("G-0001", "cd" * 8, {**made(again, key).entry, **NEWER})
    assert batch.run(desk, again, ["port0"], again, 0).provisioned == ["G-0001"]
    keys = [row[:3] for row in dump(tmp_path / "fleet.db")["key"]]
    assert [key[:2] for key in keys] == [("G-0001", 1), ("G-0001", 2)]


NEWER = {"devid": "cd" * 8, "agreement_key": "5a" * 32}


def test_a_device_that_has_begun_for_a_serial_of_another(tmp_path):
    desk, bench = begun(tmp_path, 2)
    claims = batch.Claims(desk)
    bench.provision("port0", claims.claim("port0"))
    kept = json.loads(bench.device("port0").read_text())
    assert batch.run(desk, bench, ["port0"], bench, 0).provisioned == ["G-0001"]
    bench.put("port0", 7)
    bench.device("port0").write_text(json.dumps({**kept, "whole": False}))
    outcome = batch.run(desk, bench, ["port0"], bench, 0)
    assert [(one.serial, "wipe it" in one.error) for one in outcome.failed] == [("G-0001", True)]
    assert outcome.left == 1 and not outcome.provisioned


class Faulty(Bench):
    """Every third device refuses, and one is taken off half-way."""

    def provision(self, port, row):
        turn = int(self.device(port).name.rpartition("-")[2])
        if turn % 3 == 1:
            raise Refused("self-test: no accelerometer")
        if turn == 2:
            self.put(port, -1)
            self.device(port)
        return super().provision(port, row)

    def failed(self, failure):
        super().failed(failure)
        self.gone = failure.port

    def idle(self):
        place = self.folder / "ports/port0"
        turn = int(place.read_text())
        self.put("port0", 3 if turn < 0 else -1 if turn % 3 == 1 else turn)


def test_devices_that_fail_keep_no_serial(tmp_path):
    desk, _ = begun(tmp_path, 3)
    bench = Faulty(tmp_path / "bench", PORTS)
    outcome = batch.run(desk, bench, ["port0"], bench, 600)
    errors = [(one.port, one.serial, one.error) for one in outcome.failed]
    assert errors == [("port0", "G-0002", "self-test: no accelerometer")]
    assert outcome.provisioned == ["G-0001", "G-0003"] and outcome.left == 1
    assert dump(tmp_path / "fleet.db")["device"][1][3:] == ("new", None, None)


def test_a_device_taken_off_half_way_is_waited_for(tmp_path):
    desk, _ = begun(tmp_path, 3)
    bench = Faulty(tmp_path / "bench", PORTS)
    bench.put("port0", 2)
    outcome = batch.run(desk, bench, ["port0"], bench, 600)
    assert [one.error for one in outcome.failed][:1] == ["the device no longer answers"]
    assert bench.said.count(("port0", "unplugged")) == 2
    assert outcome.provisioned[0] == "G-0001"


def test_nothing_but_a_public_entry_gets_in(tmp_path):
    desk, bench = begun(tmp_path, 1)
    honest = bench._made
    bench._made = lambda key: Made(
        honest(key).serial, honest(key).devid, {**honest(key).entry, "psk_0": "ee" * 32}
    )
    outcome = batch.run(desk, bench, ["port0"], bench, 0)
    assert [one.error for one in outcome.failed] == ["what it gave is no entry of a registry.json"]
    assert b"ee" * 32 not in (tmp_path / "fleet.db").read_bytes()


def test_one_batch_at_a_time(where, tmp_path, monkeypatch):
    monkeypatch.setattr("kit.fleet.database.LINGER_S", 0.3)
    desk = registry(where)
    take_in(desk, csv_of(1, tmp_path / "devices.csv"))
    other = open_desk(where)
    bench = Bench(tmp_path / "bench", PORTS)
    with desk.database.batch(), pytest.raises(Unusable, match="another batch is running"):
        batch.run(other, bench, PORTS, bench, 0)
    assert batch.run(other, bench, PORTS, bench, 0).left == 0
    desk.database.close()
    other.database.close()
