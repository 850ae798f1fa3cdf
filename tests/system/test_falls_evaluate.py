"""`python -m tools.falls`: CONTRACTS.md section 9 from the outside, on small recordings.

A plain detector stands in for the device where the rules of the evaluation are in question; the
whole path is tried with the detector as shipped.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="NOT RUN: evaluation of falls (the extra `falls`)")

import falls_npz as make  # noqa: E402
from harness import depth  # noqa: E402

from tools.falls import __main__ as falls  # noqa: E402
from tools.falls import conditions, pipeline  # noqa: E402
from tools.falls import evaluate as evaluation  # noqa: E402
from tools.falls.conditions import Conditions  # noqa: E402
from tools.require_vm import vm_binary  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("GALET_DATA", "../shared/data")) / "falls"
PLACES = ("waist", "chest", "pocket")
KEYS = (
    *("trials falls activities tp fn fp hours sensitivity specificity".split()),
    *("false_alarms_per_hour ci95 by_activity by_age_group constants_sha256".split()),
)


class Plain:
    """Takes 3 g for a fall, once in two seconds; tells what it was given."""

    made = []
    wait_ms = 3000  # from an impact to the decision

    def __init__(self, job, subject=None):
        self.period_ms = 1000 // job.under.rate
        self.model = job.models and job.models[subject]
        self.heard = []
        self.next_ms = 5000
        self._deaf_until_ms = 0
        Plain.made.append(self)

    def start(self, sample, asleep):
        self.began = (sample, asleep)

    def lie(self, sample):
        self.lay = sample

    def play(self, samples, kept):
        found = []
        for sample, passes in zip(samples, kept):
            now_ms = self.next_ms
            self.next_ms += self.period_ms
            if not passes:
                continue
            self.heard.append(sample)
            if now_ms >= self._deaf_until_ms and sum(axis * axis for axis in sample) > 9000000:
                self._deaf_until_ms = now_ms + 2000
                found.append(Suspicion(now_ms, now_ms + self.wait_ms, 7))
        return found


class Suspicion:
    def __init__(self, impact_ms, decided_ms, score):
        self.impact_ms, self.decided_ms, self.score = impact_ms, decided_ms, score


@pytest.fixture
def plain(monkeypatch):
    monkeypatch.setattr(pipeline, "make_device", Plain)
    monkeypatch.setattr(evaluation, "CONSTANTS", dict.fromkeys(PLACES, __file__))
    Plain.made = []
    return Plain


@pytest.fixture
def recordings(tmp_path):
    quiet = make.still(10)
    return make.save(
        tmp_path / "few.npz",
        [
            make.row(make.bump(quiet, 4, 6), "F01"),
            make.row(make.bump(quiet, 4, 2), "F01", trial=2),
            make.row(make.bump(make.bump(quiet, 2, 4), 8, 6), "F02", "B", 61),
            make.row(quiet, "D01"),
            make.row(make.bump(quiet, 5, 5), "D02", "B", 61),
            make.row(make.bump(quiet, 9.7, 5), "D03"),
        ],
    )


def evaluate(capsys, *arguments):
    code = falls.main(["evaluate", "--jobs", "1", *map(str, arguments)])
    assert code == 0
    return capsys.readouterr()


# -- the rules


def test_one_json_object_with_the_keys_of_the_contract(plain, recordings, capsys):
    out = evaluate(capsys, "--data", recordings, "--placement", "waist", "--json").out
    assert out.count("\n") == 1
    found = json.loads(out)
    assert [name for name in KEYS if name not in found] == []
    assert (found["trials"], found["falls"], found["activities"]) == (6, 3, 3)
    assert (found["tp"], found["fn"]) == (1, 2)  # one too weak, one with two alarms
    assert found["missed"] == {"no_alarm": 1, "at_another_time": 0, "several_alarms": 1}
    # D02 once; D03 with its impact in the last second, which is repeated
    assert found["by_activity"]["D02"]["fp"] == 1
    assert found["by_activity"]["D03"]["fp"] == 3
    assert (found["fp"], found["activities_with_alarm"]) == (4, 2)
    assert found["hours"] == round(30 / 3600, 6)  # the repetition does not count
    assert found["by_age_group"]["60 and over"]["fp"] == 1
    assert len(found["constants_sha256"]) == 64


def test_the_text_for_reading_says_that_falls_were_acted(plain, recordings, capsys):
    out = evaluate(capsys, "--data", recordings).out
    assert "acted" in out and "Bagala 2012" in out and "sensitivity" in out
    assert "33.33 % (" in out and "; by people 0.00 to " in out
    assert "decided 3.00 s after the impact at the latest" in out


def test_what_a_group_does_not_have_is_not_shown(plain, tmp_path, capsys):
    quiet = make.still(10)
    rows = [make.row(quiet, "D01", "A", 0), make.row(make.bump(quiet, 4, 6), "F01", "B", 70)]
    out = evaluate(capsys, "--data", make.save(tmp_path / "two.npz", rows)).out
    assert "under 60" not in out
    unknown, old = out.split("\n\n")[3:1:-1]
    assert unknown.startswith("unknown: 0 falls") and "sensitivity" not in unknown
    assert old.startswith("60 and over: 1 falls") and "specificity" not in old


def test_the_dump_has_a_line_a_trial(plain, recordings, capsys, tmp_path):
    dump = tmp_path / "trials.jsonl"
    evaluate(capsys, "--data", recordings, "--dump", dump, "--json")
    rows = [json.loads(line) for line in dump.read_text().splitlines()]
    assert [row["activity"] for row in rows] == ["F01", "F01", "F02", "D01", "D02", "D03"]
    first = rows[0]
    assert first["hit"] is True and abs(first["peak_s"] - 4.05) < 0.11
    assert first["alarms"] == [{"impact_s": 4.0, "decided_s": 7.0, "score": 7}]
    assert [row["hit"] for row in rows] == [True] + [False] * 5
    assert [len(row["alarms"]) for row in rows] == [1, 0, 2, 0, 1, 3]


def test_the_detector_hears_the_recording_and_five_seconds_more(plain, recordings, capsys):
    evaluate(capsys, "--data", recordings, "--rate", "50", "--json")
    assert [len(one.heard) for one in plain.made] == [750] * 6
    assert plain.made[0].began == ((0, 1000, 0), False)


def test_conditions_reach_the_device(plain, recordings, capsys):
    evaluate(capsys, "--data", recordings, "--from-sleep", "--offset-mg=80,-80,0", "--json")
    assert plain.made[0].began == ((80, 920, 0), True)
    assert max(axis for sample in plain.made[0].heard for axis in sample) == 6080


def test_set_down_is_asleep_and_half_an_hour_more(plain, recordings, capsys):
    evaluate(capsys, "--data", recordings, "--set-down", "--json")
    assert plain.made[0].began == ((0, 1000, 0), True) and plain.made[0].lay == (0, 1000, 0)


def test_a_range_saturates(plain, recordings, capsys):
    found = json.loads(evaluate(capsys, "--data", recordings, "--clip-g", "2", "--json").out)
    assert found["tp"] == found["fp"] == 0


def test_every_nth_of_each_activity(plain, recordings, capsys):
    found = json.loads(evaluate(capsys, "--data", recordings, "--every", "2", "--json").out)
    assert found["trials"] == 5 and found["by_activity"]["F01"]["trials"] == 1
    assert found["every"] == 2


def test_two_processes_say_the_same_as_one(plain, recordings, capsys):
    one = evaluate(capsys, "--data", recordings, "--rotate", "--lost", "5", "--json").out
    falls.main(f"evaluate --data {recordings} --rotate --lost 5 --json --jobs 2".split())
    assert capsys.readouterr().out == one


# -- conditions


def test_a_rotation_keeps_lengths_and_angles():
    chance = np.random.default_rng(3)
    for _ in range(20):
        turn = conditions.rotation(chance)
        assert np.allclose(turn @ turn.T, np.eye(3)) and np.isclose(np.linalg.det(turn), 1)


def test_each_trial_has_its_rotation_and_the_seed_decides():
    mg = np.array([[0, 1000, 0]] * 3, np.int16)
    one = conditions.worn(mg, 0, Conditions(rotate=True))
    assert (one == conditions.worn(mg, 0, Conditions(rotate=True))).all()
    assert (one[0] == one[2]).all() and abs(np.linalg.norm(one[0]) - 1000) < 2
    assert (one != conditions.worn(mg, 1, Conditions(rotate=True))).any()
    assert (one != conditions.worn(mg, 0, Conditions(rotate=True, seed=2))).any()


def test_mixed_offsets_are_drawn_for_each_axis_of_each_trial():
    mg = np.array([[0, 1000, 0]] * 3, np.int16)
    seen = set()
    for index in range(60):
        shifts = conditions.worn(mg, index, Conditions(mixed_mg=80)) - mg
        assert (abs(shifts) == 80).all() and (shifts == shifts[0]).all()
        seen.add(tuple(shifts[0].tolist()))
    assert len(seen) == 8
    both = Conditions(offset_mg=(10, 0, 0), mixed_mg=80)
    assert abs(conditions.worn(mg, 0, both)[0][0] - 10) == 80


def test_what_is_turned_saturates_in_the_axes_of_the_chip():
    mg = np.array([[15000, 15000, 0]], np.int16)
    got = conditions.worn(mg, 0, Conditions(rotate=True))
    assert abs(got).max() <= 8000


def test_what_is_turned_was_not_saturated_before(tmp_path):
    path = make.save(tmp_path / "hard.npz", [make.row(make.bump(make.still(2), 1, 15), "F01")])
    (as_worn,) = conditions.trials(path, "waist", Conditions())
    (to_be_turned,) = conditions.trials(path, "waist", Conditions(rotate=True))
    assert as_worn.mg.max() == 7999 and to_be_turned.mg.max() == 15000


def test_coarse_steps():
    mg = np.array([[5, 7, -19]], np.int16)
    assert conditions.worn(mg, 0, Conditions(quantise_mg=12)).tolist() == [[0, 12, -24]]


def test_what_sleeps_feels_gravity_alone():
    for sample, want in (
        ((0, 1100, 0), (0, 1100, 0)),
        ((0, 880, -80), (0, 880, -80)),
        ((0, 1500, 0), (0, 1000, 0)),
        ((-300, 0, 400), (-600, 0, 800)),
        ((0, 0, 3), (0, 0, 1000)),
    ):
        assert tuple(conditions.at_rest(np.array(sample, np.int16)).tolist()) == want


def test_so_many_samples_are_lost():
    kept = conditions.kept(20000, 0, Conditions(lost=0.01))
    assert 120 < (~kept).sum() < 280
    assert conditions.kept(2000, 0, Conditions()).all()


# -- bad input


def refusal(capsys, *arguments):
    try:
        code = falls.main([str(one) for one in arguments])
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr()
    assert code == 2 and said.out == "" and said.err.count("\n") == 1, said.err
    assert said.err.startswith("tools.falls")
    return said.err


def test_wrong_input_is_one_line_and_exit_2(plain, recordings, capsys, tmp_path):
    text = tmp_path / "text.npz"
    text.write_text("no archive")
    half = tmp_path / "half.npz"
    half.write_bytes(recordings.read_bytes()[:700])
    row = make.row(make.still(1), "D01")
    cases = [
        (tmp_path / "none.npz", "No such file"),
        (tmp_path, "Is a directory"),
        (text, "is no npz file"),
        (half, "is no npz file"),
        (make.save(tmp_path / "a.npz", [row], age=None), "has no field age"),
        (make.save(tmp_path / "b.npz", [row], length=np.array([9])), "lengths do not add up"),
        (make.save(tmp_path / "c.npz", [row], rate=np.array([0.0])), "rate is not"),
        (make.save(tmp_path / "d.npz", [row], subject=np.array(["A", "B"])), "subject has not"),
        (make.save(tmp_path / "e.npz", [row], lo=np.zeros((2, 5), np.uint8)), "halves"),
        (make.save(tmp_path / "f.npz", [row], scale_mg=np.float64("nan")), "scale_mg"),
        (make.save(tmp_path / "h.npz", [row], age=np.array([np.nan])), "age is no number"),
        (make.save(tmp_path / "i.npz", [row], age=np.array(["young"])), "age is no number"),
        (make.save(tmp_path / "j.npz", [row], trial=np.array([np.inf])), "trial is no number"),
        (make.save(tmp_path / "k.npz", [row], is_fall=np.array(["False"])), "true or false"),
        (make.save(tmp_path / "l.npz", [row], placement=np.array([b"waist"])), "placement is no"),
        (make.save(tmp_path / "m.npz", [row], activity=np.array([1])), "activity is no text"),
        (make.save(tmp_path / "g.npz", [row], note=np.array([{}], object), sex=None), "sex"),
    ]
    for path, want in cases:
        assert want in refusal(capsys, "evaluate", "--data", path, "--json"), path


def test_wrong_options_are_one_line_and_exit_2(plain, recordings, capsys, tmp_path):
    two = [make.row(make.still(1), "D01", placement=where) for where in ("waist", "chest")]
    both = make.save(tmp_path / "both.npz", two)
    cases = [
        (recordings, ("--placement", "pocket"), "no trials worn at the pocket"),
        (recordings, ("--placement", "Waist"), "no setting for that"),
        (both, (), "one of: chest, waist"),
        (recordings, ("--rate", "60"), "--rate"),
        (recordings, ("--clip-g", "x"), "--clip-g"),
        (recordings, ("--lost", "90"), "--lost"),
        (recordings, ("--offset-mg", "80"), "three offsets"),
        (recordings, ("--dump", tmp_path / "no/where"), "No such file"),
        (recordings, ("--every", "0"), "--every"),
    ]
    for path, arguments, want in cases:
        assert want in refusal(capsys, "evaluate", "--data", path, *arguments), arguments


# -- the detector as shipped


def as_shipped(tmp_path, name, *arguments):
    """The dump of a run in this process."""
    dump = tmp_path / f"{name}.jsonl"
    with contextlib.redirect_stdout(io.StringIO()):
        falls.main(["evaluate", "--jobs", "2", "--dump", str(dump), *map(str, arguments)])
    return dump.read_text()


@pytest.mark.skipif(not DATA.is_dir(), reason="NOT RUN: recordings of falls (GALET_DATA)")
def test_both_interpreters_and_a_slept_start_decide_as_they_should(tmp_path):
    every = max(1, 100 // depth(100))
    few = ("--data", DATA / "sisfall_dev.npz", "--every", every)
    here = as_shipped(tmp_path, "here", *few)
    rows = [json.loads(line) for line in here.splitlines()]
    falls_hit = [row["hit"] for row in rows if row["is_fall"]]
    alarms = sum(len(row["alarms"]) for row in rows if not row["is_fall"])
    assert len(falls_hit) >= 15 and sum(falls_hit) >= 0.9 * len(falls_hit)
    assert alarms <= 0.02 * len(rows)
    if vm_binary() is not None:
        assert as_shipped(tmp_path, "vm", *few, "--host", "micropython") == here
    slept = [
        json.loads(line)
        for line in as_shipped(tmp_path, "slept", *few, "--from-sleep").splitlines()
    ]
    assert sum(row["hit"] for row in slept) >= 0.9 * len(falls_hit)


@pytest.mark.skipif(vm_binary() is None, reason="NOT RUN: no MicroPython VM for this machine")
def test_what_was_set_down_is_judged_the_same_on_the_vm(tmp_path):
    """The service asks the ring what came before: of the VM's it must hear the same."""
    quiet = make.still(9)
    moved = make.turned(make.bump(make.turned(make.bump(quiet, 1.5, 3, 0.6), 3.5), 4, 6), 4.1)
    path = make.save(tmp_path / "f.npz", [make.row(moved, "F01"), make.row(quiet, "D01")])
    here = as_shipped(tmp_path, "here", "--data", path, "--set-down")
    vm = as_shipped(tmp_path, "vm", "--data", path, "--set-down", "--host", "micropython")
    assert vm == here


def test_a_cross_validation_needs_more_than_one_person(tmp_path, capsys):
    pytest.importorskip("sklearn", reason="NOT RUN: refitting (the extra `falls`)")
    one = make.save(tmp_path / "one.npz", [make.row(make.bump(make.still(9), 3, 6), "F01")])
    code = falls.main(["evaluate", "--data", str(one), "--cross-validate"])
    said = capsys.readouterr()
    assert code == 2 and said.out == "" and "cannot be judged by the others" in said.err


# -- as a person starts it


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "tools.falls", *map(str, arguments)],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )


def test_help_shows_examples():
    for arguments in (["--help"], ["evaluate", "--help"], ["train", "--help"]):
        done = run(*arguments)
        assert done.returncode == 0 and "example" in done.stdout, done.stderr
