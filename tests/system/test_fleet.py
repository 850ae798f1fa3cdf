"""The registry's command line: what it answers, what it refuses, what it writes down of whom."""

import json
import os
import re
import shlex
import sqlite3
import stat

import pytest
from fleet_bench import Bench, dump, quick_folder
from test_kit_help import examples

from kit import __main__ as kit
from kit.fleet import access, batch, cli, commands, custody, rules
from kit.fleet.database import Database
from kit.fleet.schema import STATES
from kit.report import custody as for_the_report

CSV = "serial,board,lot\nG-0001,t_a7670x_s3,2026a\nG-0002,t_a7670x_s3,\nG-0003,t_a7670e,2026a\n"
TODAY = "2026-11-05"


@pytest.fixture
def desk(monkeypatch):
    """A folder to work in, a clock that stands still, virtual devices on any port."""
    with quick_folder() as folder:
        prepare(folder, monkeypatch)
        yield folder
        monkeypatch.undo()  # out of the folder, before it goes


def prepare(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv(cli.WHO_VARIABLE, "m.durand")
    monkeypatch.delenv(cli.DB_VARIABLE, raising=False)
    at(monkeypatch, TODAY)
    bench = Bench(folder / "bench", [])
    bench.device = lambda port: folder / "bench/devices" / port.replace("/", "-")
    monkeypatch.setattr(batch, "default_provisioner", lambda *_given: bench)
    (folder / "devices.csv").write_text(CSV)


def at(monkeypatch, day):
    monkeypatch.setattr(
        commands, "Desk", lambda *given: commands.access.Desk(*given, lambda: day + "T10:00:00Z")
    )


def fleet(*words):
    """The exit code, as from a shell."""
    try:
        return kit.main(["fleet", *words])
    except SystemExit as ended:
        return ended.code


def asked(capsys, *words, code=0):
    """What it answers as JSON."""
    capsys.readouterr()
    assert fleet(*words, "--json") == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def stocked(desk):
    assert fleet("init", "--name", "Association") == 0
    assert fleet("import", "devices.csv") == 0
    ports = ["/dev/ttyUSB0", "/dev/ttyUSB1", "/dev/ttyUSB2"]
    assert fleet("provision", "--port", *ports, "--desk", "desk", "--wait", "0") == 0
    return desk


def out(serial, case="2026-0142", contacts="5", confirmed="4"):
    given = ["--case", case, "--contacts", contacts, "--confirmed", confirmed]
    return fleet("hand-over", serial, *given)


def test_from_a_list_to_a_return(stocked, capsys, monkeypatch):
    found = asked(capsys, "list")["devices"]
    assert [(one["serial"], one["state"]) for one in found] == [
        (f"G-000{number}", "provisioned") for number in (1, 2, 3)
    ]
    assert out("g-0001") == 0
    assert out("G-0001") == 2
    assert "G-0001: out, not provisioned" in capsys.readouterr().err
    assert (
        fleet("count", "G-0001", "--alerts", "2", "--falls", "1", "--accepted", "8,9,never") == 0
    )
    at(monkeypatch, "2027-01-20")
    assert fleet("confirm", "G-0001", "--contacts", "4", "--confirmed", "4") == 0
    assert fleet("return", "G-0001") == 0
    one = asked(capsys, "show", "G-0001")
    (held,) = one["handovers"]
    assert held == {
        "case": "2026-0142",
        "out_on": TODAY,
        "back_on": "2027-01-20",
        "contacts": 4,
        "confirmed": 4,
        "confirmed_on": "2027-01-20",
        "due_on": None,
    }
    assert one["state"] == "back" and one["counts"]["alerts"] == 2
    assert out("G-0001") == 2
    assert fleet("wiped", "G-0001") == 0
    assert out("G-0001") == 2
    assert asked(capsys, "list", "--state", "new")["devices"][0]["serial"] == "G-0001"
    acts = [row["what"] for row in asked(capsys, "custody", "G-0001")["rows"]]
    assert acts == ["received", "provisioned", "handed over", "returned", "wiped"]


def test_lost_and_found(stocked, capsys):
    assert out("G-0001") == 0
    assert fleet("return", "G-0001", "--lost") == 0
    assert fleet("return", "G-0001", "--lost") == 2
    assert asked(capsys, "show", "G-0001")["handovers"][0]["back_on"] == TODAY
    assert fleet("return", "G-0001") == 0
    assert asked(capsys, "show", "G-0001")["state"] == "back"
    assert fleet("return", "G-0002", "--lost") == 0


def test_overdue_after_ninety_days(stocked, capsys, monkeypatch):
    assert out("G-0001") == 0 and out("G-0002", "2026-2") == 0
    at(monkeypatch, "2027-02-03")  # the 90th day
    assert asked(capsys, "overdue") == {"overdue": []}
    at(monkeypatch, "2027-02-04")
    assert fleet("confirm", "G-0002", "--contacts", "5", "--confirmed", "5") == 0
    (late,) = asked(capsys, "overdue", code=1)["overdue"]
    assert (late["serial"], late["case"], late["due_on"]) == ("G-0001", "2026-0142", "2027-02-03")
    assert len(asked(capsys, "overdue", "--days", "91")["overdue"]) == 0
    assert fleet("return", "G-0001") == 0
    assert asked(capsys, "overdue") == {"overdue": []}


BAD_ROWS = """serial;board;lot
G-0001;t_a7670x_s3;
0639980001;t_a7670x_s3;
G-0003;Julie D;
G-0004;t_a7670x_s3
G-0005;t_a7670x_s3;
"G-0006";;x y
G-0005;t_a7670x_s3;

G-0007;"a
b";
G-0008;t_a7670x_s3;
"""


def test_every_bad_row_is_named_and_nothing_imported(desk, capsys):
    assert fleet("init", "--name", "Association") == 0
    (desk / "bad.csv").write_text("\ufeff" + BAD_ROWS.replace("\n", "\r\n"), encoding="utf-8")
    assert fleet("import", "bad.csv") == 2
    told = capsys.readouterr().err.splitlines()
    assert told == [
        f"kit fleet: bad.csv: line 3: serial: not {rules.SERIAL_HELP}",
        f"kit fleet: bad.csv: line 4: board: not {rules.WORD_HELP}",
        "kit fleet: bad.csv: line 5: 2 columns, not 3",
        f"kit fleet: bad.csv: line 7: board: not {rules.WORD_HELP}",
        f"kit fleet: bad.csv: line 7: lot: not {rules.WORD_HELP}",
        "kit fleet: bad.csv: line 8: serial: the same as in line 6",
        f"kit fleet: bad.csv: line 10: board: not {rules.WORD_HELP}",
        "kit fleet: 7 bad cells or rows: nothing imported; --skip-bad imports the others",
    ]
    assert not re.search("0639|Julie", "".join(told))
    assert asked(capsys, "list") == {"devices": []}
    found = asked(capsys, "import", "bad.csv", "--skip-bad")
    assert (found["imported"], found["known"], len(found["bad"])) == (3, 0, 7)
    found = asked(capsys, "import", "bad.csv", "--skip-bad")
    assert (found["imported"], found["known"]) == (0, 3)


def test_a_row_that_contradicts_the_registry_is_bad(stocked, capsys):
    (stocked / "other.csv").write_text("board,serial\nt_a7670e,G-0001\nt_a7670e,G-0009\n")
    found = asked(capsys, "import", "other.csv", code=2)
    assert [(one["line"], one["column"]) for one in found["bad"]] == [(2, "board"), (2, "lot")]
    assert found["imported"] == 0


@pytest.mark.parametrize(
    "content, told",
    [
        (b"", "line 1: not serial,board or serial,board,lot"),
        (b"serial,name\nG-1,x\n", "line 1: not serial,board or serial,board,lot"),
        (b"serial,board\nG-1,\xff\n", "line 2: not UTF-8"),
        (b'serial,board\nG-1,"x\n', "line 2: unexpected end of data"),
        (b"serial,board\nG-1,x\0y\n", "line 2:"),
    ],
)
def test_files_that_are_no_list(desk, capsys, content, told):
    assert fleet("init", "--name", "Association") == 0
    (desk / "no.csv").write_bytes(content)
    assert fleet("import", "no.csv") == 2
    assert f"kit fleet: no.csv: {told}" in capsys.readouterr().err


REFUSED = [
    ("hand-over G-0001 --case Julie --contacts 5 --confirmed 5", f"--case: not {rules.CASE_HELP}"),
    ("hand-over G-0001 --case 0639980001 --contacts 5 --confirmed 5", "--case: not up to"),
    ("hand-over G-0001 --case 2026-1 --contacts 6 --confirmed 5", "--contacts: not a number from"),
    ("hand-over G-0001 --case 2026-1 --contacts 5 --confirmed 0", "--confirmed: not a number"),
    ("hand-over G-0001 --case 2026-1 --contacts 3 --confirmed 5", "--confirmed: 5 of 3 contacts"),
    ("hand-over G-9999 --case 2026-1 --contacts 5 --confirmed 5", "G-9999: no such device"),
    ("show 0639980001", f"SERIAL: not {rules.SERIAL_HELP}"),
    ("show G-9999", "G-9999: no such device"),
    ("list --state gone", "argument --state: invalid choice"),
    ("confirm G-0001 --contacts 5 --confirmed 5", "G-0001: provisioned, not out"),
    ("return G-0001", "G-0001: provisioned, not out"),
    ("count G-9999 --failures 1", "G-9999: no such device"),
    ("count G-0001 --alerts 2 --accepted 8", "--accepted: 1 times for 2 alerts and falls"),
    ("count G-0001 --alerts 1 --accepted soon", "--accepted: not seconds or `never`"),
    ("count G-0001 --false-alarms 1", "--false-alarms: 1 of 0 alerts and falls"),
    ("count G-0001 --alerts -1", "--alerts: "),
    ("custody G-9999", "G-9999: no such device"),
    ("custody G-0001 --add opened", "argument --add: invalid choice"),
    ("custody G-0001 --before 12", "--before: not a SHA-256 of 64 hex digits"),
    (f"custody G-0001 --before {'ab' * 32}", "--before and --after go with --add"),
    ("custody G-0001 --csv devices.csv/x", "devices.csv/x: "),
    ("report --period 2026-T1", "--period: not a period as 2026-S1; this registry has one half-"),
    ("report --period 2026-S2", "--period: 2026-S2 is not over; the last one is 2026-S1"),
    ("report --out devices.csv", "devices.csv/report-2026-S1.json: "),
    ("log --since yesterday", "--since: not a date as 2026-11-05"),
    ("overdue --days 0", "--days: not a number from 1"),
    ("overdue --who Durand,Marie", f"--who: not {rules.WHO_HELP}"),
    ("forget --log-days x", "--log-days: not a number from 1"),
    ("provision --port a a --desk desk", "--port: one stands there twice"),
    ("provision --port a --desk desk --csv none.csv", "none.csv: No such file"),
    ("import none.csv", "none.csv: No such file"),
    ("init --name Other", "desk/fleet.db: there is a registry already; one for each database"),
    ("list --db none.db", "none.db: no registry there; `fleet init` makes one"),
    ("list --db devices.csv", "devices.csv: file is not a database"),
    ("list --db mysql://a:geheim@b/c", "--db: neither a file nor a postgresql:// address"),
    ("list --db postgresql://u:geheim@b:c/d", "--db: neither a file nor a postgresql:// address"),
    (
        "list --db postgresql://u:geheim@127.0.0.1:1/d",
        "postgresql://u:***@127.0.0.1:1/d: ",
    ),
    ("init --name x --db devices.csv/x.db", "devices.csv"),
    ("init --name ''", "--name: not 1 to 120 characters"),
]


@pytest.mark.parametrize("line, told", REFUSED, ids=[line for line, _ in REFUSED])
def test_refused_in_one_line(stocked, capsys, line, told):
    before = dump("desk/fleet.db")
    capsys.readouterr()
    assert fleet(*shlex.split(line)) == 2
    said = capsys.readouterr()
    assert said.out == "" and told in said.err
    assert said.err.count("\n") == 1 and said.err.startswith("kit fleet")
    assert not re.search("geheim|0639980001|Julie|Durand", said.err)
    after = dump("desk/fleet.db")
    assert {**after, "access": []} == {**before, "access": []}
    assert (stocked / "devices.csv").read_text() == CSV


def test_a_database_of_something_else(desk, capsys):
    connection = sqlite3.connect("other.db")
    connection.execute("create table device (x)")
    connection.close()
    assert fleet("list", "--db", "other.db") == 2
    assert fleet("init", "--name", "x", "--db", "other.db") == 2
    told = capsys.readouterr().err
    assert "no registry in it" in told and "a table device of something else is there" in told


def test_a_registry_of_another_format(stocked, capsys):
    connection = sqlite3.connect("desk/fleet.db")
    connection.execute("update association set format = 2")
    connection.commit()
    connection.close()
    assert fleet("list") == 2
    assert "a registry of format 2, this program has 1" in capsys.readouterr().err


def test_two_associations_never_meet(stocked, capsys):
    assert fleet("init", "--name", "Other", "--db", "other.db") == 0
    assert asked(capsys, "list", "--db", "other.db") == {"devices": []}
    assert asked(capsys, "report", "--db", "other.db")["association"] == "Other"
    assert asked(capsys, "report")["association"] == "Association"


def test_every_access_is_written_down_first(stocked, capsys):
    assert fleet("show", "G-0002", "--who", "a.b") == 0
    assert fleet("show", "G-9999") == 2
    assert fleet("list") == 0
    found = asked(capsys, "log")["log"]
    assert [(one["who"], one["what"], one["serial"]) for one in found] == [
        ("m.durand", "init", None),
        ("m.durand", "import", None),
        ("m.durand", "provision", None),
        ("a.b", "show", "G-0002"),
        ("m.durand", "show", "G-9999"),
        ("m.durand", "list", None),
        ("m.durand", "log", None),
    ]
    assert {one["utc"] for one in found} == {TODAY + "T10:00:00Z"}
    assert [one["number"] for one in found] == list(range(1, 8))
    assert len(asked(capsys, "log", "--serial", "G-0002")["log"]) == 2
    assert asked(capsys, "log", "--since", "2026-11-06") == {"log": []}


def test_no_answer_where_the_access_cannot_be_written(stocked, capsys, monkeypatch):
    monkeypatch.setattr("kit.fleet.database.WAIT_S", 0)
    holder = sqlite3.connect("desk/fleet.db", isolation_level=None)
    holder.execute("begin exclusive")
    capsys.readouterr()
    assert fleet("list") == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err == "kit fleet: desk/fleet.db: database is locked\n"
    holder.close()


def test_files_are_for_their_owner_alone(stocked):
    assert fleet("report", "--out", "reports") == 0
    assert fleet("custody", "G-0001", "--csv", "custody.csv") == 0
    for path in [
        stocked / "desk/fleet.db",
        stocked / "custody.csv",
        *(stocked / "reports").iterdir(),
    ]:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, path


def test_a_changed_custody_log_is_seen(stocked, capsys):
    assert fleet("custody", "G-0001", "--add", "copied", "--after", "AB" * 32) == 0
    assert asked(capsys, "custody", "G-0001")["broken"] == []
    connection = sqlite3.connect("desk/fleet.db")
    connection.execute("update custody set who = 'x' where serial = 'G-0001' and number = 2")
    connection.commit()
    assert asked(capsys, "custody", "G-0001", code=1)["broken"] == [2]
    connection.execute("delete from custody where serial = 'G-0001' and number = 2")
    connection.commit()
    connection.close()
    assert asked(capsys, "custody", "G-0001", code=1)["broken"] == [3]
    assert asked(capsys, "custody", "G-0002")["broken"] == []


def test_a_row_that_was_written_anew_leaves_the_chain(stocked):
    assert fleet("custody", "G-0001", "--add", "copied") == 0
    with access.Desk(Database("desk/fleet.db"), "x").database.writing() as session:
        rows = custody.rows(session, "G-0001")
        rows[1].who = "x"
        rows[1].digest = custody._digest(rows[1])
        assert custody.broken(rows) == [3]


def test_custody_csv_is_what_the_report_reads_and_of_this_hand_over_alone(stocked, desk):
    assert out("G-0001") == 0 and fleet("return", "G-0001") == 0 and fleet("wiped", "G-0001") == 0
    memory = next((desk / "bench/devices").glob("*"))
    assert fleet("custody", "G-0001", "--csv", "before.csv") == 0
    assert [one.what for one in for_the_report.read(desk / "before.csv")] == [
        "provisioned",
        "handed over",
        "returned",
        "wiped",
    ]
    assert memory.exists()


def test_words_of_the_custody_log_are_those_of_the_report():
    assert set(cli.ACTS) <= set(for_the_report.ACTS)
    assert not {custody.PROVISIONED, custody.WIPED, custody.LOST, custody.FOUND} & set(cli.ACTS)


def test_forgetting(stocked, capsys, monkeypatch):
    assert out("G-0001") == 0 and fleet("return", "G-0001") == 0 and out("G-0002", "2026-7") == 0
    at(monkeypatch, "2027-11-06")
    due = asked(capsys, "forget", "--dry-run", "--custody-days", "300")
    assert due == {"cases": 1, "log": 6, "custody": 9, "done": False}
    assert asked(capsys, "show", "G-0001")["handovers"][0]["case"] == "2026-0142"
    assert asked(capsys, "forget", "--custody-days", "300") == {**due, "done": True}
    assert asked(capsys, "show", "G-0001")["handovers"][0]["case"] is None
    assert asked(capsys, "show", "G-0002")["handovers"][0]["case"] == "2026-7"
    assert asked(capsys, "custody", "G-0001") == {"serial": "G-0001", "rows": [], "broken": []}
    assert b"2026-0142" not in (stocked / "desk/fleet.db").read_bytes()
    at(monkeypatch, "2027-12-06")
    assert fleet("custody", "G-0001", "--add", "stored") == 0


def test_states_are_named_once():
    stock = cli.Parser(prog="x").add_subparsers()
    cli.add_parser(stock)
    text = " ".join(stock.choices["fleet"].format_help().split())
    assert "hand-over" in text
    listed = stock.choices["fleet"]._subparsers._group_actions[0].choices["list"]
    (states,) = [action.choices for action in listed._actions if action.dest == "state"]
    assert tuple(states) == STATES


def test_every_example_can_be_done(desk, capsys, monkeypatch):
    """In the order of a life; the second init is of a server that is not there."""
    (desk / "devices.csv").write_text(CSV)
    order = ["init", "import", "list", "provision", "hand-over", "show", "confirm", "count"]
    order += ["custody", "overdue", "report", "log", "return", "wiped", "forget"]
    assert set(order) == set(cli.EXAMPLES) - {""}
    for name in order:
        for line in examples(cli.EXAMPLES[name]):
            words = shlex.split(line.replace("HEX", "ab" * 32))
            if "postgresql" in line:
                continue
            if name == "provision":
                words += ["--wait", "0"]
            code = kit.main(words)
            # two ports have two devices; G-0002 never went out
            expected = {"provision": 1}.get(name, 0)
            assert code == expected, (line, capsys.readouterr().err)
    assert "G-0001 on" in capsys.readouterr().err
